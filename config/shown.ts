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
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** Shorter values would black out ordinary words in messages about other fields. */
const shortestElsewhere = 4

/** A message without any substituted value, whichever field it came from. */
export function redact(message: string, path: Path, { substituted }: Reading): string {
  const own = formatPath(path)
  let text = message
  for (const [field, { hidden, shown }] of substituted) {
    if (hidden === '' || (field !== own && hidden.length < shortestElsewhere)) continue
    for (const form of [hidden, JSON.stringify(hidden).slice(1, -1)]) text = text.replaceAll(form, shown)
  }
  return text
}

const isConfidential = (path: Path) => path.some((key) => typeof key === 'string' && confidential.test(key))
