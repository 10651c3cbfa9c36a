import { z } from 'zod'

/** Units of a numeric time. `auto` reads it from the magnitude: seconds below 1e11, then ms, us, ns, each 1,000 times as large. */
export const timeUnits = ['auto', 's', 'ms', 'us', 'ns'] as const
export type TimeUnit = (typeof timeUnits)[number]

const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/
/** What `Date.parse` reads by itself, so the common case costs no second look. */
const complete = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
const numeric = /^\d{1,20}(?:\.\d{1,9})?$/

/**
 * A time in ms since the epoch, from a number in the given unit, such a number as text, or ISO 8601 text
 * (a date alone is its midnight; without a zone it is UTC, so that no machine's setting matters). Undefined for anything else.
 */
export function parseTime(value: unknown, unit: TimeUnit): number | undefined {
  if (typeof value === 'number') return fromNumber(value, unit)
  if (typeof value !== 'string') return undefined
  if (numeric.test(value)) return fromNumber(Number(value), unit)
  const time = Date.parse(complete.test(value) ? value : completed(value))
  return Number.isNaN(time) ? undefined : time
}

function fromNumber(value: number, unit: TimeUnit): number | undefined {
  if (!Number.isFinite(value)) return undefined
  switch (unit === 'auto' ? unitOf(Math.abs(value)) : unit) {
    case 's':
      return value * 1e3
    case 'ms':
      return value
    case 'us':
      return value / 1e3
    case 'ns':
      return value / 1e6
  }
}

function unitOf(magnitude: number): Exclude<TimeUnit, 'auto'> {
  if (magnitude < 1e11) return 's'
  if (magnitude < 1e14) return 'ms'
  return magnitude < 1e17 ? 'us' : 'ns'
}

/** The text with the parts that it leaves out; empty when it is no ISO 8601. */
function completed(text: string): string {
  const match = iso.exec(text)
  if (match === null) return ''
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = match
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
  return `${date}T${minutes}${seconds.replace(',', '.')}${offset}`
}

/** An option that is a time, such as 2026-01-01T00:00:00Z, as ms since the epoch. */
export const instant = () =>
  z.string().transform((text, context) => {
    const time = parseTime(text, 'auto')
    if (time !== undefined) return time
    context.addIssue({ code: 'custom', message: `"${text}" is no time such as 2026-01-01T00:00:00Z` })
    return z.NEVER
  })
