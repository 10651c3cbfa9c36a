import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { History, SPANS } from '../../live/history.js'

interface Seen {
  readonly time: number
  readonly record: number
  readonly drift: number | undefined
}

/** Steps between records from milliseconds to weeks, so that spans become wider. */
const seen = fc
  .array(
    fc.record({
      step: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 600_000 }), fc.integer({ min: 0, max: 1e9 })),
      record: fc.integer({ min: -40, max: 40 }),
      drift: fc.option(fc.integer({ min: -40, max: 40 }), { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 3 * SPANS, size: 'max' },
  )
  .map((steps) => {
    let time = Date.UTC(2026, 0, 1)
    return steps.map(({ step, ...values }): Seen => {
      time += step
      return { time, ...values }
    })
  })

function historyOf(all: readonly Seen[]): History {
  const history = new History(1)
  for (const { time, record, drift } of all) {
    const place = history.at(time)
    if (history.rarest('record', place, record)) history.describe(place, [{ feature: 3, sigma: record }])
    history.effect(0, place, record)
    if (drift !== undefined) history.rarest('drift', place, drift)
  }
  return history
}

const largest = (values: readonly (number | undefined)[]): number | null =>
  values.reduce<number | null>((most, value) => (value === undefined || (most !== null && most >= value) ? most : value), null)

describe('the history of a stream', () => {
  it('keeps in each span the largest of all that fell into it, whatever was merged', () => {
    fc.assert(
      fc.property(seen, (all) => {
        const { span, times, record, drift, effects, features } = historyOf(all).columns()
        const bySpan = new Map<number, Seen[]>()
        for (const one of all) {
          const start = Math.floor(one.time / span) * span
          bySpan.set(start, [...(bySpan.get(start) ?? []), one])
        }
        const inside = times.map((time) => bySpan.get(time) ?? [])
        expect(record).toEqual(inside.map((some) => largest(some.map((one) => one.record))))
        expect(drift).toEqual(inside.map((some) => largest(some.map((one) => one.drift))))
        expect(effects[0]).toEqual(record)
        expect(features).toEqual(record.map((sigma) => [{ feature: 3, sigma }]))
      }),
      { numRuns: 10 },
    )
  })

  it('has rising spans of one width, no more than its bound, and every record that is not too old in one of them', () => {
    fc.assert(
      fc.property(seen, (all) => {
        const { span, times } = historyOf(all).columns()
        expect(times.length).toBeLessThanOrEqual(SPANS)
        expect(times.filter((time, i) => time % span !== 0 || (i > 0 && time < times[i - 1] + span))).toEqual([])
        const starts = new Set(times)
        expect(all.filter(({ time }) => time >= times[0] && !starts.has(Math.floor(time / span) * span))).toEqual([])
      }),
      { numRuns: 10 },
    )
  })

  it('begins with seconds, and spans widen until the time seen fits', () => {
    const every = (ms: number, n: number) =>
      historyOf(Array.from({ length: n }, (_, i) => ({ time: i * ms, record: 0, drift: undefined }))).columns()
    expect(every(1000, 100).span).toBe(1000)
    expect(every(1000, SPANS + 1).span).toBe(2000)
    expect(every(86_400_000, 400).span).toBe(1000)
    const years = every(86_400_000, 3000)
    expect(years.span).toBe(86_400_000)
    expect(years.times.at(-1)).toBe(2999 * 86_400_000)
  })

  it('counts what comes late to the last span', () => {
    const history = new History(0)
    history.rarest('record', history.at(10_000), 1)
    history.rarest('record', history.at(4000), 2)
    expect(history.columns()).toMatchObject({ times: [10_000], record: [2] })
  })

  it('tells what ended after a time only, and the rarer of both kinds in the last spans', () => {
    const history = new History(0)
    for (const second of [0, 1, 2, 5]) history.rarest('record', history.at(1000 * second), second)
    expect(history.columns(2500).times).toEqual([2000, 5000])
    expect(history.columns(2000).times).toEqual([2000, 5000])
    history.rarest('drift', history.at(5000), 9)
    history.at(6000)
    expect(history.spark(3)).toEqual([2, 9, null])
  })

  it('says nothing of numbers that JSON lacks', () => {
    const history = new History(1)
    const place = history.at(0)
    history.rarest('record', place, Number.POSITIVE_INFINITY)
    history.effect(0, place, 1e300)
    expect(history.columns()).toMatchObject({ record: [1e6], drift: [null], effects: [[1e6]] })
  })
})
