import { afterAll, describe, expect, it } from 'vitest'
import type { RecordDetector, ReferenceSummary } from '../../detectors/detector.js'
import { gaussian } from '../../detectors/gaussian.js'
import { hotelling } from '../../detectors/hotelling.js'
import { multiply } from '../../detectors/matmul.js'
import { columnMeans } from '../../detectors/standardisation.js'
import { whiten } from '../../detectors/whitening.js'
import { cutFolds } from '../../references/folds.js'
import { openModel } from '../../references/scoring-model.js'
import { warmFrom } from '../../references/sub-blocks.js'
import { fitToFolds, summaryOf, sumUp } from '../../references/summed.js'
import { asRows, fitOptions, normals, openTools, synthetic, timed } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

/** 1.3 M numbers: more than go through the graph in one step. */
const d = 256
const rows = asRows(synthetic({ n: 5000, d, seed: 3 }), d)

async function model() {
  const summed = await sumUp(rows, fitOptions(d), tools)
  if (summed === undefined) throw new Error('too few rows')
  const summary = summaryOf(summed, [gaussian, hotelling], multiply)
  return { ...summary, model: await openModel(summary, [gaussian, hotelling], 'float64', tools) }
}

describe('ScoringModel', () => {
  it('scores records and windows as the detectors do from raw rows', async () => {
    const { model: scoring, whitening } = await model()
    const window = { size: 12, hop: 4 }
    const { scores } = await scoring.score(rows, { from: 4000, to: 4400, streamFrom: 0, streamTo: 5000 }, window)
    const row = (i: number) => rows.store.read(i, i + 1) as Float64Array
    for (const i of [0, 95, 96, 399]) {
      const expected = gaussian.score(scoring.fitted.gaussian, whitening, row(4000 + i))
      expect(scores.get('gaussian')?.[i]).toBeCloseTo(expected, 1)
    }
    const drift = scores.get('hotelling') ?? new Float64Array(0)
    expect(drift.length).toBe((400 - 12) / 4 + 1)
    for (const i of [0, 50, 97]) {
      const sum = new Float64Array(d)
      for (let k = 0; k < 12; k++) {
        whiten(whitening, row(4000 + 4 * i + k)).forEach((z, j) => {
          sum[j] += z
        })
      }
      expect(drift[i]).toBeCloseTo(hotelling.score(scoring.fitted.hotelling, { m: 12, z: sum, own: new Float64Array(0) }), 2)
    }
    await scoring.close()
  })

  it('gives the same scores for a whole and for its stretches, windows running on across them', async () => {
    const { model: scoring } = await model()
    const window = { size: 64, hop: 16 }
    const { scores: whole, evaluated } = await scoring.score(rows, { from: 0, to: 5000, streamFrom: 0, streamTo: 5000 }, window)
    expect([...evaluated]).toEqual(Array.from({ length: 309 }, (_, i) => 63 + 16 * i))
    const parts = []
    for (const [from, to] of [
      [0, 1600],
      [1600, 1616],
      [1616, 5000],
    ]) {
      parts.push(await scoring.score(rows, { from, to, streamFrom: 0, streamTo: 5000 }, window, Math.max(0, from - 48)))
    }
    for (const name of ['gaussian', 'hotelling']) {
      const joined = parts.flatMap((part) => [...(part.scores.get(name) ?? [])])
      const expected = whole.get(name) ?? new Float64Array(0)
      expect(joined.length).toBe(expected.length)
      joined.forEach((score, i) => {
        expect(Math.abs(score - expected[i])).toBeLessThan(1e-3 * (1 + expected[i]))
      })
    }
    await scoring.close()
  })
})

describe('windows by time', () => {
  it('are the same for a whole and for its folds, with silences and late rows in between', async () => {
    const n = 1200
    const random = normals(8)
    const steps = Array.from({ length: n }, () => Math.abs(random()) * (random() > 2.3 ? 20_000 : 1000))
    let time = 0
    const times = Float64Array.from(steps, (step) => (time += step)).map((at) => at - (random() > 1.6 ? 9000 : 0))
    const few = timed(asRows(synthetic({ n, d: 2, seed: 3 }), 2), times)
    const window = { by: 'time', size: 16_000, hop: 4000, longer: [32_000], least: 8 } as const
    const folds = cutFolds(few, window)!
    const summed = await sumUp(few, fitOptions(2, { logic: { ...fitOptions(2).logic, window } }), tools)
    const scoring = await openModel(summaryOf(summed!, [gaussian, hotelling], multiply), [gaussian, hotelling], 'float64', tools)
    const whole = await scoring.score(few, { from: 0, to: n, streamFrom: 0, streamTo: n }, window)
    const parts = []
    for (const stretch of folds.flat()) {
      const part = await scoring.score(few, stretch, window, warmFrom(stretch, window, few))
      parts.push({ ...part, evaluated: part.evaluated.map((row) => stretch.from + row) })
    }
    await scoring.close()
    expect(whole.evaluated.length).toBeGreaterThan(150)
    expect(parts.flatMap(({ evaluated }) => [...evaluated])).toEqual([...whole.evaluated])
    const drift = whole.scores.get('hotelling')!
    parts
      .flatMap(({ scores }) => [...scores.get('hotelling')!])
      .forEach((score, i) => {
        expect(Math.abs(score - drift[i])).toBeLessThan(1e-3 * (1 + drift[i]))
      })
  })
})

describe('a fit to some folds', () => {
  it('gives detectors a bank that is centred as the records that they will score', async () => {
    const drifting = asRows(
      synthetic({ n: 1000, d: 3, seed: 4 }).map((value, at) => value + Math.floor(at / 300)),
      3,
    )
    const summed = await sumUp(drifting, fitOptions(3), tools)
    if (summed === undefined) throw new Error('too few rows')
    const seen: ReferenceSummary[] = []
    const probe: RecordDetector = {
      ...gaussian,
      fit: async (reference) => {
        seen.push(reference)
        return { scalars: {}, tensors: {} }
      },
    }
    const scoring = await fitToFolds(summed, (fold) => fold > 0, [probe], tools)
    await scoring.close()
    const { bank } = seen[0]
    for (const mean of columnMeans(bank.rows, bank.m, 3)) expect(mean).toBeCloseTo(0, 9)
  })
})
