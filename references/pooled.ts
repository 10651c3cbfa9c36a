import type { Bank } from '../detectors/detector.js'
import type { MatMul } from '../detectors/matmul.js'
import { type Moments, merge } from '../detectors/moments.js'
import { packedLength } from '../detectors/packed.js'
import { covarianceOf } from '../detectors/root.js'
import { CLIP, type ColumnStats, mergeColumnStats, type Standardisation, standardisationOf } from '../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../detectors/whitening.js'

/** Centre and scale of the rows of all parts together. @throws Error when a variance is not finite */
export const pooledStandardisation = (parts: readonly Whitening[]): Standardisation =>
  standardisationOf(parts.map(columnStatsOf).reduce(mergeColumnStats))

const columnStatsOf = ({ n, d, mean, scale }: Whitening): ColumnStats => ({
  n,
  d,
  mean,
  squares: scale.map((value) => value * value * (n - 1)),
})

/**
 * The moments of all rows, standardised together, without `cubic` and `quartic`: sums over squares of several features do not follow
 * when each feature gets another scale. Mean and scatter do, exactly.
 */
export async function pooledMoments(parts: readonly Whitening[], standardisation: Standardisation, matmul: MatMul): Promise<Moments> {
  const moments: Moments[] = []
  for (const part of parts) moments.push(await momentsUnder(part, standardisation, matmul))
  return moments.reduce(merge)
}

/** The moments of a part's rows under another standardisation. */
async function momentsUnder(part: Whitening, { mean, scale }: Standardisation, matmul: MatMul): Promise<Moments> {
  const { n, d } = part
  const ratio = scale.map((value, j) => (value > 0 ? part.scale[j] / value : 0))
  const scatter = await scatterOf(part, matmul)
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++, at++) scatter[at] *= ratio[i] * ratio[j]
  return {
    n,
    d,
    mean: scale.map((value, j) => (value > 0 ? (part.mean[j] - mean[j]) / value : 0)),
    scatter,
    cubic: new Float64Array(d).fill(Number.NaN),
    quartic: Number.NaN,
  }
}

/**
 * The scatter of a part's own standardised rows, packed: the whitening holds L L^T = (1 - s) E + s mu I, with mu = tr E / d = tr L L^T / d,
 * so that the covariance E before shrinkage follows from it for any s < 1. (Of a single feature E is mu, whatever s.)
 */
async function scatterOf({ n, d, root, active, shrinkage }: Whitening, matmul: MatMul): Promise<Float64Array> {
  const shrunk = await covarianceOf(root, matmul)
  const columns = [...active.keys()].filter((j) => active[j])
  const target = columns.reduce((trace, j) => trace + shrunk[j * d + j], 0) / columns.length
  const stretch = shrinkage < 1 ? 1 / (1 - shrinkage) : 0
  const scatter = new Float64Array(packedLength(d))
  for (const i of columns) {
    for (const j of columns.filter((column) => column <= i)) {
      const centre = i === j ? target : 0
      scatter[packedLength(i) + j] = n * (centre + stretch * (shrunk[i * d + j] - centre))
    }
  }
  return scatter
}

/**
 * The whitening of all rows. Light and OAS shrinkage follow from the scatter and n: with them it is the one that a fit of all rows gives,
 * but for rounding. Ledoit and Wolf's amount does not: it is the mean of the parts' amounts, weighted with their rows.
 */
export async function pooledWhitening(
  parts: readonly Whitening[],
  moments: Moments,
  standardisation: Standardisation,
  matmul: MatMul,
): Promise<Whitening> {
  const [{ method }] = parts
  const amount = parts.reduce((sum, { n, shrinkage }) => sum + n * shrinkage, 0) / moments.n
  return fitWhitening(moments, standardisation, { shrinkage: method, amount: method === 'ledoit-wolf' ? amount : undefined }, matmul)
}

/** Rows of a bank that were standardised in one way as they are in another. */
export const restandardise = ({ m, rows }: Bank, from: Standardisation, to: Standardisation): Bank => {
  const d = from.mean.length
  return {
    m,
    rows: rows.map((value, at) => {
      const j = at % d
      if (to.scale[j] === 0) return 0
      return Math.max(-CLIP, Math.min(CLIP, (value * from.scale[j] + from.mean[j] - to.mean[j]) / to.scale[j]))
    }),
  }
}
