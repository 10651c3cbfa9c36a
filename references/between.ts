import { conformalP } from '../calibration/p-value.js'
import { disagreementsOf } from '../calibration/self-test.js'
import { gaussian } from '../detectors/gaussian.js'
import type { MatMul } from '../detectors/matmul.js'
import { inverseTimes, rowsTimesTransposedInverse } from '../detectors/root.js'
import type { Whitening } from '../detectors/whitening.js'
import type { Named } from './mergeable.js'
import { restandardise } from './pooled.js'
import type { Reference, SelfTest } from './reference.js'

/** Do two references agree? As the halves of one do (calibration/self-test.ts), by what they kept. */
export interface Comparison {
  readonly between: readonly [string, string]
  /** Largest difference of the means along a whitened coordinate of the merged reference, in sigma. */
  readonly s1: number
  /** Share of one's bank above the other's held-out 95 % point of D², over 5 %: the larger of both directions. Undefined without banks. */
  readonly s2: number | undefined
  /** The feature whose mean differs most. */
  readonly worstFeature: string
  readonly passed: boolean
}

const HELD_OUT_SHARE = 0.05

/** Every pair of parts. */
export async function compareParts(parts: readonly Named[], merged: Whitening, matmul: MatMul): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  for (const [i, a] of parts.entries()) for (const b of parts.slice(i + 1)) comparisons.push(await compare(a, b, merged, matmul))
  return comparisons
}

async function compare(a: Named, b: Named, { scale, root }: Whitening, matmul: MatMul): Promise<Comparison> {
  const [first, second] = [a.reference, b.reference]
  const shift = scale.map((value, j) => (value > 0 ? (first.whitening.mean[j] - second.whitening.mean[j]) / value : 0))
  const s1 = inverseTimes(root, shift).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = shift.reduce((most, value, j) => (Math.abs(value) > Math.abs(shift[most]) ? j : most), 0)
  const excesses = [await excess(first, second, matmul), await excess(second, first, matmul)].filter((one) => one !== undefined)
  const s2 = excesses.length === 0 ? undefined : Math.max(...excesses)
  return {
    between: [a.name, b.name],
    s1,
    s2,
    worstFeature: first.features[worst],
    passed: disagreementsOf({ s1, s2: s2 ?? 1, s3: 0 }).length === 0,
  }
}

/** The rows that one reference kept, scored by the other. */
async function excess({ whitening, bank }: Reference, other: Reference, matmul: MatMul): Promise<number | undefined> {
  const held = other.calibration.quantiles[gaussian.name]
  if (bank === undefined || held === undefined) return undefined
  const { d, root } = other.whitening
  const { m, rows } = restandardise(bank, whitening, other.whitening)
  const z = await rowsTimesTransposedInverse(root, rows, matmul)
  const p = conformalP(held, other.calibration.evaluations[gaussian.name])
  let above = 0
  for (let i = 0; i < m; i++) {
    const squared = z.subarray(i * d, (i + 1) * d).reduce((sum, value) => sum + value * value, 0)
    if (p(squared) <= HELD_OUT_SHARE) above++
  }
  return above / m / HELD_OUT_SHARE
}

/**
 * The self-test of a merged reference: the worst that was found in any part and between any two. Windows are compared only within the
 * parts (s3): references keep no order of rows.
 */
export function mergedSelfTest(parts: readonly Reference[], comparisons: readonly Comparison[]): SelfTest {
  const found = [...parts.map(({ selfTest }) => selfTest), ...comparisons]
  const farthest = found.reduce((worst, one) => (one.s1 > worst.s1 ? one : worst))
  const ratios = found.flatMap(({ s2 }) => (s2 === undefined ? [] : [s2]))
  const distance = (ratio: number) => Math.abs(Math.log(Math.max(ratio, Number.MIN_VALUE)))
  return {
    s1: farthest.s1,
    s2: ratios.reduce((worst, one) => (distance(one) > distance(worst) ? one : worst)),
    s3: Math.max(...parts.map(({ selfTest }) => selfTest.s3)),
    passed: found.every(({ passed }) => passed),
    worstFeature: farthest.worstFeature,
  }
}
