import type { Reading } from './document.js'
import { formatPath } from './problem.js'

type Path = readonly PropertyKey[]

/** Names of fields whose literal values are not shown either, should someone have written a secret into the file. */
const confidential = /pass|secret|token|credential|auth|headers|key$/i

/** A value as a message may show it: short, with its substitution in place of substituted text, and no secrets. */
export function showValue(value: unknown, path: Path, reading: Reading): string {
  const substituted = reading.substituted.get(formatPath(path))
  if (substituted !== undefined) return substituted.shown
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') {
    const names = Object.keys(value as object)
    return names.length === 0 ? 'an empty block' : `a block with ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
  }
  if (isConfidential(path)) return '[hidden]'
  const text = typeof value === 'string' ? JSON.stringify(withoutKeys(value)) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** An address without user and password, and without the path and query that webhooks keep their keys in. */
const withoutKeys = (text: string): string =>
  text.replace(/^([\w+.-]+:\/\/)?[^/?#]*@/, '$1[hidden]@').replace(/^([\w+.-]+:\/\/[^/?#]*)[/?#].+$/s, '$1/[hidden]')

/** A text that is no word of our own messages, which a replacement would make unreadable. */
const isDistinct = (hidden: string): boolean => hidden.length >= 12 || (hidden.length >= 4 && /\d/.test(hidden))

/** A substituted text as a message may hold it, and what stands for it there. */
interface Hidden {
  readonly form: string
  readonly shown: string
  readonly everywhere: boolean
}

const hiddenIn = new WeakMap<Reading['substituted'], readonly Hidden[]>()

/** Made once for all messages of a file: it may substitute thousands of texts. */
function hiddenOf({ substituted }: Reading): readonly Hidden[] {
  const known = hiddenIn.get(substituted)
  if (known !== undefined) return known
  const made = [...substituted.values()].flatMap(({ hidden, shown }) =>
    hidden === '' ? [] : [hidden, JSON.stringify(hidden).slice(1, -1)].map((form) => ({ form, shown, everywhere: isDistinct(hidden) })),
  )
  hiddenIn.set(substituted, made)
  return made
}

/**
 * A message without any substituted value, whichever field it came from. Messages quote what they name from a configuration,
 * so any value is replaced where it stands in quotes; one that cannot be a word of the message itself also elsewhere.
 */
export function redact(message: string, reading: Reading): string {
  let text = message
  for (const { form, shown, everywhere } of hiddenOf(reading)) {
    if (!text.includes(form)) continue
    text = text.replaceAll(`"${form}"`, `"${shown}"`)
    if (everywhere) text = text.replaceAll(form, shown)
  }
  return text
}

const isConfidential = (path: Path) => path.some((key) => typeof key === 'string' && confidential.test(key))
