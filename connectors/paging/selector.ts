import { z } from 'zod'
import type { AlertData } from '../../alerts/event.js'
import { alertKinds, severities } from '../../alerts/severity.js'

/** One text or a list of them; always a list afterwards. */
const oneOrMore = <Item extends z.ZodType<string>>(item: Item) => z.union([item.transform((one) => [one]), z.array(item).min(1).max(100)])

const pattern = () => oneOrMore(z.string().min(1).max(256))

const fields = {
  monitor: pattern().optional().describe('Names of monitors; `*` stands for any characters'),
  stream: pattern()
    .optional()
    .describe('Names of streams; `*` stands for any characters')
    .meta({ examples: ['camera-*'] }),
  kind: oneOrMore(z.enum(alertKinds)).optional().describe('What the alert is about'),
  detector: pattern().optional().describe('Names of detectors, one of which took part; `*` stands for any characters'),
}

const notEmpty = (selector: object): boolean => Object.values(selector).some((values) => values !== undefined)
const mend = `expected at least one of ${Object.keys(fields).join(', ')}`

/** Which alerts are meant, by what does not change while one is open: each given field must agree, with any of its values. */
export const selectorSchema = z.strictObject(fields).refine(notEmpty, mend)

/** As `selectorSchema`, and by how severe the alert is at present. */
export const momentSelectorSchema = z
  .strictObject({ ...fields, severity: oneOrMore(z.enum(severities)).optional().describe('How severe it is at present') })
  .refine(notEmpty, `${mend}, severity`)

export type Selector = z.output<typeof momentSelectorSchema>

/** What a selector looks at. */
export type Selectable = Pick<AlertData, 'monitor' | 'stream' | 'kind' | 'severity' | 'detectors'>

export const selects = (selector: Selector, { monitor, stream, kind, severity, detectors }: Selectable): boolean =>
  isAny(selector.monitor, [monitor]) &&
  isAny(selector.stream, [stream]) &&
  (selector.kind?.includes(kind) ?? true) &&
  (selector.severity?.includes(severity) ?? true) &&
  isAny(selector.detector, detectors)

const isAny = (patterns: readonly string[] | undefined, names: readonly string[]): boolean =>
  patterns === undefined || patterns.some((pattern) => names.some((name) => isLike(pattern, name)))

/** Whether the whole name is like the pattern. Time: pattern x name at worst, whoever chose them; a regular expression has no such bound. */
export function isLike(pattern: string, name: string): boolean {
  let [p, n] = [0, 0]
  /** The last `*`, and how far the name was then taken to reach. */
  let [star, reached] = [-1, 0]
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      reached = n
    } else if (pattern[p] === name[n]) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++reached
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
