import { type Clusters, kMeans } from './k-means.js'
import type { MatMul } from './matmul.js'

const MOST = 8
/** Seeds that are tried: k-means ends where it began, if that was bad. */
const SEEDS = [1, 2, 3, 4]
/** Rows, evenly taken, among which the number of clusters is chosen. */
const THINNED = 500

/**
 * Clusters of m rows (m x d) by k-means, 2 to 8 of them, as many as the ratio of Calinski and Harabasz (1974) prefers: rows of one heap are
 * cut through it. One cluster where there are fewer than 4 rows. The same for the same rows.
 */
export const countedClusters = async (rows: Float64Array, d: number, matmul: MatMul): Promise<Clusters & { readonly k: number }> => {
  const step = Math.ceil(rows.length / d / THINNED)
  const thinned = step === 1 ? rows : rows.filter((_, at) => Math.floor(at / d) % step === 0)
  const m = thinned.length / d
  const { spread } = await tightest(thinned, d, 1, matmul)
  let best = { k: 1, ratio: Number.NEGATIVE_INFINITY }
  for (let k = 2; k <= Math.min(MOST, m >> 1); k++) {
    const { spread: rest } = await tightest(thinned, d, k, matmul)
    const ratio = (spread - rest) / (k - 1) / Math.max(rest / (m - k), Number.MIN_VALUE)
    if (ratio > best.ratio) best = { k, ratio }
  }
  return { k: best.k, ...(await tightest(rows, d, best.k, matmul)).clusters }
}

/** Of some seeds the k clusters whose rows lie closest to their centres, and the sum of those squared distances. */
const tightest = async (rows: Float64Array, d: number, k: number, matmul: MatMul): Promise<{ clusters: Clusters; spread: number }> => {
  const found = await Promise.all(
    SEEDS.map(async (seed) => {
      const clusters = await kMeans(rows, d, k, matmul, seed)
      return { clusters, spread: spreadOf(rows, d, clusters) }
    }),
  )
  return found.reduce((best, one) => (one.spread < best.spread ? one : best))
}

const spreadOf = (rows: Float64Array, d: number, { labels, centres }: Clusters): number =>
  rows.reduce((sum, value, at) => sum + (value - centres[labels[Math.floor(at / d)] * d + (at % d)]) ** 2, 0)
