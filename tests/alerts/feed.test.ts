import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeFeed } from '../../alerts/compose.js'
import {
  type Arrivals,
  countRejects,
  dataMissing,
  dataReturned,
  type FeedFinding,
  noRejects,
  type RejectPolicy,
} from '../../alerts/feed.js'
import { partitionName } from '../../alerts/identity.js'
import { type AlertState, advance } from '../../alerts/lifecycle.js'
import { policy, source } from './builders.js'

const rejects: RejectPolicy = { block: 10, blocks: 5, high: 0.2, normal: 0.1, severe: 0.5 }

/** Records at offsets from `first` on, one a second; a letter other than "." is a record rejected for that reason. */
function arrivals(pattern: string, first = 0, lost = 0): Arrivals {
  const all = [...pattern].map((letter, i) => ({ letter, offset: first + i, time: 1000 * (first + i) }))
  const used = all.filter(({ letter }) => letter === '.')
  return {
    n: used.length,
    lost,
    offsets: Float64Array.from(used, ({ offset }) => offset),
    times: Float64Array.from(used, ({ time }) => time),
    rejected: all
      .filter(({ letter }) => letter !== '.')
      .map(({ letter, offset, time }) => ({ origin: { offset }, reason: letter, timestamp: time })),
  }
}

/** The same records in batches of the given sizes. */
function inBatches(pattern: string, sizes: readonly number[]): { findings: FeedFinding[]; state: typeof noRejects } {
  let state = noRejects
  let first = 0
  const findings: FeedFinding[] = []
  for (const size of [...sizes, pattern.length]) {
    const step = countRejects(JSON.parse(JSON.stringify(state)), arrivals(pattern.slice(first, first + size), first), rejects)
    first = Math.min(pattern.length, first + size)
    state = step.state
    findings.push(...step.findings)
  }
  return { findings, state }
}

const outcomes = (pattern: string) => inBatches(pattern, []).findings.map(({ observation }) => observation.outcome)
const clean = '..........'

describe('the share of rejected records', () => {
  it.each([
    ['clean input', clean.repeat(8), []],
    ['less than a full block tells nothing', 'xxxxxxxxx', []],
    ['one short of the limit', `x.........`, []],
    ['at the limit', 'x...x.....', ['opened']],
    ['between the limits it goes on, without firing', `xxx.......${clean}${clean}`, ['opened', 'waiting', 'cleared']],
    ['it clears only at the lower limit', `xx........${clean}`, ['opened', 'cleared']],
    ['it stays high', 'xxxxxxxxxxx.........', ['opened', 'sustained']],
    ['old blocks are forgotten', `xxxxxx....${clean.repeat(7)}`, ['opened', 'sustained', 'sustained', 'waiting', 'waiting', 'cleared']],
    ['and it can open again', `xx........${clean}xxxxx.....`, ['opened', 'cleared', 'opened']],
  ])('%s', (_, pattern, expected) => {
    expect(outcomes(pattern)).toEqual(expected)
  })

  it('stands at the record that filled the block and names the reasons, most frequent first', () => {
    expect(inBatches('.b.a.ab...', []).findings).toEqual([
      {
        observation: expect.objectContaining({
          outcome: 'opened',
          at: { offset: 9, time: 9000 },
          grade: expect.objectContaining({ severity: 'warning' }),
        }),
        evidence: {
          trouble: 'rejects_high',
          rejectedShare: 0.4,
          records: 10,
          reasons: [
            { reason: 'a', count: 2 },
            { reason: 'b', count: 2 },
          ],
        },
      },
    ])
    expect(inBatches('xxxxx.....', []).findings[0].observation.grade.severity).toBe('error')
  })

  it('takes the time of rejected records with caution: theirs was never checked', () => {
    const timestamps = [500, Number.NaN, 8.7e15, -1]
    const times = timestamps.map((timestamp) => {
      const rejected = [{ origin: { offset: 9 }, reason: 'x', timestamp }]
      const before = { ...noRejects, filled: 9, counts: { x: 4 }, time: 100 }
      const { state, findings } = countRejects(
        before,
        { n: 0, lost: 0, offsets: new Float64Array(), times: new Float64Array(), rejected },
        rejects,
      )
      expect(state.time).toBe(100)
      return findings[0].observation.at.time
    })
    expect(times).toEqual([500, 100, 100, 100])
  })

  it('does not depend on how the input was cut into batches, nor on a restart in between', () => {
    const patterns = fc.array(fc.constantFrom('.', '.', '.', 'x', 'y'), { maxLength: 200 }).map((letters) => letters.join(''))
    fc.assert(
      fc.property(patterns, fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }), (pattern, sizes) => {
        expect(inBatches(pattern, sizes)).toEqual(inBatches(pattern, []))
      }),
    )
  })

  it('tells of records that were deleted unread with the first one after them, until enough others came', () => {
    const before = countRejects(noRejects, arrivals('.........x'.repeat(2)), rejects)
    const after = countRejects(before.state, arrivals(`.x........${clean.repeat(5)}`, 57, 37), rejects)
    expect(after.findings.map(({ observation: { outcome, at, grade } }) => [outcome, at.offset, grade.severity])).toEqual([
      ['opened', 57, 'error'],
      ...[66, 76, 86, 96].map((offset) => ['sustained', offset, 'error']),
      ['cleared', 106, 'warning'],
    ])
    expect(after.findings[0].evidence).toMatchObject({
      rejectedShare: 39 / 57,
      records: 57,
      reasons: [
        { reason: 'deleted_unread', count: 37 },
        { reason: 'x', count: 2 },
      ],
    })
    expect(after.findings.at(-1)?.evidence).toMatchObject({ rejectedShare: 1 / 50, records: 50 })
  })

  it('lives as one alert of the partition', () => {
    const of = { ...source, kind: 'feed' as const, stream: partitionName('features', 3) }
    let state: AlertState | undefined
    const summaries: string[] = []
    for (const { observation, evidence } of inBatches(`xx........xxxxxxxxxx${clean.repeat(6)}`, []).findings) {
      const step = advance(state, observation, policy, of)
      state = step.state
      if (step.change !== undefined) summaries.push(composeFeed(of, step.change, evidence).data.summary)
    }
    expect(summaries).toEqual([
      'features[3]: 20 % of the last 10 records could not be used, mostly for x',
      'features[3]: 60 % of the last 20 records could not be used, mostly for x',
      'features[3]: 24 % of the last 50 records could not be used, mostly for x',
      'features[3]: usable again after 60 s, 0 % of the last 50 records could not be used',
    ])
  })
})

describe('missing data', () => {
  const of = { ...source, kind: 'feed' as const }
  const last = { offset: 41, time: Date.UTC(2026, 0, 1, 12) }
  const evidence = { trouble: 'data_missing', silenceLimit: 600 } as const

  it('is an alert that stands at the last record, however often the caller notices', () => {
    const opened = advance(undefined, dataMissing(last), policy, of)
    const again = advance(opened.state, dataMissing(last), policy, of)
    expect(again.change).toBeUndefined()
    const event = opened.change && composeFeed(of, opened.change, evidence)
    expect(event).toMatchObject({
      time: '2026-01-01T12:00:00.000Z',
      data: {
        transition: 'opened',
        reason: 'data_missing',
        severity: 'error',
        severityReason: 'feed',
        origin: { offset: 41 },
        detectors: [],
        worst: [],
      },
    })
    expect(event?.data.summary).toBe('checkout-eu: no data for more than 10 min')
  })

  it('ends with the next record', () => {
    const { state } = advance(undefined, dataMissing(last), policy, of)
    const { change, state: after } = advance(state, dataReturned({ offset: 42, time: last.time + 3 * 3_600_000 }), policy, of)
    expect(after).toBeUndefined()
    expect(change).toMatchObject({ type: 'resolved', reason: 'data_returned' })
    expect(change && composeFeed(of, change, evidence).data.summary).toBe('checkout-eu: data is back after 3 h of silence')
  })
})
