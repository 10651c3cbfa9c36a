import { distance } from 'fastest-levenshtein'

/** ` (did you mean a or b?)`, with the three nearest of the names; or all of them when they are few. */
export function suggestion(wrong: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  const near = names.toSorted((a, b) => distance(wrong, a) - distance(wrong, b)).slice(0, 3)
  return ` (did you mean ${near.map((name) => JSON.stringify(name)).join(' or ')}?)`
}
