import { describe, expect, it } from 'vitest'
import { isQuiet, quietHoursSchema } from '../../../connectors/paging/quiet-hours.js'

const at = (text: string) => Date.parse(text)
const isQuietAt = (hours: object, severity: Parameters<typeof isQuiet>[1] = 'error') => {
  const parsed = quietHoursSchema.parse(hours)
  return (text: string) => isQuiet(parsed, severity, at(text))
}

describe('quiet hours', () => {
  it('hold back what is less severe, from the beginning on and up to the end', () => {
    const night = { from: '22:00', to: '07:00', timezone: 'UTC' }
    const quiet = isQuietAt(night)
    const times = ['2026-03-02T21:59:59Z', '2026-03-02T22:00:00Z', '2026-03-03T06:59:59Z', '2026-03-03T07:00:00Z']
    expect(times.map(quiet)).toEqual([false, true, true, false])
    expect(isQuietAt(night, 'critical')('2026-03-02T23:00:00Z')).toBe(false)
    expect(isQuietAt({ ...night, below: 'warning' }, 'warning')('2026-03-02T23:00:00Z')).toBe(false)
  })

  it('belong to the day on which they begin', () => {
    const quiet = isQuietAt({ days: ['fri'], from: '22:00', to: '07:00' })
    // The 6th of March 2026 is a Friday.
    const times = ['2026-03-06T06:00:00Z', '2026-03-06T23:00:00Z', '2026-03-07T06:00:00Z', '2026-03-07T23:00:00Z']
    expect(times.map(quiet)).toEqual([false, true, true, false])
  })

  it('that end when they begin last the whole day', () => {
    const quiet = isQuietAt({ days: ['sat', 'sun'], from: '00:00', to: '00:00' })
    const times = ['2026-03-06T23:59:00Z', '2026-03-07T00:00:00Z', '2026-03-08T23:59:00Z', '2026-03-09T00:00:00Z']
    expect(times.map(quiet)).toEqual([false, true, true, false])
  })

  it('follow summer time: the clock on the wall counts, on the night it jumps too', () => {
    const berlin = isQuietAt({ from: '01:30', to: '03:30', timezone: 'Europe/Berlin' })
    // On the 29th of March 2026 02:00 becomes 03:00 (01:00Z): the night is an hour shorter.
    const spring = ['2026-03-29T00:29:00Z', '2026-03-29T00:30:00Z', '2026-03-29T01:29:00Z', '2026-03-29T01:30:00Z']
    expect(spring.map(berlin)).toEqual([false, true, true, false])
    // On the 25th of October 03:00 becomes 02:00 (01:00Z): it is an hour longer.
    const autumn = ['2026-10-24T23:29:00Z', '2026-10-24T23:30:00Z', '2026-10-25T02:29:00Z', '2026-10-25T02:30:00Z']
    expect(autumn.map(berlin)).toEqual([false, true, true, false])
    const [winter, summer] = ['2026-01-15T00:45:00Z', '2026-07-15T00:45:00Z'].map(berlin)
    expect([winter, summer]).toEqual([true, true])
    expect(berlin('2026-07-15T01:45:00Z')).toBe(false)
    expect(berlin('2026-01-15T01:45:00Z')).toBe(true)
  })

  it.each([
    [{ from: '25:00', to: '07:00' }, 'no time of day'],
    [{ from: '22:00', to: '7' }, 'no time of day'],
    [{ from: '22:00', to: '07:00', timezone: 'Europe/Atlantis' }, 'no time zone'],
  ])('refuse %j', (hours, message) => {
    expect(quietHoursSchema.safeParse(hours).error?.issues[0].message).toContain(message)
  })
})
