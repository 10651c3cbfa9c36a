import type { z } from 'zod'
import { withoutConsequences } from './consequences.js'
import type { Reading } from './document.js'
import type { Field } from './json-schema.js'
import { mend } from './mend.js'
import { byPlace, formatPath, type Problem } from './problem.js'
import { redact, showValue } from './shown.js'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** Issues that are looked at, in the order of the file: what has more is no configuration. */
const mostIssues = 1000

/** The first `most` problems behind the issues of a schema, but for those at or below a path that is `known` to be wrong. */
export function diagnose(issues: readonly Issue[], reading: Reading, schema: Field, known: ReadonlySet<string>, most: number): Problem[] {
  const unknown = issues
    .flatMap((issue) => single(issue, []))
    .filter(({ path }) => !path.some((_, index) => known.has(formatPath(path.slice(0, index + 1)))))
    .map((issue) => ({ issue, ...placeOf(issue.path, reading) }))
    .sort(byPlace)
    .slice(0, mostIssues)
    .map(({ issue }) => issue)
  return withoutConsequences(unknown, (path) => valueAt(reading.value, path), schema)
    .slice(0, most)
    .map((issue) => problem(issue, reading, schema))
}

/** One issue per wrong value: unknown fields one by one, of a union the alternative that came closest, inside containers what is wrong there. */
function single(issue: Issue, base: Path): Issue[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ ...issue, keys: [key], path: [...path, key] }))
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && issue.message !== 'is missing') {
    const best =
      issue.errors.find((errors) => errors.some((inner) => inner.code !== 'invalid_type' || inner.path.length > 0)) ?? issue.errors[0] ?? []
    return best.flatMap((inner) => single(inner, path))
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') return issue.issues.flatMap((inner) => single(inner, path))
  return [{ ...issue, path }]
}

function problem(issue: Issue, reading: Reading, schema: Field): Problem {
  const { path, code } = issue
  const value = valueAt(reading.value, path)
  return {
    path: formatPath(path),
    ...placeOf(path, reading),
    message: redact(issue.message, reading),
    found: value === undefined || code === 'unrecognized_keys' ? undefined : showValue(value, path, reading),
    mend: mend(issue, value, schema),
  }
}

/** Where a field stands, or the nearest block around one that is missing. */
function placeOf(path: Path, { places }: Pick<Reading, 'places'>): Pick<Problem, 'line' | 'column'> {
  const { line, column } = places.get(formatPath(path)) ?? {}
  if (line !== undefined || path.length === 0) return { line, column }
  return placeOf(path.slice(0, -1), { places })
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined),
    root,
  )
