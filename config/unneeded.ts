import type { Reading } from './document.js'
import { formatPath } from './problem.js'

/** Where the path of what calls people, or lets them in, begins: its secrets are those of the running process. */
const places = {
  sinks: /^monitors\[\d+\]\.sinks\[\d+\]/,
  paging: /^paging(?![\w-])/,
  admin: /^admin(?![\w-])/,
  'page.token': /^page\.token$/,
}

/** A part of a configuration that a command may do without. */
export type Unneeded = keyof typeof places

/** All of them: what commands that look at data, and call nobody, do without. */
export const callsNobody = Object.keys(places) as readonly Unneeded[]

/**
 * A configuration without the unneeded parts in which something could not be read, such as a variable that is not set. They are
 * left out whole, so that nothing half read can be used; a sink becomes one that needs nothing, as there must be one.
 */
export function leaveOut(reading: Reading, unneeded: readonly Unneeded[]): Reading {
  const rootOf = (path: string) => unneeded.flatMap((part) => places[part].exec(path) ?? []).at(0)
  const roots = new Set(reading.problems.flatMap(({ path }) => rootOf(path) ?? []))
  if (roots.size === 0) return reading
  return {
    ...reading,
    value: without(reading.value, [], roots),
    problems: reading.problems.filter(({ path }) => rootOf(path) === undefined),
  }
}

function without(value: unknown, path: readonly PropertyKey[], roots: ReadonlySet<string>): unknown {
  if (roots.has(formatPath(path)))
    return typeof path.at(-1) === 'number' ? { stdout: {}, name: `left-out-${String(path.at(-1))}` } : undefined
  if (Array.isArray(value)) return value.map((item, i) => without(item, [...path, i], roots))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, without(inner, [...path, name], roots)]))
}
