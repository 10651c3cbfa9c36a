import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformalP } from '../../calibration/p-value.js'
import { gaussian } from '../../detectors/gaussian.js'
import { closeRows } from '../../references/beside.js'
import { collectRows } from '../../references/collect.js'
import { fitReference } from '../../references/fit.js'
import { cutByGroups } from '../../references/grouped.js'
import { LabelCensus } from '../../references/labels.js'
import { nearCopies } from '../../references/near-copies.js'
import { RowMemory } from '../../references/row-store.js'
import type { ReferenceRows, RowChunk } from '../../references/rows.js'
import { fitSummary } from '../../references/summary.js'
import { fitToFolds, sumUp } from '../../references/summed.js'
import { asRows, fitOptions, normals, openTools, synthetic } from './synthetic.js'

let tools: Awaited<ReturnType<typeof openTools>>
beforeAll(async () => {
  tools = await openTools()
})
afterAll(() => tools.close())

const grouped = (rows: ReferenceRows, groups: readonly number[]): ReferenceRows => ({
  ...rows,
  groups: new RowMemory(Float64Array.from(groups), 1),
})
const counting = (n: number) =>
  asRows(
    Float64Array.from({ length: n }, (_, i) => i),
    1,
  )
const cut = (rows: ReferenceRows, options: Parameters<typeof cutByGroups>[2] = fitOptions(1)) => cutByGroups(rows, rows.groups!, options)

describe('cutByGroups', () => {
  it('leaves rows where they are whose groups are stretches of time', () => {
    const rows = grouped(
      counting(40),
      Array.from({ length: 40 }, (_, i) => 1 + (i >> 1)),
    )
    const { rows: same, folds, groups } = cut(rows)
    expect(same).toBe(rows)
    expect(folds).toEqual(Array.from({ length: 10 }, (_, f) => [{ from: 4 * f, to: 4 * f + 4, streamFrom: 0, streamTo: 40 }]))
    expect(groups).toEqual({ groups: 20, largest: 2, alone: 0, effective: 20 })
  })

  it('brings the rows of a fold together, in order of arrival, with their labels and groups', async () => {
    const census = new LabelCensus()
    const n = 200
    async function* chunks(): AsyncIterable<RowChunk> {
      yield {
        n,
        d: 1,
        values: Float64Array.from({ length: n }, (_, i) => i),
        streams: ['a', 'b'],
        streamOf: Int32Array.from({ length: n }, (_, i) => i % 2),
        times: new Float64Array(n),
        rejected: 0,
        labels: { census, of: Array.from({ length: n }, (_, i) => census.of(i < 100 ? 'early' : 'late')) },
        groups: Array.from({ length: n }, (_, i) => 1 + (i % 25)),
      }
    }
    // So little memory that they go through files.
    const rows = await collectRows(chunks(), 1, 256)
    const { rows: together, folds } = cut(rows)
    const values = [...together.store.read(0, n)]
    expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
    expect(values).not.toEqual([...rows.store.read(0, n)])
    expect([...(together.groups?.read(0, n) ?? [])]).toEqual(values.map((value) => 1 + (value % 25)))
    expect([...(together.labels?.read(0, n) ?? [])]).toEqual(values.map((value) => (value < 100 ? 1 : 2)))
    const home = new Map<number, number>()
    for (const [f, fold] of folds.entries()) {
      expect(fold.map(({ streamFrom }) => streamFrom)).toEqual([0, 100])
      for (const { from, to, streamFrom } of fold) {
        const own = values.slice(from, to)
        expect(own).toEqual(own.toSorted((a, b) => a - b))
        for (const value of own) {
          expect(value % 2).toBe(streamFrom / 100)
          expect(home.get(value % 25) ?? f).toBe(f)
          home.set(value % 25, f)
        }
      }
    }
    expect(folds.flat().reduce((sum, { from, to }) => sum + to - from, 0)).toBe(n)
    closeRows(rows)
  })

  it('refuses scattered groups where windows are by time or a detector looks back, and only there', () => {
    const scattered = grouped(
      counting(40),
      Array.from({ length: 40 }, (_, i) => 1 + (i % 20)),
    )
    const byTime = { ...fitOptions(1).logic, window: { by: 'time' as const, size: 60_000, hop: 15_000, least: 5 } }
    const refusal = expect.objectContaining({ reason: 'scattered_groups' })
    expect(() => cut(scattered, fitOptions(1, { logic: byTime }))).toThrow(refusal)
    expect(() => cut(scattered, fitOptions(1, { logic: byTime }))).toThrow(
      /windows are by event time \(1m\); give windows a number of records/,
    )
    expect(() => cut(scattered, fitOptions(1, { detectors: ['innovations'] }))).toThrow(/innovations looks at the row before/)
    expect(cut(scattered, fitOptions(1, { logic: byTime, detectors: ['gaussian'] })).folds).toHaveLength(10)
    const contiguous = grouped(
      counting(40),
      Array.from({ length: 40 }, (_, i) => 1 + (i >> 1)),
    )
    expect(cut(contiguous, fitOptions(1, { logic: byTime, detectors: ['innovations'] })).folds).toHaveLength(10)
  })
})

describe('a fit of near-duplicates', () => {
  const d = 24
  const scenes = 100
  const copies = 4
  const n = scenes * copies
  const groups = Array.from({ length: n }, (_, i) => 1 + (i % scenes))
  /** Pictures of scenes, as it were: each comes again with a little noise, a while later. */
  const rows = () => {
    const clean = synthetic({ n: scenes, d, seed: 1 })
    const normal = normals(2)
    return asRows(
      Float64Array.from({ length: n * d }, (_, at) => clean[at % clean.length] + 0.1 * (1 + (at % d)) * normal()),
      d,
    )
  }
  const learnt = (data: ReferenceRows) => fitReference(data, fitOptions(d), tools)
  /** Share of fresh scenes with p <= 5 %. */
  const falseAlarms = async (data: ReferenceRows) => {
    const { calibration } = await learnt(data)
    const summed = await sumUp(data, fitOptions(d), tools)
    if (summed === undefined) throw new Error('expected enough rows for folds')
    const model = await fitToFolds(summed, () => true, [gaussian], tools)
    const scores = (await model.scoreRows(synthetic({ n: 2000 + scenes, d, seed: 1 }).slice(scenes * d), 2000)).get('gaussian') ?? []
    await model.close()
    const p = conformalP(calibration.quantiles.gaussian, calibration.evaluations.gaussian)
    return [...scores].filter((score) => p(score) <= 0.05).length / 2000
  }

  it('holds its rate of false alarms where the groups are named, and not where they are not', async () => {
    expect(await falseAlarms(grouped(rows(), groups))).toBeLessThan(0.09)
    expect(await falseAlarms(rows())).toBeGreaterThan(0.2)
  })

  it('says what it cut by, the same for the same rows, and keeps it with the reference', async () => {
    const reference = await learnt(grouped(rows(), groups))
    expect(reference.provenance.groups).toEqual({ groups: scenes, largest: copies, alone: 0, effective: scenes })
    expect(fitSummary(reference)).toMatchObject({ folds: 10, groups: reference.provenance.groups })
    expect((await learnt(grouped(rows(), groups))).version).toBe(reference.version)
    expect((await learnt(rows())).provenance.groups).toBeUndefined()
  })

  it('warns of folds that are few or uneven', async () => {
    const notes = async (of: readonly number[]) => fitSummary(await learnt(grouped(rows(), of))).notes.join('\n')
    expect(await notes(groups.map((group) => 1 + (group % 7)))).toMatch(/groups are enough for 6 folds only/)
    expect(await notes(groups.map((group) => Math.max(1, group - 40)))).toMatch(
      /the largest group holds 164 of the 400 rows, where a fold would have 40/,
    )
    expect(await notes(groups)).not.toMatch(/group/)
  })

  it('sees near copies in other folds, and none where groups keep them together or there are none', async () => {
    const share = async (data: ReferenceRows) => {
      const summed = await sumUp(data, fitOptions(data.d), tools)
      return summed && nearCopies(summed, tools.matmul)
    }
    expect(await share(rows())).toBeGreaterThan(0.9)
    expect(await share(grouped(rows(), groups))).toBeLessThan(0.25)
    // Whatever the number of features: of few ones the nearest of many rows is near by itself.
    for (const of of [2, 4, d, 200]) expect(await share(asRows(synthetic({ n, d: of, seed: 3 }), of))).toBeLessThan(0.25)
  })
})
