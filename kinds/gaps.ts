import { chiSquareMatch } from '../calibration/chi-square.js'
import type { FeatureShare, RecordDetector } from '../detectors/detector.js'
import { CLIP } from '../detectors/standardisation.js'
import type { Whitening } from '../detectors/whitening.js'

type Values = Float32Array | Float64Array

/** Which columns a record lacks, and what follows from it. */
export interface Gap {
  /** Indices of the columns, rising. */
  readonly missing: readonly number[]
  /** Those of them that vary in the reference, and k x k, row-major, their covariance given the observed ones (standardised units). */
  readonly varying: readonly number[]
  readonly covariance: Float64Array
  /** A squared distance that rests on the observed columns alone, as the one that is as rare where nothing is missing. */
  readonly level: (score: number) => number
}

/** k x d: what the missing columns are expected to be for each unit of the others. */
interface Regression extends Gap {
  readonly weights: Float64Array
}

/** Regressions that are kept: one takes missing x columns numbers. */
const MOST_PATTERNS = 256

/**
 * Fills the columns that a record lacks with their expectation given those that it has, under the Gaussian of the whitening. D² of the
 * filled row is D² of the observed columns exactly: with precision matrix P and residual r of the missing ones, D² = D²_observed +
 * r^T P_mm r, and here r = 0. So whatever scores whole rows scores these.
 */
export class GapFiller {
  readonly #patterns = new Map<string, Regression>()
  readonly #precision = new Map<number, Float64Array>()
  readonly #levels = new Map<number, (score: number) => number>()
  readonly #active: number

  /** @param optional indices of the columns that a record may lack, rising */
  constructor(
    private readonly whitening: Pick<Whitening, 'd' | 'mean' | 'scale' | 'active' | 'inverse'>,
    private readonly optional: readonly number[],
  ) {
    this.#active = whitening.active.filter(Boolean).length
  }

  /** Fills the row of d values at `at` where they are NaN; undefined when it lacks nothing. */
  fill(values: Values, at: number): Gap | undefined {
    for (const column of this.optional) if (Number.isNaN(values[at + column])) return this.#fill(values, at)
    return undefined
  }

  #fill(values: Values, at: number): Gap {
    const { d, mean, scale, active } = this.whitening
    const missing = this.optional.filter((column) => Number.isNaN(values[at + column]))
    const regression = this.#regression(missing)
    const { varying, weights } = regression
    const standardised = Float64Array.from({ length: d }, (_, j) => {
      const value = (values[at + j] - mean[j]) / scale[j]
      return active[j] && !Number.isNaN(value) ? Math.max(-CLIP, Math.min(CLIP, value)) : 0
    })
    for (const column of missing) values[at + column] = mean[column]
    varying.forEach((column, i) => {
      let expected = 0
      for (let j = 0; j < d; j++) expected += weights[i * d + j] * standardised[j]
      values[at + column] = mean[column] + scale[column] * expected
    })
    return regression
  }

  /** The least recently used one gives way. */
  #regression(missing: readonly number[]): Regression {
    const key = missing.join()
    const known = this.#patterns.get(key)
    const regression = known ?? this.#regress(missing)
    this.#patterns.delete(key)
    this.#patterns.set(key, regression)
    if (this.#patterns.size > MOST_PATTERNS) for (const oldest of this.#patterns.keys()) return this.#forget(oldest, regression)
    return regression
  }

  #forget(key: string, kept: Regression): Regression {
    this.#patterns.delete(key)
    return kept
  }

  /** E[u_m | u_o] = -P_mm^-1 P_mo u_o, with covariance P_mm^-1. */
  #regress(missing: readonly number[]): Regression {
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
    return { missing, varying, covariance, weights, level: this.#level(this.#active - k) }
  }

  /** Row j of P = W^T W. */
  #precisionRow(j: number): Float64Array {
    const known = this.#precision.get(j)
    if (known !== undefined) return known
    const { d, inverse } = this.whitening
    const row = new Float64Array(d)
    for (let i = j; i < d; i++) for (let l = 0; l <= i; l++) row[l] += inverse[i * d + j] * inverse[i * d + l]
    this.#precision.set(j, row)
    return row
  }

  #level(observed: number): (score: number) => number {
    const known = this.#levels.get(observed)
    if (known !== undefined) return known
    const level = chiSquareMatch(observed, this.#active)
    this.#levels.set(observed, level)
    return level
  }
}

/** Of a positive definite k x k matrix, by Cholesky. */
function inverseOf(matrix: Float64Array, k: number): Float64Array {
  const lower = new Float64Array(k * k)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * k + j]
      for (let l = 0; l < j; l++) sum -= lower[i * k + l] * lower[j * k + l]
      lower[i * k + j] = i === j ? Math.sqrt(sum) : sum / lower[j * k + j]
    }
  }
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

/** The score of a filled row, comparable with that of a whole one as far as the detector allows it. */
export const levelled = ({ chiSquared }: Pick<RecordDetector, 'chiSquared'>, score: number, { level }: Gap): number =>
  chiSquared === true ? level(score) : score

/**
 * Shares of a score without the columns that are missing, for nothing that is not there is a cause. What those had, and what levelling
 * has added, goes to the others in proportion to their size, so that the shares sum to the score still.
 */
export function observedShares(shares: readonly FeatureShare[], { missing }: Gap, score: number): FeatureShare[] {
  const kept = shares.filter(({ index }) => !missing.includes(index))
  const sum = kept.reduce((total, { share }) => total + share, 0)
  const size = kept.reduce((total, { share }) => total + Math.abs(share), 0)
  return size === 0 ? kept : kept.map((one) => ({ ...one, share: one.share + ((score - sum) * Math.abs(one.share)) / size }))
}
