import type { Bank, RecordDetector } from './detector.js'
import { kMeans } from './k-means.js'
import type { MatMul } from './matmul.js'
import { type Centres, centresFromFitted, centresToFitted, nearestCentre, nearestCentreGraph } from './nearest-centre.js'
import { shrinkageFor } from './shrinkage.js'
import { standardise } from './standardisation.js'
import { whitenRows } from './whitening.js'

const MOST = 32
const ROWS_PER_CLUSTER = 25

/**
 * Smallest squared Mahalanobis distance to one of up to 32 centres of the bank, with the covariance within clusters that all share (Lee et
 * al. 2018, with k-means in place of their labels). What it scores is the deviation from the nearest centre, and the shares are of that.
 */
export const clusters: RecordDetector = {
  name: 'clusters',
  title: 'Records far from every mode of a reference that has several, measured by the spread within modes.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening: { active }, bank }, matmul) => centresToFitted(await fitClusters(bank, active, matmul)),
  graph: (fitted, builder, { standardised }) => nearestCentreGraph(centresFromFitted(fitted), builder, standardised),
  score: (fitted, whitening, row) => nearestCentre(centresFromFitted(fitted), standardise(row, 1, whitening)).score,
  explain: (fitted, whitening, row) => nearestCentre(centresFromFitted(fitted), standardise(row, 1, whitening)).shares(),
}

const fitClusters = async ({ m, rows }: Bank, active: readonly boolean[], matmul: MatMul): Promise<Centres> => {
  const d = active.length
  const k = Math.max(1, Math.min(MOST, Math.floor(m / ROWS_PER_CLUSTER)))
  const { labels, centres } = await kMeans(rows, d, k, matmul)
  const deviations = rows.map((value, at) => value - centres[labels[Math.floor(at / d)] * d + (at % d)])
  const standardisation = { mean: new Float64Array(d), scale: Float64Array.from(active, (varies) => (varies ? 1 : 0)) }
  const varying = active.filter(Boolean).length
  return { k, centres, within: await whitenRows(deviations, standardisation, { shrinkage: shrinkageFor(m, varying) }, matmul) }
}
