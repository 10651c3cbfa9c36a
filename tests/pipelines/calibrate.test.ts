import { concatMap, from, lastValueFrom, toArray } from 'rxjs'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { ArrayMemory } from '../../connectors/array-memory.js'
import { budgetBar } from '../../pipelines/assemble.js'
import { calibrate, type Scale, scaleOf } from '../../pipelines/calibrate.js'
import { detrend } from '../../pipelines/detrend.js'
import { fittedDetectors } from '../../pipelines/fitted.js'
import { newStream } from '../../pipelines/streams.js'
import { StageTimer } from '../../pipelines/timed.js'
import type { Reference } from '../../references/reference.js'
import { gate, partitionAt } from './builders.js'
import { calibratedOf, type RowSketch } from './findings.js'
import { smallReference } from './reference.js'

/** A detector whose rarity is its score in decades, less `offset`. */
const scaleWith = (detector: string, limit: number, offset = 0): Scale => ({ detector, limit, decades: (score) => score - offset })

const memory = new ArrayMemory()
const rows: RowSketch[] = [{ stream: 'a' }, { stream: 'a', drift: { a: 0 } }, { stream: 'a' }]

describe('calibrate', () => {
  it('puts each row on the scale of the detector that finds it rarest, the first on a tie', () => {
    const batch = { ...calibratedOf(partitionAt(), rows), scores: [Float32Array.of(1, 5, 2), Float32Array.of(3, 6, 3)] }
    const { record, drift } = calibrate({ record: [scaleWith('one', 2), scaleWith('two', 4, 1)], drift: [scaleWith('three', 8)], memory })(
      batch,
    )
    expect([...record.a]).toEqual([2, 5, 2])
    expect([...record.detector]).toEqual([1, 0, 0])
    expect([...record.effect]).toEqual([3 / 4, 5 / 2, 2 / 2])
    expect([...drift.a]).toEqual([0])
  })

  it('finds nothing rare where no detector looks', () => {
    const { record } = calibrate({ record: [], drift: [], memory })({ ...calibratedOf(partitionAt(), rows), windows: [] })
    expect([...record.a]).toEqual([-Infinity, -Infinity, -Infinity])
  })
})

describe('the scale of a detector', () => {
  let reference: Reference
  beforeAll(async () => {
    reference = await smallReference()
  })

  it('meets the bar exactly at its limit, and rises with the score', () => {
    const bar = barFor(reference.calibration, 100, true)
    const { limit, decades } = scaleOf('gaussian', reference.calibration, bar)
    expect(decades(limit)).toBeCloseTo(bar.bar, 9)
    expect(decades(1.01 * limit)).toBeGreaterThan(bar.bar)
    expect(decades(0.99 * limit)).toBeLessThan(bar.bar)
  })

  it('meets the bar at a fixed threshold instead, also for scores of nothing', () => {
    const bar = barFor(reference.calibration, 100, true)
    const { limit, decades } = scaleOf('gaussian', reference.calibration, bar, 42)
    expect(limit).toBe(42)
    expect(decades(42)).toBe(bar.bar)
    expect(decades(420)).toBeCloseTo(bar.bar + 1)
    expect(decades(0)).toBeLessThan(-100)
    expect(Number.isFinite(decades(0))).toBe(true)
  })

  it('comes from the reference’s detectors of each kind', () => {
    const { record, drift } = fittedDetectors(reference)
    expect([record, drift].map((kind) => kind.map(({ detector }) => detector.name))).toEqual([['gaussian'], ['hotelling']])
    const alerting = { falseAlarmsPerDay: 3, feedback: false, relativeClearing: true, updateEvery: 1 }
    const limits = { inFlightRecords: 1, inFlightBytes: 1, streams: 1, knownStreams: 100, forgetAfter: 1e9 }
    expect(budgetBar({ name: 'm', version: 'c', alerting, limits }, reference)).toEqual(
      barFor(reference.calibration, 3, reference.selfTest.passed),
    )
  })
})

describe('detrend', () => {
  it('takes each stream’s own slow mean off its rows, and tells where it stands after the batch', () => {
    const rate = 0.25
    const names = ['a', 'b']
    const states = names.map((name) => newStream(name, { d: 1, width: 1, window: { size: 2, hop: 1 }, detrend: rate }, 0))
    const batch = {
      ...calibratedOf(partitionAt(), rows),
      d: 1,
      n: 4,
      states,
      stateOf: Int32Array.of(0, 1, 0, 0),
      values: Float64Array.of(10, 5, 14, 11),
    }
    const { values, trends } = detrend(batch)
    expect([...values]).toEqual([0, 0, 4, 0])
    expect(trends).toEqual([Float64Array.of(11), Float64Array.of(5)])
  })

  it('leaves the rows alone where the reference was fitted without', () => {
    const states = [newStream('a', { d: 1, width: 1, window: { size: 2, hop: 1 }, detrend: 0 }, 0)]
    const batch = {
      ...calibratedOf(partitionAt(), rows),
      d: 1,
      n: 2,
      states,
      stateOf: Int32Array.of(0, 0),
      values: Float64Array.of(10, 14),
    }
    expect(detrend(batch)).toMatchObject({ values: Float64Array.of(10, 14), trends: [undefined] })
  })
})

describe('the stage timer', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('measures each batch of a synchronous stage and of one that waits, waiting for earlier batches included', async () => {
    const seen: [string, number][] = []
    const timer = new StageTimer((stage, seconds) => seen.push([stage, seconds]))
    const twice = timer.each('decode', (n: number) => {
      vi.advanceTimersByTime(5 * n)
      return 2 * n
    })
    expect(await lastValueFrom(from([1, 2]).pipe(twice, toArray()))).toEqual([2, 4])
    const waiting = gate()
    const slow = timer.around<number, number>(
      'deliver',
      concatMap((n) => waiting.promise.then(() => n)),
    )
    const done = lastValueFrom(from([1, 2]).pipe(slow, toArray()))
    vi.advanceTimersByTime(20)
    waiting.open()
    expect(await done).toEqual([1, 2])
    expect(seen).toEqual([
      ['decode', 0.005],
      ['decode', 0.01],
      ['deliver', 0.02],
      ['deliver', 0.02],
    ])
  })
})
