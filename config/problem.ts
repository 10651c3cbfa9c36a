import { harmless } from '../telemetry/terminal.js'

/** A position in the file, counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** One mistake in a configuration: what, where, and how to mend it. Never holds a secret or a substituted value. */
export interface Problem {
  /** Path of the field, e.g. `monitors[0].source.kafka.brokers`; empty for the file as a whole. */
  readonly path: string
  readonly line: number | undefined
  readonly column: number | undefined
  /** What is wrong, in most cases as what was expected. */
  readonly message: string
  /** The value that stands there, shortened; undefined when nothing does. */
  readonly found: string | undefined
  readonly mend: string | undefined
}

/** A problem of the file as a whole. */
export const unplaced = (message: string, mend?: string): Problem => ({
  path: '',
  line: undefined,
  column: undefined,
  message,
  found: undefined,
  mend,
})

/** Orders problems as they stand in the file. */
export const byPlace = (a: Pick<Problem, 'line' | 'column'>, b: Pick<Problem, 'line' | 'column'>): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

/** `monitors[0].source.kafka` */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')

/** A problem as text: place, path, message and what was found on one line; the mend on the next. */
export function formatProblem({ path, line, column, message, found, mend }: Problem, file: string): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`
  const subject = path === '' ? '' : `${path}: `
  const seen = found === undefined ? '' : `; found ${found}`
  const lines = [`${place}: ${subject}${message}${seen}`, ...(mend === undefined ? [] : [`    ${mend}`])]
  return lines.map((line) => harmless(line, 2000)).join('\n')
}
