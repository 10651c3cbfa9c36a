import { describe, expect, test } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { calibrate, type DetectorSeries } from '../../calibration/calibrate.js'
import type { Calibration } from '../../calibration/calibration.js'
import { EpisodeCurve, episodeCurve } from '../../calibration/episode-curve.js'
import { decadesOf } from '../../calibration/rate-map.js'
import { arRows, mean, normal, squaredNorms, tenFolds, windowNorms } from './series.js'

const D = 4
const N = 20_000
const PER_DAY = 10_000
const logic = { record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 12 } } as const
const options = { logic, rows: N, rowsPerDay: PER_DAY }

/** Scores of one stretch by each detector. */
type Stretch = Readonly<Record<'gaussian' | 'spread' | 'hotelling', Float64Array>>

const drawStretch = (seed: number, phi: number): Stretch => {
  const rows = arRows(seed, N, D, phi)
  return {
    gaussian: squaredNorms(rows, D),
    // A second view of the same rows, related to the first but not the same.
    spread: Float64Array.from({ length: N }, (_, i) => Math.max(...rows.subarray(i * D, i * D + D).map(Math.abs))),
    hotelling: windowNorms(rows, D, 64, 16),
  }
}

const drawn = new Map<string, Stretch>()
const stretch = (seed: number, phi: number): Stretch => {
  const key = `${seed}/${phi}`
  const scores = drawn.get(key) ?? drawStretch(seed, phi)
  drawn.set(key, scores)
  return scores
}

const kindOf = (detector: keyof Stretch) => (detector === 'hotelling' ? 'drift' : 'record')
const seriesOf = (scores: Stretch, detectors: readonly (keyof Stretch)[]): DetectorSeries[] =>
  detectors.map((detector) => ({ detector, kind: kindOf(detector), folds: tenFolds(scores[detector]) }))

/** Alerts that the live alarm would open on a stretch. */
const realised = (calibration: Calibration, scores: Stretch, detectors: readonly (keyof Stretch)[], bar: number): number => {
  const curves = (['record', 'drift'] as const).map((kind) => {
    const decades = detectors
      .filter((detector) => kindOf(detector) === kind)
      .map((detector) => scores[detector].map(decadesOf(calibration.maps[detector], calibration.spanDays)))
    const combined = decades[0]?.map((_, t) => Math.max(...decades.map((one) => one[t]))) ?? new Float64Array()
    return episodeCurve([combined], logic[kind].gap)
  })
  return EpisodeCurve.pool(curves).countAt(bar)
}

/** Realised over budgeted alerts on fresh stretches of 24 streams. */
const ratios = (phi: number, budgetPerDay: number, detectors: readonly (keyof Stretch)[]): number[] =>
  Array.from({ length: 24 }, (_, i) => {
    const calibration = calibrate(seriesOf(stretch(1000 + i, phi), detectors), options)
    const { bar, k } = barFor(calibration, budgetPerDay, true)
    return realised(calibration, stretch(5000 + i, phi), detectors, bar) / k
  })

const shareWithin2 = (values: readonly number[]): number => mean(values.map((ratio) => Number(ratio >= 0.5 && ratio <= 2)))

describe('calibration holds its budget on fresh data', () => {
  test.each([
    ['independent', 0],
    ['AR(1) 0.9', 0.9],
  ])('%s scores, one detector, K = 20', (_, phi) => {
    const seen = ratios(phi, 10, ['gaussian'])
    expect(mean(seen)).toBeGreaterThan(0.75)
    expect(mean(seen)).toBeLessThan(1.25)
    expect(shareWithin2(seen)).toBeGreaterThanOrEqual(0.9)
  })

  test.each([
    ['two record detectors', 0, 10, ['gaussian', 'spread']],
    ['two record detectors', 0.9, 10, ['gaussian', 'spread']],
    ['two record detectors in the tail, K = 4', 0.9, 2, ['gaussian', 'spread']],
    ['record and window, one alert each', 0, 10, ['gaussian', 'hotelling']],
    ['record and window, one alert each', 0.9, 10, ['gaussian', 'hotelling']],
  ] as const)('%s, phi %d, %d a day: the smallest lambda of them', (_, phi, budget, detectors) => {
    const seen = ratios(phi, budget, detectors)
    expect(mean(seen)).toBeGreaterThan(0.7)
    expect(mean(seen)).toBeLessThan(1.4)
  })
})

describe('calibrate', () => {
  const scores = stretch(7, 0.9)
  const calibration = calibrate(seriesOf(scores, ['gaussian', 'hotelling']), options)

  test('states what it was made from', () => {
    expect(calibration).toMatchObject({ spanDays: 2, rows: N, rowsPerDay: PER_DAY, folds: 10, evaluations: { gaussian: N } })
    expect(calibration.evaluations.hotelling).toBe(scores.hotelling.length)
    expect(Object.keys(calibration.maps)).toEqual(['gaussian', 'hotelling'])
    expect(calibration.dispersion).toBeGreaterThanOrEqual(1)
  })

  test('adds up the episodes of both kinds', () => {
    const alone = (detector: 'gaussian' | 'hotelling') => calibrate(seriesOf(scores, [detector]), options)
    // At lambda = 10 a day each kind opens about 20 in the span, so together they reach 40 near a = -1.
    const bars = [calibration, alone('gaussian'), alone('hotelling')].map((one, i) => barFor(one, i === 0 ? 20 : 10, true).bar)
    for (const bar of bars) expect(Math.abs(bar + 1)).toBeLessThan(0.2)
  })

  test('a fold is judged by the others only: its own outliers do not hide themselves', () => {
    const draw = normal(3)
    const calm = Float64Array.from({ length: 5000 }, () => draw() ** 2)
    // 12 separate bursts in one fold: enough to be normal, had they been asked.
    for (let i = 0; i < 12; i++) calm[2020 + i * 40] = 1000
    const { combined } = calibrate([{ detector: 'gaussian', kind: 'record', folds: tenFolds(calm) }], { ...options, rows: 5000 })
    // Twelve decades: the floor of lambda.
    expect(combined.scores[0]).toBe(12)
  })

  test('streams of a fold are runs of their own', () => {
    const folds = tenFolds(scores.gaussian).map(([run]) => [run.subarray(0, 700), run.subarray(700)])
    expect(calibrate([{ detector: 'gaussian', kind: 'record', folds }], options).evaluations).toEqual({ gaussian: N })
  })

  test('k-of-n is part of what is counted', () => {
    const strict = calibrate(seriesOf(scores, ['gaussian']), { ...options, logic: { ...logic, record: { k: 3, n: 3, gap: 30 } } })
    const loose = calibrate(seriesOf(scores, ['gaussian']), options)
    expect(barFor(strict, 10, true).bar).toBeLessThan(barFor(loose, 10, true).bar)
  })

  test('everything in one fold still calibrates', () => {
    const folds = [[scores.gaussian], [], []]
    expect(calibrate([{ detector: 'gaussian', kind: 'record', folds }], options).combined.counts.at(-1)).toBeGreaterThan(100)
  })

  test('a reference too short for its window is refused with the detector and the mend', () => {
    const empty: DetectorSeries = { detector: 'hotelling', kind: 'drift', folds: [[], [new Float64Array()]] }
    expect(() => calibrate([empty], options)).toThrow(/detector hotelling: .* 1 evaluations in a row .*shorten its window/)
  })
})

test('a detector with a price gets less of the common budget; the others keep theirs', () => {
  const scores = stretch(1, 0)
  const maps = (price: number) => {
    const [gaussian, spread] = seriesOf(scores, ['gaussian', 'spread'])
    return calibrate([gaussian, { ...spread, price }], options).maps
  }
  const [same, dearer] = [maps(1), maps(4)]
  for (const score of [1, 3, 5]) {
    const decades = decadesOf(same.spread, 1)(score)
    expect(decadesOf(dearer.spread, 1)(score)).toBeCloseTo(decades - Math.log10(4), 9)
  }
  expect(dearer.gaussian).toEqual(same.gaussian)
})
