import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { explainRecord } from '../../cli/explain/explanation.js'
import { ownBarsLine } from '../../cli/stream-report.js'
import { ArrayMemory } from '../../connectors/array-memory.js'
import { calibrate, scalesFor, scalesOf } from '../../pipelines/calibrate.js'
import { detectorNames } from '../../pipelines/fitted.js'
import { grade } from '../../pipelines/grade.js'
import { inOrder, judgeFolds } from '../../pipelines/null-run.js'
import { referenceOf } from '../../references/fit.js'
import { type HeldOut, holdOut } from '../../references/held-out.js'
import { fromFiles, seal, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, openTools, synthetic } from '../references/synthetic.js'
import { partitionAt } from './builders.js'
import { calibratedOf, grading } from './findings.js'

const d = 2
const EACH = 3000
const names = ['east', 'west', 'noisy']
const K = 60

/** Three streams, of which the last varies half as much again. */
function rows() {
  const values = synthetic({ n: names.length * EACH, d, seed: 8 })
  const mean = (j: number) => 100 * j
  const widened = values.map((value, at) => (at < 2 * EACH * d ? value : mean(at % d) + 1.5 * (value - mean(at % d))))
  const one = asRows(widened, d, names.length)
  return { ...one, streams: one.streams.map((range, i) => ({ ...range, name: names[i] })) }
}

describe('a reference of streams that are not alike', () => {
  let heldOut: HeldOut
  let reference: Reference
  let merged: Reference
  beforeAll(async () => {
    const tools = await openTools()
    const logic = { window: { size: 16, hop: 4 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
    const options = fitOptions(d, { detectors: ['gaussian'], logic })
    heldOut = await holdOut(rows(), options, tools)
    reference = await referenceOf(heldOut, rows(), options, tools)
    const { version: _, ...content } = reference
    const other = { name: 'other', reference: seal({ ...content, provenance: { ...content.provenance, source: 'another' } }) }
    merged = (await mergeReferences([{ name: 'one', reference }, other], undefined, tools)).reference
    await tools.close()
  })
  afterAll(() => heldOut.rung.rows.store.close())

  const budget = () => K / reference.calibration.spanDays
  const barOf = () => barFor(reference.calibration, budget(), true)
  const scales = (changes = {}) => scalesOf(detectorNames(reference), reference.calibration, barOf(), { perStream: true, ...changes })

  it('keeps what it counted for each of them; one from before, or merged, has one limit for all', () => {
    expect(reference.calibration.streams?.own.map(({ name, rows }) => [name, rows])).toEqual(names.map((name) => [name, EACH]))
    expect(fromFiles(toFiles(reference))).toEqual(reference)
    const { version: _, ...content } = reference
    const { streams: __, ...calibration } = reference.calibration
    const before = seal({ ...content, calibration })
    expect(fromFiles(toFiles(before))).toEqual(before)
    for (const { calibration } of [before, merged]) {
      expect(scalesOf(detectorNames(reference), calibration, barOf(), { perStream: true }).own?.size).toBe(0)
    }
    expect(ownBarsLine(reference, barOf(), { perStream: true })).toMatch(/^3 of 3 streams /)
    expect(ownBarsLine(before, barOf(), { perStream: true })).toBeUndefined()
  })

  it('holds each to its share in a null run, by limits from the other folds', () => {
    const openedBy = (perStream: boolean) => {
      const judged = judgeFolds(heldOut, { falseAlarmsPerDay: budget(), perStream, feedback: false, relativeClearing: false })
      return heldOut.rung.rows.streams.map(({ from }) => {
        const { opened } = inOrder(judged.filter(({ stream }) => stream === from))
        return Object.values(opened).reduce((sum, count) => sum + count, 0)
      })
    }
    const [common, own] = [openedBy(false), openedBy(true)]
    expect(common[2]).toBeGreaterThan(45)
    for (const count of own) {
      expect(count).toBeGreaterThanOrEqual(10)
      expect(count).toBeLessThanOrEqual(33)
    }
  })

  it('puts each stream’s own limit at the bar that all are held to', () => {
    const all = scales()
    const limits = ['noisy', 'east', 'new'].map((stream) => scalesFor(stream, all).record[0])
    expect(limits[0].limit).toBeGreaterThan(limits[2].limit)
    expect(limits[1].limit).toBeLessThan(limits[2].limit)
    for (const { limit, decades } of limits) expect(decades(limit)).toBeCloseTo(barOf().bar, 9)
    const batch = calibratedOf(partitionAt(), [{ stream: 'noisy' }, { stream: 'new' }, { stream: 'east' }])
    const at = (score: number) => ({ ...batch, scores: [new Float32Array(3).fill(score)] })
    const { record } = calibrate({ ...all, memory: new ArrayMemory() })(at(20))
    expect([...record.effect]).toEqual([limits[0], limits[2], limits[1]].map(({ limit }) => 20 / limit))
    expect([...record.a]).toEqual([limits[0], limits[2], limits[1]].map(({ decades }) => decades(20)))
  })

  it('explains a record by the limit of its stream', () => {
    const values = Float64Array.of(3, 108)
    const limitOf = (stream: string, perStream: boolean) =>
      explainRecord(reference, { values, slowMean: undefined, offset: 0, stream }, { budgetPerDay: budget(), perStream }).judgements[0]
        .limit
    expect(limitOf('noisy', true)).toBe(scalesFor('noisy', scales()).record[0].limit)
    expect(limitOf('noisy', false)).toBe(limitOf('new', true))
  })

  it('has one limit for all where that is asked for, or where an operator has set one', () => {
    for (const changes of [{ perStream: false }, { fixedThresholds: { gaussian: 42 } }]) expect(scales(changes).own?.size).toBe(0)
  })
})

it('an event tells the score that its stream’s own limit makes of the effect', () => {
  const own = new Map([['a', { record: [{ detector: 'gaussian', limit: 30 }], drift: [] }]])
  const batch = calibratedOf(partitionAt(), [
    { stream: 'a', a: 1, effect: 2 },
    { stream: 'b', a: 1, effect: 2 },
  ])
  const { events } = grade({ ...grading, scales: { ...grading.scales, own } })(batch)
  expect(events.map(({ data }) => 'score' in data.evidence && data.evidence.score)).toEqual([60, 20])
})
