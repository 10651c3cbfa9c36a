import type { Document, YAMLError } from 'yaml'
import { type Place, type Problem, unplaced } from './problem.js'

/**
 * What is wrong with the YAML itself. Of faults of the grammar only the first: the parser then reads the rest of the file in
 * the light of it, and what it says of that misleads.
 */
export function syntaxProblems({ errors, warnings }: Document.Parsed, text: string, place: (offset: number) => Place): Problem[] {
  const faults = [...errors, ...warnings].sort((one, other) => one.pos[0] - other.pos[0])
  const grammar = faults.find((fault) => !isOrderly(fault))
  return faults
    .filter((fault) => fault === grammar || (isOrderly(fault) && (grammar === undefined || fault.pos[0] < grammar.pos[0])))
    .map((fault) => ({ ...unplaced(messageOf(fault), mendOf(fault, text)), ...place(fault.pos[0]) }))
}

/** Faults after which the rest still means what it says. */
const isOrderly = ({ code }: YAMLError): boolean => code === 'DUPLICATE_KEY' || code === 'MULTIPLE_DOCS'

function messageOf({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this field stands twice in its block; keep one of the two'
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (`---`); expected one'
  return `not valid YAML: ${message}`
}

const layout = 'fields of one block start in one column, with a blank after each `:` and `-`; compare this line with those above it'

function mendOf({ code, message, pos }: YAMLError, text: string): string | undefined {
  if (text.slice(pos[0] - 1, pos[0] + 1) === '${') return `inside { } and [ ] a substitution stands in quotes: "\${env:NAME}"`
  if (code === 'TAB_AS_INDENT') return 'indent with blanks, not with tabs'
  if (code === 'BAD_INDENT' || code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') return layout
  return message.startsWith('Sequence item without') ? layout : undefined
}
