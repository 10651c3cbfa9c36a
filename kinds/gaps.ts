import { chiSquareMatch } from '../calibration/chi-square.js'
import type { FeatureShare } from '../detectors/detector.js'
import { dot } from '../detectors/linalg.js'
import { normals } from '../detectors/random.js'
import { inverseTimes, transposedInverseTimes } from '../detectors/root.js'
import { CLIP } from '../detectors/standardisation.js'
import type { Whitening } from '../detectors/whitening.js'

type Values = Float32Array | Float64Array

/** Which columns a record lacks, and what the others tell of them. */
export interface Gap {
  /** Indices of the columns, rising. */
  readonly missing: readonly number[]
  /** Those of them that vary in the reference, and k x k, row-major, their covariance given the observed ones (standardised units). */
  readonly varying: readonly number[]
  readonly covariance: Float64Array
}

interface Pattern extends Gap {
  /** k x d: what the missing columns are expected to be for each unit of the others. */
  readonly weights: Float64Array
  /** k x k lower triangle L, covariance = L L^T. */
  readonly lower: Float64Array
  /** A squared distance over the observed columns alone, as the one over all columns that is as rare. */
  readonly level: (squared: number) => number
}

/** Patterns that are kept: one takes missing x columns numbers. */
const MOST_PATTERNS = 256

/**
 * Fills the columns that a record lacks from those that it has, under the Gaussian of the whitening.
 *
 * With precision matrix P and the missing columns r away from their expectation given the others, D² = D²_observed + r^T P_mm r. So
 * rows filled with the expectation (r = 0) have the marginal D² exactly; and r can be chosen so that D² is any larger value.
 */
export class GapFiller {
  readonly #patterns = new Map<string, Pattern>()
  readonly #precision = new Map<number, Float64Array>()
  readonly #levels = new Map<number, (squared: number) => number>()
  readonly #active: number
  /** The row in hand, standardised and filled. */
  readonly #row: Float64Array

  /** @param optional indices of the columns that a record may lack, rising */
  constructor(
    private readonly whitening: Pick<Whitening, 'd' | 'mean' | 'scale' | 'active' | 'root'>,
    private readonly optional: readonly number[],
  ) {
    this.#active = whitening.active.filter(Boolean).length
    this.#row = new Float64Array(whitening.d)
  }

  /** Fills the row of d values at `at`, where they are NaN, with what is expected; undefined when it lacks nothing. */
  expect(values: Values, at: number): Gap | undefined {
    if (!this.#lacks(values, at)) return undefined
    const pattern = this.#expected(values, at)
    this.#write(values, at, pattern)
    return pattern
  }

  /**
   * Fills the row so that it is as rare as what it has: D² becomes the value that a whole row exceeds as rarely as `D²_observed` is
   * exceeded by the observed columns (chi-squares of as many degrees of freedom). The way r into which that takes the missing columns is
   * drawn from `seed`, alike in all whitened directions: completed Gaussian rows then have the mean and the covariance of whole ones, so
   * that whatever looks at whole rows, or at windows of them, can look at these.
   */
  complete(values: Values, at: number, seed: number): Gap | undefined {
    if (!this.#lacks(values, at)) return undefined
    const pattern = this.#expected(values, at)
    const { varying, lower, level } = pattern
    const k = varying.length
    const squared = this.#squaredLength()
    const way = direction(k, seed)
    const length = Math.sqrt(Math.max(0, level(squared) - squared))
    for (let i = 0; i < k; i++) for (let l = 0; l <= i; l++) this.#row[varying[i]] += lower[i * k + l] * way[l] * length
    this.#write(values, at, pattern)
    return pattern
  }

  #lacks(values: Values, at: number): boolean {
    for (let i = 0; i < this.optional.length; i++) if (Number.isNaN(values[at + this.optional[i]])) return true
    return false
  }

  #expected(values: Values, at: number): Pattern {
    const { d, mean, scale, active } = this.whitening
    const row = this.#row
    const missing: number[] = []
    for (const column of this.optional) if (Number.isNaN(values[at + column])) missing.push(column)
    const pattern = this.#pattern(missing)
    for (let j = 0; j < d; j++) row[j] = active[j] ? Math.max(-CLIP, Math.min(CLIP, (values[at + j] - mean[j]) / scale[j])) : 0
    for (const column of missing) row[column] = 0
    const { varying, weights } = pattern
    const expected = varying.map((_, i) => {
      let sum = 0
      for (let j = 0; j < d; j++) sum += weights[i * d + j] * row[j]
      return sum
    })
    for (const [i, column] of varying.entries()) row[column] = expected[i]
    return pattern
  }

  #write(values: Values, at: number, { missing }: Pattern): void {
    const { mean, scale } = this.whitening
    for (const column of missing) values[at + column] = mean[column] + scale[column] * this.#row[column]
  }

  /** |W u|² of the row in hand. */
  #squaredLength(): number {
    const z = inverseTimes(this.whitening.root, this.#row)
    return dot(z, z)
  }

  /** The least recently used one gives way. */
  #pattern(missing: readonly number[]): Pattern {
    const key = missing.join()
    const known = this.#patterns.get(key)
    const pattern = known ?? this.#regress(missing)
    this.#patterns.delete(key)
    this.#patterns.set(key, pattern)
    const [oldest] = this.#patterns.size > MOST_PATTERNS ? this.#patterns.keys() : []
    if (oldest !== undefined) this.#patterns.delete(oldest)
    return pattern
  }

  /** E[u_m | u_o] = -P_mm^-1 P_mo u_o, with covariance P_mm^-1. */
  #regress(missing: readonly number[]): Pattern {
    const { d, active } = this.whitening
    const varying = missing.filter((column) => active[column])
    const k = varying.length
    const rows = varying.map((column) => this.#precisionRow(column))
    const within = Float64Array.from({ length: k * k }, (_, at) => rows[Math.floor(at / k)][varying[at % k]])
    const covariance = inverseOf(within, k)
    const weights = new Float64Array(k * d)
    for (let i = 0; i < k; i++)
      for (let l = 0; l < k; l++) for (let j = 0; j < d; j++) weights[i * d + j] -= covariance[i * k + l] * rows[l][j]
    for (const column of varying) for (let i = 0; i < k; i++) weights[i * d + column] = 0
    return { missing, varying, covariance, weights, lower: cholesky(covariance, k), level: this.#level(this.#active - k) }
  }

  /** Row j of P = W^T W. */
  #precisionRow(j: number): Float64Array {
    const known = this.#precision.get(j)
    if (known !== undefined) return known
    const { d, root } = this.whitening
    const unit = new Float64Array(d)
    unit[j] = 1
    const row = transposedInverseTimes(root, inverseTimes(root, unit))
    this.#precision.set(j, row)
    return row
  }

  #level(observed: number): (squared: number) => number {
    const known = this.#levels.get(observed)
    if (known !== undefined) return known
    const level = chiSquareMatch(observed, this.#active)
    this.#levels.set(observed, level)
    return level
  }
}

/** L of a positive definite k x k matrix L L^T. */
function cholesky(matrix: Float64Array, k: number): Float64Array {
  const lower = new Float64Array(k * k)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * k + j]
      for (let l = 0; l < j; l++) sum -= lower[i * k + l] * lower[j * k + l]
      lower[i * k + j] = i === j ? Math.sqrt(sum) : sum / lower[j * k + j]
    }
  }
  return lower
}

function inverseOf(matrix: Float64Array, k: number): Float64Array {
  const lower = cholesky(matrix, k)
  const inverse = new Float64Array(k * k)
  for (let column = 0; column < k; column++) {
    const solved = new Float64Array(k)
    for (let i = 0; i < k; i++) {
      let sum = i === column ? 1 : 0
      for (let l = 0; l < i; l++) sum -= lower[i * k + l] * solved[l]
      solved[i] = sum / lower[i * k + i]
    }
    for (let i = k - 1; i >= 0; i--) {
      let sum = solved[i]
      for (let l = i + 1; l < k; l++) sum -= lower[l * k + i] * inverse[l * k + column]
      inverse[i * k + column] = sum / lower[i * k + i]
    }
  }
  return inverse
}

/** A direction in k dimensions, none more likely than another, as a vector of length 1. */
function direction(k: number, seed: number): Float64Array {
  const normal = normals(mixed(seed))
  const way = new Float64Array(k)
  let squared = 0
  for (let i = 0; i < k; i++) {
    way[i] = normal()
    squared += way[i] * way[i]
  }
  const length = Math.sqrt(squared)
  return length === 0 ? way : way.map((value) => value / length)
}

/** Neighbouring numbers far apart (the finaliser of MurmurHash3). */
function mixed(seed: number): number {
  let bits = Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * Shares of a score without the columns that are missing, for nothing that is not there is a cause. What those had goes to the others in proportion to their size, so that the shares sum to the score still.
 */
export function observedShares(shares: readonly FeatureShare[], { missing }: Gap, score: number): FeatureShare[] {
  const kept = shares.filter(({ index }) => !missing.includes(index))
  const sum = kept.reduce((total, { share }) => total + share, 0)
  const size = kept.reduce((total, { share }) => total + Math.abs(share), 0)
  return size === 0 ? kept : kept.map((one) => ({ ...one, share: one.share + ((score - sum) * Math.abs(one.share)) / size }))
}
