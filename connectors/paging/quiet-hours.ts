import { z } from 'zod'
import { rank, type Severity, severities } from '../../alerts/severity.js'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Day = (typeof days)[number]

const time = () =>
  z.string().transform((text, context) => {
    const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
    if (minutes !== undefined) return 60 * Number(hours) + Number(minutes)
    context.addIssue({ code: 'custom', message: `"${text}" is no time of day such as "22:00"` })
    return z.NEVER
  })

const isZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

export const quietHoursSchema = z
  .strictObject({
    days: z
      .array(z.enum(days))
      .min(1)
      .max(7)
      .default([...days])
      .describe('Days on which they begin'),
    from: time()
      .describe('Local time at which they begin')
      .meta({ examples: ['22:00'] }),
    to: time()
      .describe('Local time at which they end, on the next day where it is not after `from`')
      .meta({ examples: ['07:00'] }),
    timezone: z
      .string()
      .refine(isZone, { error: 'is no time zone that this machine knows; expected a name such as Europe/Berlin or UTC' })
      .default('UTC')
      .describe('IANA name of the time zone; summer time is followed')
      .meta({ examples: ['Europe/Berlin'] }),
    below: z.enum(severities).exclude(['info']).default('critical').describe('Alerts less severe than this are held back'),
  })
  .transform((hours) => ({ ...hours, clock: clockIn(hours.timezone) }))

/** Times are minutes of the day. */
export type QuietHours = z.output<typeof quietHoursSchema>

/** Whether an alert of that severity is held back at that moment (ms since the epoch). */
export function isQuiet({ days: begins, from, to, below, clock }: QuietHours, severity: Severity, now: number): boolean {
  if (rank(severity) >= rank(below)) return false
  const { day, minute } = clock(now)
  const today = begins.includes(days[day])
  if (from < to) return today && minute >= from && minute < to
  const yesterday = begins.includes(days[(day + 6) % 7])
  return (today && minute >= from) || (yesterday && minute < to)
}

/** Local day of the week (0 is Monday) and minute of the day. A time that the clocks pass twice counts twice, one that they skip not at all. */
function clockIn(timeZone: string): (now: number) => { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return (now) => {
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
    const day = days.findIndex((name: Day) => parts.weekday.toLowerCase() === name)
    return { day, minute: 60 * Number(parts.hour) + Number(parts.minute) }
  }
}
