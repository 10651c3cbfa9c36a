import { farther } from './student-t.js'

/** How far a series jumps at a point, and the chance of so large a jump where there is none. */
export interface Jump {
  /** In the unit of the series, signed. */
  readonly effect: number
  readonly pValue: number
  /** Whether there is a jump, and no place fits better than the point. */
  readonly found: boolean
  /** Where there is one: on which side of the point a step fits the series better than at the point. */
  readonly elsewhere?: 'before' | 'after'
}

/** Below this chance a jump is called one. */
const LEVEL = 0.01

/** Fewer blocks than these cannot tell a jump from a trend. */
export const LEAST_BEFORE = 16
export const LEAST_AFTER = 8

/** A step so near the point counts as at the point, and none is looked for so near the ends. */
const NEAR = 2
const MARGIN = 4
/** From one place that is tried to the next: nearer ones hardly differ. */
const STRIDE = 2

/** The highest autocorrelation that is assumed of the residuals. */
const MOST_CORRELATED = 0.95

/**
 * Regression discontinuity in time: a straight line before the point and another one after it, each with its own slope, and the step
 * between them at the point; a trend that goes on, or bends there, is no jump. The residuals are taken to be AR(1): generalised least
 * squares (Prais and Winsten 1954), with the autocorrelation corrected for what fitting two lines takes away (Kendall 1954,
 * Marriott and Pope 1954), and as many degrees of freedom as independent residuals would have. A step shortly before the point bends
 * the line before it, and so looks like another one at the point: so other points are tried as well, for the one that fits best.
 * @param before at least `LEAST_BEFORE` values at equal distances, the last one half a step before the point
 * @param after at least `LEAST_AFTER`, the first one half a step after it
 */
export function jumpBetween(before: readonly number[], after: readonly number[]): Jump | undefined {
  if (before.length < LEAST_BEFORE || after.length < LEAST_AFTER) return undefined
  const y = Float64Array.of(...before, ...after)
  const rho = corrected(autocorrelation(step(design(before.length, y.length), y).residuals), y.length)
  const target = whitened(y, rho)
  const stepAt = (point: number) =>
    step(
      design(point, y.length).map((column) => whitened(column, rho)),
      target,
    )
  const { effect, weight, residuals } = stepAt(before.length)
  const left = dot(residuals, residuals)
  const variance = left / (y.length - 4)
  // A series without any noise: whatever steps it has are real.
  if (variance * weight < 1e-24) return Math.abs(effect) < 1e-9 ? { effect, pValue: 1, found: false } : { effect, pValue: 0, found: true }
  const independent = Math.max(3, ((y.length - 8) * (1 - rho)) / (1 + rho))
  const pValue = farther(effect / Math.sqrt(variance / weight), independent)
  if (pValue >= LEVEL) return { effect, pValue, found: false }
  const elsewhere = betterPlace(before.length, y.length, left, (point) => {
    const { residuals } = stepAt(point)
    return dot(residuals, residuals)
  })
  return elsewhere === undefined ? { effect, pValue, found: true } : { effect, pValue, found: false, elsewhere }
}

/** The side of the point on which a step leaves least unexplained, unless one at the point leaves less. */
function betterPlace(at: number, n: number, least: number, leftAt: (point: number) => number): Jump['elsewhere'] {
  let better: Jump['elsewhere']
  for (let point = MARGIN; point <= n - MARGIN; point += STRIDE) {
    if (Math.abs(point - at) <= NEAR) continue
    const left = leftAt(point)
    if (left >= least) continue
    least = left
    better = point < at ? 'before' : 'after'
  }
  return better
}

/** Level and slope before, change of the slope, and last the step. */
function design(before: number, n: number): Float64Array[] {
  const time = Float64Array.from({ length: n }, (_, i) => i - before + 0.5)
  const isAfter = time.map((t) => (t > 0 ? 1 : 0))
  return [time.map(() => 1), time, time.map((t) => Math.max(0, t)), isAfter]
}

/** Least squares by orthogonal columns: the last coefficient, the sum of squares that it rests on, and what is left of y. */
function step(columns: readonly Float64Array[], y: Float64Array): { effect: number; weight: number; residuals: Float64Array } {
  const orthogonal: Float64Array[] = []
  for (const column of columns) orthogonal.push(orthogonal.reduce(without, column))
  const last = orthogonal[orthogonal.length - 1]
  const weight = dot(last, last)
  return { effect: dot(last, y) / weight, weight, residuals: orthogonal.reduce(without, y) }
}

/** What is left of a vector beside a direction. */
function without(vector: Float64Array, direction: Float64Array): Float64Array {
  const share = dot(vector, direction) / dot(direction, direction)
  const left = new Float64Array(vector.length)
  for (let i = 0; i < vector.length; i++) left[i] = vector[i] - share * direction[i]
  return left
}

function autocorrelation(residuals: Float64Array): number {
  const variance = dot(residuals, residuals)
  return variance === 0 ? 0 : dot(residuals.subarray(1), residuals.subarray(0, -1)) / variance
}

/** Each of the two lines takes about (2 + 4 rho) over its share of n away. */
const corrected = (rho: number, n: number): number => Math.min(Math.max((n * rho + 4) / (n - 8), 0), MOST_CORRELATED)

/** Prais and Winsten's transformation: of AR(1) noise it leaves independent noise. */
function whitened(series: Float64Array, rho: number): Float64Array {
  const white = new Float64Array(series.length)
  white[0] = series[0] * Math.sqrt(1 - rho * rho)
  for (let i = 1; i < series.length; i++) white[i] = series[i] - rho * series[i - 1]
  return white
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
