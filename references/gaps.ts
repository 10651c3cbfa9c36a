import type { MomentsRunner } from '../backbones/moments.js'
import type { MatMul } from '../detectors/matmul.js'
import { type Moments, merge } from '../detectors/moments.js'
import type { Shrinkage } from '../detectors/shrinkage.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../detectors/whitening.js'
import { GapFiller } from '../kinds/gaps.js'
import { momentsOfRows } from './fold-moments.js'
import { FitRefused } from './refusal.js'
import { allocate, RowMemory } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** A feature must be there in this share of the rows, and any two together in so many rows. */
const LEAST_SHARE = 0.5
const LEAST_TOGETHER = 30
/** Rows with gaps that EM goes through at every step; of more, evenly spaced ones stand for all. */
const MOST_ROWS = 50_000
const MOST_STEPS = 30
/** Change of ln det and of the means in sigma, per feature, at which EM is done. */
const SETTLED = 1e-6
/** Rows that are looked at in one step. */
const STEP_ROWS = 4096

/** Fills rows by the whitening; undefined where no row can have a gap. */
export const fillerFor = ({ optional = [] }: Pick<Rows, 'optional'>, whitening: Whitening): GapFiller | undefined =>
  optional.length === 0 ? undefined : new GapFiller(whitening, optional)

/** Throws `FitRefused` where the rows lack a feature too often for its part of the covariance to be known. */
export function checkGaps(rows: Rows, names: readonly string[]): void {
  const { n, optional = [] } = rows
  if (optional.length === 0) return
  const lost = new Map(optional.map((column) => [column, 0]))
  const both = new Map<string, number>()
  for (const missing of gapsOf(rows)) {
    missing.forEach((column, i) => {
      lost.set(column, (lost.get(column) ?? 0) + 1)
      for (const other of missing.slice(0, i)) both.set(`${other},${column}`, (both.get(`${other},${column}`) ?? 0) + 1)
    })
  }
  for (const [column, count] of lost) {
    if (n - count >= LEAST_SHARE * n) continue
    throw new FitRefused(
      'missing',
      `feature "${names[column]}" is missing in ${count} of ${n} rows; expected it in at least half of them: give rows that have it, or leave it out`,
    )
  }
  for (const [i, column] of optional.entries()) {
    for (const other of optional.slice(0, i)) {
      const together = n - (lost.get(column) ?? 0) - (lost.get(other) ?? 0) + (both.get(`${other},${column}`) ?? 0)
      if (together >= LEAST_TOGETHER) continue
      throw new FitRefused(
        'missing',
        `features "${names[other]}" and "${names[column]}" are there together in ${together} rows, at least ${LEAST_TOGETHER} are needed to know how ` +
          'they go together: give rows that have both, or leave one out',
      )
    }
  }
}

/**
 * Learns how to fill the rows' gaps: expectation-maximisation for a Gaussian with values missing at random (Dempster, Laird and Rubin 1977),
 * under the shrinkage in use. Only the rows with gaps are gone through at each step.
 */
export async function learnGaps(
  rows: Rows,
  standardisation: Standardisation,
  shrinkage: Shrinkage,
  runner: MomentsRunner,
  matmul: MatMul,
): Promise<GapFiller | undefined> {
  if ((rows.optional ?? []).length === 0) return undefined
  const { whole, broken, weight } = split(rows)
  let whitening = independent(rows.n, standardisation)
  const known = await momentsOfRows(rows, whole, runner)
  if (broken.n === 0) return fillerFor(rows, whitening)
  for (let step = 0; step < MOST_STEPS; step++) {
    const guessed = await momentsOfRows(broken, broken.streams, runner, fillerFor(rows, whitening))
    const next = await fitWhitening(merge(known, times(guessed, weight)), standardisation, { shrinkage }, matmul)
    const moved = distance(whitening, next)
    whitening = next
    if (moved < SETTLED) break
  }
  return fillerFor(rows, whitening)
}

const distance = (one: Whitening, other: Whitening): number =>
  one.mean.reduce(
    (most, mean, j) => (one.scale[j] > 0 ? Math.max(most, Math.abs(other.mean[j] - mean) / one.scale[j]) : most),
    Math.abs(other.logDet - one.logDet) / one.d,
  )

/** As many rows alike. */
const times = ({ n, d, mean, scatter, cubic, quartic }: Moments, weight: number): Moments => ({
  n: n * weight,
  d,
  mean,
  scatter: scatter.map((value) => value * weight),
  cubic: cubic.map((value) => value * weight),
  quartic: quartic * weight,
})

/** Features that know nothing of each other: a gap is filled with the mean. */
export function independent(n: number, { mean, scale }: Standardisation): Whitening {
  const d = mean.length
  const identity = Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0))
  const active = Array.from(scale, (value) => value > 0)
  return {
    n,
    d,
    mean,
    scale,
    active,
    root: { d, lower: identity, inverse: identity },
    method: 'light',
    shrinkage: 0,
    ridge: 0,
    condition: 1,
    logDet: 0,
  }
}

/** Rows without a gap as ranges, and (some of) those with one, each of which stands for `weight`. */
function split(rows: Rows): { whole: Range[]; broken: Rows; weight: number } {
  const { n, d, store, optional = [] } = rows
  const whole: Range[] = []
  const gaps: number[] = []
  let from = 0
  let row = 0
  for (const missing of gapsOf(rows)) {
    if (missing.length > 0) {
      if (row > from) whole.push({ from, to: row })
      from = row + 1
      gaps.push(row)
    }
    row++
  }
  if (n > from) whole.push({ from, to: n })
  const kept = Math.min(gaps.length, MOST_ROWS)
  const memory = new RowMemory(allocate(store.dtype, kept * d), d)
  for (let i = 0; i < kept; i++) {
    const at = gaps[Math.floor((i * gaps.length) / kept)]
    memory.append(store.read(at, at + 1))
  }
  const broken = { n: kept, d, store: memory, streams: [{ from: 0, to: kept }], optional }
  return { whole, broken, weight: kept === 0 ? 1 : gaps.length / kept }
}

/** Of each row the columns that it lacks. */
function* gapsOf({ n, d, store, optional = [] }: Rows): Iterable<readonly number[]> {
  for (let from = 0; from < n; from += STEP_ROWS) {
    const count = Math.min(STEP_ROWS, n - from)
    const values = store.read(from, from + count)
    for (let i = 0; i < count; i++) yield optional.filter((column) => Number.isNaN(values[i * d + column]))
  }
}
