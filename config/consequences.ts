import type { z } from 'zod'
import { type Field, fieldAt, knownKeys } from './json-schema.js'
import { meantField } from './mend.js'
import { formatPath } from './problem.js'

type Issue = z.core.$ZodIssue

/** The issues without those that only follow from another one. */
export function withoutConsequences(issues: readonly Issue[], valueAt: (path: Issue['path']) => unknown, schema: Field): Issue[] {
  const misspelt = new Set(
    issues.flatMap(({ code, path }) => {
      const meant = code === 'unrecognized_keys' ? meantField(path, schema) : undefined
      return meant === undefined ? [] : [formatPath([...path.slice(0, -1), meant])]
    }),
  )
  /** A field is missing because its name is misspelt. */
  const isMisspelt = ({ message, path }: Issue) => message === 'is missing' && misspelt.has(formatPath(path))
  /** An option stands beside `type: kafka` instead of below `kafka:`. */
  const isBesideType = ({ code, path }: Issue) => {
    const block = path.slice(0, -1)
    return code === 'unrecognized_keys' && path.at(-1) !== 'type' && names(fieldAt(schema, block), valueAt([...block, 'type']))
  }
  return issues.filter((issue) => !isMisspelt(issue) && !isBesideType(issue))
}

const names = (block: Field | undefined, type: unknown): boolean => {
  const known = knownKeys(block)
  return typeof type === 'string' && !known.includes('type') && known.includes(type)
}
