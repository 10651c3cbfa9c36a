/** The own properties to follow from a message's root to a value; empty for the root itself. */
export type Path = readonly string[]

const escapedDot = '\u0000'

/** Parses `data.amount` into its segments. `$` is the root; a dot that belongs to a key is written `\.`. */
export function parsePath(text: string): Path {
  if (text === '$') return []
  return text
    .replaceAll('\\.', escapedDot)
    .split('.')
    .map((segment) => segment.replaceAll(escapedDot, '.'))
}

/** The key that a path ends at: `amount` of `data.amount`. */
export const lastSegment = (text: string): string => parsePath(text).at(-1) ?? text

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

/** The value at a path, or undefined when a step is missing. Looks at own properties only: inherited ones are not data. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}
