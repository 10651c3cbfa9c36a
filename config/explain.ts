import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of fields',
  record: 'a block of fields',
}

/** The error map of the configuration: what was expected, in words. A schema's own message goes before it. */
export function explain(issue: Issue): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${nouns[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
    case 'invalid_union':
      return Array.isArray(issue.options) ? `expected one of ${issue.options.join(', ')}` : 'does not fit'
    case 'too_small':
      return `expected ${amount(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least')}`
    case 'too_big':
      return `expected ${amount(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most')}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `expected text of the form ${issue.pattern ?? issue.format}`
    case 'unrecognized_keys':
      return 'there is no such field here'
    default:
      return issue.message ?? 'does not fit'
  }
}

function amount(origin: string, limit: number, relation: string): string {
  if (origin === 'string') return limit === 1 && relation === 'at least' ? 'text that is not empty' : `${relation} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `${relation} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  if (origin === 'object') return `${relation} ${limit} ${limit === 1 ? 'field' : 'fields'}`
  return `${relation} ${limit}`
}
