import { describe, expect, test } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { calibrate } from '../../calibration/calibrate.js'
import type { Calibration } from '../../calibration/calibration.js'
import { episodeCurve } from '../../calibration/episode-curve.js'
import { decadesOf, stepAt } from '../../calibration/rate-map.js'
import { oneBar, streamBars } from '../../calibration/stream-bars.js'
import type { StreamRows } from '../../calibration/stream-curves.js'
import { arRows, mean, squaredNorms } from './series.js'

const D = 2
const FOLDS = 10
const GAP = 5
const logic = { record: { k: 1, n: 1, gap: GAP }, drift: { k: 1, n: 1, gap: GAP } } as const
const PER_DAY = 1000

/** A stream: its rows, and its standard deviation. */
type Site = readonly [rows: number, scale: number]

const drawn = (sites: readonly Site[], seed: number): Float64Array[] =>
  sites.map(([n, scale], i) =>
    squaredNorms(
      arRows(seed + i, n, D, 0).map((value) => scale * value),
      D,
    ),
  )

const rowsIn = (sites: readonly Site[]): number => sites.reduce((sum, [n]) => sum + n, 0)
const named = (sites: readonly Site[], name = (i: number): string | undefined => `s${i}`) =>
  new Map(sites.map(([rows], i): [number, StreamRows] => [i, { name: name(i), rows }]))

function calibrated(sites: readonly Site[], scores: readonly Float64Array[], streams = named(sites)): Calibration {
  const cut = (f: number, { length }: Float64Array) => Math.round((f * length) / FOLDS)
  const folds = Array.from({ length: FOLDS }, (_, f) => scores.map((run) => run.subarray(cut(f, run), cut(f + 1, run))))
  const series = {
    detector: 'gaussian',
    kind: 'record' as const,
    folds,
    streams: folds.map((runs) => runs.map((_, i) => i)),
    follows: folds.map((runs, f) => runs.map((_, i) => (f === 0 ? -1 : i))),
  }
  return calibrate([series], { logic, rows: rowsIn(sites), rowsPerDay: PER_DAY, streams })
}

const commonBar = (calibration: Calibration, k: number) => barFor(calibration, k / calibration.spanDays, true)

/** Alerts that live streams open, over their shares of the budget: the mean of fresh draws. */
function realised(
  sites: readonly Site[],
  calibration: Calibration,
  k: number,
  bars = streamBars(calibration, commonBar(calibration, k)),
): number[] {
  const decades = decadesOf(calibration.maps.gaussian, calibration.spanDays)
  const { bar } = commonBar(calibration, k)
  const draws = [1, 2, 3, 4].map((draw) => drawn(sites, 1000 * draw))
  return sites.map(([n], i) => {
    const counts = draws.map((scores) => episodeCurve([scores[i].map(decades)], GAP).countAt(bar + (bars.own.get(`s${i}`) ?? bars.others)))
    return mean(counts) / ((k * n) / rowsIn(sites))
  })
}

const within = (ratios: readonly number[], least: number, most: number) => {
  for (const ratio of ratios) {
    expect(ratio).toBeGreaterThan(least)
    expect(ratio).toBeLessThan(most)
  }
}

describe('bars of streams', () => {
  const four: Site[] = [1, 1, 1, 1.5].map((scale) => [5000, scale])
  const scores = drawn(four, 1)
  const calibration = calibrated(four, scores)

  test('one noisy stream spends the budget of all; with bars of their own each spends its share', () => {
    const [noisy, ...quiet] = realised(four, calibration, 80, oneBar).toReversed()
    expect(noisy).toBeGreaterThan(3)
    within(quiet, -1, 0.3)
    expect([...streamBars(calibration, commonBar(calibration, 80)).own.keys()].sort()).toEqual(['s0', 's1', 's2', 's3'])
    within(realised(four, calibration, 80), 0.4, 1.8)
  })

  test('alike streams keep the common bar but for a few that chance sets apart, and the budget holds', () => {
    const alike: Site[] = Array.from({ length: 10 }, () => [3000, 1])
    const one = calibrated(alike, drawn(alike, 50))
    expect(streamBars(one, commonBar(one, 100)).own.size).toBeLessThanOrEqual(2)
    within([mean(realised(alike, one, 100))], 0.75, 1.3)
  })

  test.each([
    ['quieter', 0.6],
    ['noisier', 1.5],
  ])('short streams without one, %s than a long one that has one, get together what is left of the budget', (_, scale) => {
    const sites: Site[] = [[12_000, 1], ...Array.from({ length: 12 }, (): Site => [1000, scale])]
    const one = calibrated(sites, drawn(sites, 300))
    expect([...streamBars(one, commonBar(one, 60)).own.keys()]).toEqual(['s0'])
    const [long, ...short] = realised(sites, one, 60)
    within([long, mean(short)], 0.5, 1.7)
    const [, ...common] = realised(sites, one, 60, oneBar)
    expect(Math.abs(Math.log(mean(common)))).toBeGreaterThan(Math.abs(Math.log(mean(short))))
  })

  test('at every bar the curves add up to the alerts of all streams, those without a name among the others', () => {
    const nameless = calibrated(
      four,
      scores,
      named(four, (i) => (i < 2 ? `s${i}` : undefined)),
    )
    expect(nameless.streams?.own.map(({ name, rows }) => [name, rows])).toEqual([
      ['s0', 5000],
      ['s1', 5000],
    ])
    const decades = decadesOf(nameless.maps.gaussian, nameless.spanDays)
    const { own = [], others } = nameless.streams ?? {}
    const curves = [...own, ...(others ? [others] : [])]
    for (const bar of [-0.6, -0.2, 0.2, 0.6]) {
      const counted = scores.reduce((sum, run) => sum + episodeCurve([run.map(decades)], GAP).countAt(bar), 0)
      expect(curves.reduce((sum, { combined }) => sum + stepAt(combined, bar), 0)).toBe(counted)
    }
  })

  test('there are none for a single stream, a refused reference, or a budget that no stream supports by itself', () => {
    expect(calibrated([[5000, 1]], [scores[0]])).not.toHaveProperty('streams')
    expect(streamBars(calibration, barFor(calibration, 4, false))).toEqual(oneBar)
    // A share of 7.5 of 30: less than the 8 alerts that make a rate reliable.
    expect(streamBars(calibration, commonBar(calibration, 30))).toEqual({ own: new Map(), others: 0 })
    expect(streamBars(calibration, commonBar(calibration, 34)).own.size).toBeGreaterThan(0)
  })
})
