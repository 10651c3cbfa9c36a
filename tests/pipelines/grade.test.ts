import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { dataMissing } from '../../alerts/feed.js'
import { advanceFeed } from '../../pipelines/findings.js'
import { type GradeOptions, grade } from '../../pipelines/grade.js'
import { partitionAt } from './builders.js'
import { calibratedOf, explained, findings, grading, type RowSketch, start } from './findings.js'

const told = ({ data }: AlertEvent) => `${data.origin.offset} ${data.stream} ${data.kind} ${data.transition} ${data.reason}`

/** Grades the rows as one batch of a new partition. */
function graded(rows: readonly RowSketch[], changes: Partial<GradeOptions> = {}, rejected: readonly number[] = [], silentUntil = 0) {
  const partition = partitionAt(0, silentUntil)
  explained.length = 0
  const batch = grade({ ...grading, ...changes })(calibratedOf(partition, rows, rejected))
  return { ...batch, told: batch.events.map(told), last: batch.events.at(-1)! }
}

const quiet = (stream: string): RowSketch => ({ stream })
const fires = (stream: string, more: Partial<RowSketch> = {}): RowSketch => ({ stream, a: 1, ...more })

describe('grade', () => {
  it('opens, sustains and resolves an alert about records, each event at its record', () => {
    const { told, events } = graded([quiet('a'), fires('a'), fires('a'), quiet('a'), quiet('a'), quiet('a')])
    expect(told).toEqual(['1 a record opened first_alarm', '4 a record resolved cleared'])
    expect(events.map(({ time }) => time)).toEqual([1, 4].map((second) => new Date(start + 1000 * second).toISOString()))
  })

  it('counts records that are older than others of their stream before them; time does not go back for them', () => {
    const at = (stream: string, second: number, more: Partial<RowSketch> = {}) => ({ stream, time: start + 1000 * second, ...more })
    const { outOfOrder, events } = graded([at('a', 5), at('b', 1), at('a', 3, { a: 1 }), at('a', 5), at('b', 2), at('a', 4)])
    expect(outOfOrder).toBe(2)
    expect(events[0].time).toBe(new Date(start + 5000).toISOString())
  })

  it('shows the strongest record of the sub-block that is over: neither the one that ends it by time, nor one that is too late', () => {
    const at = (effect: number, drift?: RowSketch['drift']): RowSketch => ({ stream: 'a', effect, ...(drift && { drift }) })
    const worst = (starts: readonly number[], late: readonly number[]) => {
      const rows = [at(4), at(3), at(9), at(8, { a: 1 })]
      const { events } = grade(grading)({ ...calibratedOf(partitionAt(), rows), byTime: { starts, late, blocks: [undefined] } })
      return events.map(({ data }) => 'worst' in data && data.worst.map(({ offset }) => offset))
    }
    expect(worst([3], [2])).toEqual([[0]])
    expect(worst([1, 3], [2])).toEqual([[1]])
    expect(worst([3], [])).toEqual([[2]])
  })

  it('tells the evidence of the evaluation, by the detector that was the rarest', () => {
    const { last } = graded([quiet('a'), fires('a', { a: 2, effect: 3, detector: 1 })])
    expect(last.data).toMatchObject({
      detectors: ['other'],
      evidence: { falseAlarmsPerDay: 0.01, score: 15, effect: 3, pValue: 1, persistence: expect.closeTo(1 / 12, 4) },
      budgetPerDay: 1,
      referenceVersion: 'r1',
      configVersion: 'c1',
    })
    const other = graded([fires('a', { effect: 2 })]).last.data
    expect(other).toMatchObject({ detectors: ['gaussian'], evidence: { pValue: expect.closeTo(1 / 21, 4) } })
  })

  it('explains an event that fires, in the features’ own units, and nothing else', () => {
    const { events } = graded([fires('a', { values: [3, -1] }), fires('a', { values: [9, 9] }), quiet('a'), quiet('a')])
    expect(events[0].data.contributions).toEqual([
      { feature: 'amount', share: 9, sigma: 3, value: 13 },
      { feature: 'latency', share: 1, sigma: -1, value: 18 },
    ])
    expect(events[1].data).toMatchObject({ transition: 'resolved', contributions: [] })
    expect(explained).toEqual(['gaussian 3,-1'])
  })

  it('says how lasting the firing is, and raises the severity with it', () => {
    const { events } = graded(Array.from({ length: 7 }, () => fires('a', { effect: 1.1 })))
    expect(events.map(told)).toEqual(['0 a record opened first_alarm', '5 a record escalated persisting'])
    expect(events[1].data.evidence).toMatchObject({ persistence: 0.5, severityScore: expect.closeTo(1 + Math.log2(1.1), 4) })
  })

  it('weighs its evidence by the model that the monitor has', () => {
    const severityModel = { weights: { rarity: 0, effect: 3, persistence: 0, detectors: 0 }, cuts: [2, 4, 6] } as const
    const batch = calibratedOf(partitionAt(), [fires('a', { effect: 2 })])
    const [opened] = grade({ ...grading, severityModel })(batch).events
    expect(opened.data).toMatchObject({ severity: 'warning', severityReason: 'effect', evidence: { severityScore: 1.5 } })
  })

  it('puts the rarer record first, whatever the scales of the detectors that found it', () => {
    const rows = [fires('a', { a: 1, effect: 9 }), fires('a', { a: 3, effect: 1.2, detector: 1 })]
    const { worst } = graded([...rows, quiet('a'), quiet('a')]).last.data
    expect(worst.map(({ offset, score }) => [offset, score])).toEqual([
      [1, 6],
      [0, 90],
    ])
  })

  it('keeps the five rarest records, with their ids', () => {
    const effects = [2, 9, 3, 8, 4, 7, 5]
    const rows = effects.map((effect, i) => fires('a', { effect, ...(i % 2 === 1 && { id: `id${i}` }) }))
    const { worst } = graded([...rows, quiet('a'), quiet('a')]).last.data
    expect(worst.map(({ offset, id, score }) => [offset, id, score])).toEqual([
      [1, 'id1', 90],
      [3, 'id3', 80],
      [5, 'id5', 70],
      [6, undefined, 50],
      [4, undefined, 40],
    ])
  })

  it('shows of a drift the strongest record since the last evaluation of the window, also a quiet one', () => {
    const rows: RowSketch[] = [
      { ...quiet('a'), effect: 0.9 },
      { ...quiet('a'), drift: { a: -1 } },
      { ...quiet('a'), effect: 0.7, id: 'x' },
      { ...quiet('a'), effect: 0.2, drift: { a: 1, sum: [4, 8] } },
    ]
    const { last } = graded(rows)
    expect(told(last)).toBe('3 a drift opened first_alarm')
    expect(last.data).toMatchObject({
      detectors: ['hotelling'],
      worst: [{ offset: 2, id: 'x', score: 7 }],
      contributions: [{ feature: 'latency', share: 3, sigma: 2, value: 24 }],
    })
    expect(explained).toEqual(['hotelling 4,8 of 4'])
  })

  it('names the detectors of both kinds where they agree, each once, and takes it for more severe', () => {
    const alone = graded([fires('a')]).last.data
    const { events } = graded([quiet('a'), fires('a', { drift: { a: 1 } }), fires('a', { drift: { a: 1 } })])
    expect(events.map(told)).toEqual([
      '1 a record opened first_alarm',
      '1 a drift opened first_alarm',
      '2 a record escalated more_detectors',
    ])
    expect(events.map(({ data }) => data.detectors)).toEqual([['gaussian'], ['gaussian', 'hotelling'], ['gaussian', 'hotelling']])
    expect([alone.severity, events[2].data.severity]).toEqual(['warning', 'error'])
  })

  it('does not take a detector that looks at nothing for one that fires', () => {
    const rows = [fires('a', { drift: { a: 1 } }), quiet('a'), { ...quiet('a'), drift: { a: -1 } }, { ...quiet('a'), drift: { a: -1 } }]
    expect(graded(rows).told).toEqual([
      '0 a record opened first_alarm',
      '0 a drift opened first_alarm',
      '2 a record resolved cleared',
      '3 a drift resolved cleared',
    ])
  })

  it('looks at the records of each stream alone, and tells in the order of the records', () => {
    const rows = [fires('b'), quiet('a'), fires('a'), quiet('b'), fires('c', { drift: { a: 2 } }), quiet('b')]
    expect(graded(rows).told).toEqual([
      '0 b record opened first_alarm',
      '2 a record opened first_alarm',
      '4 c record opened first_alarm',
      '4 c drift opened first_alarm',
      '5 b record resolved cleared',
    ])
  })

  it('delivers nothing that an earlier run has delivered, yet folds it', () => {
    const rows = [fires('a'), quiet('a'), quiet('a'), fires('a')]
    const { told, partition } = graded(rows, {}, [], 2)
    expect(told).toEqual(['2 a record resolved cleared', '3 a record opened first_alarm'])
    expect(partition.streams.get('a')!.folded).toMatchObject({ count: 4, offset: 3 })
    expect(graded(rows, {}, [], 4).told).toEqual([])
  })

  it('flags the rows after which their stream is in alarm', () => {
    const rows = [quiet('a'), fires('a'), quiet('b'), quiet('a'), quiet('a'), { ...quiet('b'), drift: { a: 1 } }, quiet('b')]
    expect([...graded(rows).inAlarm]).toEqual([0, 1, 0, 1, 0, 1, 1])
  })

  it('evaluates no record of the warm-up', () => {
    const { told, partition } = graded([fires('a'), fires('a'), fires('b'), fires('a')], { warmUp: 2 })
    expect(told).toEqual(['3 a record opened first_alarm'])
    expect(partition.streams.get('a')!.folded.count).toBe(3)
  })

  it('takes feedback from what it opened, and gives it back record by record', () => {
    const alarm = { ...grading.alarm, decay: 0.01 }
    const { partition } = graded([fires('a'), quiet('a'), quiet('a'), quiet('a'), quiet('a')], { alarm })
    expect(partition.streams.get('a')!.folded.alarm.theta).toBeCloseTo(0.3 - 3 * 0.01)
  })

  it('keeps data time from going back', () => {
    const { events } = graded([{ ...quiet('a'), time: start + 9000 }, fires('a', { time: start })])
    expect(events[0].time).toBe(new Date(start + 9000).toISOString())
  })

  it('notes which streams changed, and where their slow mean stands', () => {
    const partition = partitionAt()
    const batch = calibratedOf(partition, [quiet('a'), quiet('b')])
    const trends = [Float64Array.of(1, 2), undefined]
    grade(grading)({ ...batch, trends })
    expect([...partition.changed].map((name) => [name, partition.streams.get(name)!.folded.trend])).toEqual([
      ['a', trends[0]],
      ['b', undefined],
    ])
  })
})

describe('trouble with the feed', () => {
  it('opens an alert of the partition when too many records are rejected, in order with the others, and ends it', () => {
    const { told, events, partition } = graded([quiet('a'), fires('a'), quiet('a'), quiet('a'), quiet('a'), quiet('a')], {}, [2, 3])
    expect(told).toEqual([
      '1 a record opened first_alarm',
      '3 input[0] feed opened rejects_high',
      '5 a record resolved cleared',
      '7 input[0] feed resolved rejects_normal',
    ])
    expect(events[1].data.evidence).toMatchObject({ trouble: 'rejects_high', rejectedShare: 0.5, reasons: [{ reason: 'empty', count: 2 }] })
    expect(partition.feed).toMatchObject({ offset: 7, alerts: {} })
  })

  it('moves the partition’s own fold also where all records are rejected, and says that it is severe', () => {
    const { last, partition } = graded([], {}, [0, 1, 2, 3])
    expect(last.data).toMatchObject({ kind: 'feed', severity: 'error' })
    expect(partition.feed.offset).toBe(3)
    expect(partition.changed.size).toBe(0)
  })

  it('ends a silence with the first record, before that record says anything itself', () => {
    const partition = partitionAt()
    grade(grading)(calibratedOf(partition, [quiet('a')]))
    const state = partition.streams.get('a')!
    const opened = advanceFeed(findings, partition.lease, 'a', state.folded.alerts, dataMissing({ offset: 0, time: start }), {
      trouble: 'data_missing',
      silenceLimit: 60,
    })
    const { events } = grade(grading)(calibratedOf(partition, [fires('a', { time: start + 300_000 }), quiet('a')]))
    expect(events.map(told)).toEqual(['1 a feed resolved data_returned', '1 a record opened first_alarm'])
    expect(events[0].data).toMatchObject({ alertId: opened!.data.alertId, evidence: { silenceLimit: 60 } })
    expect(events[0].data.summary).toBe('a: data is back after 5 min of silence')
    expect(state.folded.alerts.feed).toBeUndefined()
  })
})
