import { countedClusters } from './cluster-count.js'
import type { FeatureShare, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { extremeDirections } from './directions.js'
import { closest, halfNorms } from './k-means.js'
import { dot, factorise, lowerTimes, transposedLowerTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { GraphBuilder } from './onnx-graph.js'
import { rootTimes, rowsTimesRoot, rowsTimesTransposedInverse, transposedInverseTimes } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Numbers that a row may take. */
const MOST_NUMBERS = 256
/** Rows of the bank for each direction: with fewer, the covariance within clusters would be too small along some. */
const ROWS_PER_DIRECTION = 10
/** Whitened values beyond it count as it, as in `covariance`. */
const LIMIT = 50
/** Part of the identity in the covariance within clusters: where clusters explain a direction, hardly any is left in it. */
const RIDGE = 1e-3
/**
 * Records of the reference that are mixed into a cluster's: one with few tells little about its mean, and its T^2 is mostly noise. Of 0, 8,
 * 16 and 64 the best on the drifts of `npm run bench -- power`, in windows of 16, 64 and 256 records.
 */
const PRIOR = 8
const FLOAT = 1

/**
 * Have the records of any one situation moved, whatever the mix of situations? The bank's rows are sorted into k clusters; a window's
 * records are, too, each to the nearest. Of each cluster's n_c of them: Hotelling's T^2 of their mean against the b_c rows of the bank
 * that are in it, n_c b_c / (n_c + b_c) (mean - mean_c)^T S^-1 (mean - mean_c), S the covariance within clusters. What it exceeds
 * its r directions by, which is what T^2 is on average, counts by n_c / (8 + n_c): a cluster with few records is shrunk towards the
 * reference, and one without adds nothing. The score is the sum over clusters, so that the mix does not move it.
 * After UnMix-TNS (Tomar et al. 2024), whose statistics of a batch are unmixed into those of k components in the same way.
 *
 * A feature's share of a T^2 is as that of `hotelling`; what is left of the directions is spread evenly.
 */
export const mixture: WindowDetector = {
  name: 'mixture',
  title: 'Windows in which the records of a situation have moved, however the mix of usual situations changes.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank: { m, rows } }, matmul) => {
    const { d, root } = whitening
    const { k, centres, labels } = await countedClusters(rows, d, matmul)
    const most = Math.min(Math.floor(MOST_NUMBERS / k) - 1, Math.floor(m / ROWS_PER_DIRECTION))
    const basis = await extremeDirections(whitening, Math.max(1, most), matmul)
    const r = basis.length / d
    const whitened = await rowsTimesTransposedInverse(root, rows, matmul)
    const coordinates = (await matmul(whitened, transpose(basis, r, d), m, d, r)).map(clip)
    const counts = Float64Array.from({ length: k }, (_, c) => labels.filter((cluster) => cluster === c).length)
    const means = new Float64Array(k * r)
    labels.forEach((c, i) => {
      for (let q = 0; q < r; q++) means[c * r + q] += coordinates[i * r + q] / counts[c]
    })
    const deviations = coordinates.map((value, at) => value - means[labels[Math.floor(at / r)] * r + (at % r)])
    const tensors = {
      // Rows' products with centres are z . (L^T c).
      centres: { shape: [k, d], data: await rowsTimesRoot(root, centres, matmul) },
      offsets: { shape: [k], data: halfNorms(centres, d) },
      basis: { shape: [r, d], data: basis },
      counts: { shape: [k], data: counts },
      means: { shape: [k, r], data: means },
      within: { shape: [r, r], data: await inverseFactor(deviations, m, r, matmul) },
    }
    return { scalars: { prior: PRIOR }, tensors }
  },
  statistics: (fitted) => sortedCoordinates(modelOf(fitted)),
  score: (fitted, sums) => parts(modelOf(fitted), sums).reduce((sum, { score }) => sum + score, 0),
  explain: (fitted, whitening, sums) => explain(modelOf(fitted), whitening, sums),
}

interface Mixture {
  readonly prior: number
  readonly k: number
  readonly d: number
  readonly r: number
  readonly centres: Float64Array
  readonly offsets: Float64Array
  readonly basis: Float64Array
  readonly counts: Float64Array
  readonly means: Float64Array
  /** Inverse of the Cholesky factor of the covariance within clusters. */
  readonly within: Float64Array
}

const modelOf = ({ scalars, tensors }: Fitted): Mixture => {
  const [k = 0, d = 0] = tensors.centres?.shape ?? []
  const r = tensors.basis?.shape[0] ?? 0
  return {
    prior: scalarNumber(scalars, 'prior'),
    k,
    d,
    r,
    centres: tensorData(tensors, 'centres', k * d),
    offsets: tensorData(tensors, 'offsets', k),
    basis: tensorData(tensors, 'basis', r * d),
    counts: tensorData(tensors, 'counts', k),
    means: tensorData(tensors, 'means', k * r),
    within: tensorData(tensors, 'within', r * r),
  }
}

const clip = (value: number): number => Math.max(-LIMIT, Math.min(LIMIT, value))

const inverseFactor = async (deviations: Float64Array, m: number, r: number, matmul: MatMul): Promise<Float64Array> => {
  const covariance = (await matmul(transpose(deviations, m, r), deviations, r, m, r)).map((sum) => sum / m)
  for (let q = 0; q < r; q++) covariance[q * r + q] += RIDGE
  const factor = await factorise(covariance, r, matmul)
  if (factor === undefined) throw new Error('mixture: the covariance within clusters is not positive definite')
  return factor.inverse
}

/** Per cluster: 1 if the row is nearest to it, and then the row's coordinates; 0 of the others. */
const sortedCoordinates = ({ k, d, r, centres, offsets, basis }: Mixture): RowStatistics => ({
  width: k * (1 + r),
  graph: (builder: GraphBuilder, { whitened }: GraphInputs) => {
    const int = (value: number) => BigInt64Array.of(BigInt(value))
    const constant = (shape: readonly number[], values: Float64Array) => builder.constant(shape, Float32Array.from(values))
    const closeness = builder.node(
      'Gemm',
      [
        whitened,
        constant([k, d], centres),
        constant(
          [k],
          offsets.map((half) => -half),
        ),
      ],
      { transB: 1 },
    )
    const nearest = builder.node('ArgMax', [closeness], { axis: 1, keepdims: 1 })
    const clusters = builder.constant(
      [k],
      BigInt64Array.from({ length: k }, (_, c) => BigInt(c)),
    )
    const belongs = builder.node('Cast', [builder.node('Equal', [nearest, clusters])], { to: FLOAT })
    const limits = [-LIMIT, LIMIT].map((limit) => constant([], Float64Array.of(limit)))
    const coordinates = builder.node('Clip', [builder.node('Gemm', [whitened, constant([r, d], basis)], { transB: 1 }), ...limits])
    const axis = (index: number) => builder.constant([1], int(index))
    const sorted = builder.node('Mul', [builder.node('Unsqueeze', [belongs, axis(2)]), builder.node('Unsqueeze', [coordinates, axis(1)])])
    const flat = builder.node('Reshape', [sorted, builder.constant([2], BigInt64Array.of(0n, BigInt(k * r)))])
    return builder.node('Concat', [belongs, flat], { axis: 1 })
  },
  of: (z) => {
    const products = Float64Array.from({ length: k }, (_, c) => dot(centres.subarray(c * d, (c + 1) * d), z))
    const cluster = closest(products, offsets)
    const statistics = new Float64Array(k * (1 + r))
    statistics[cluster] = 1
    for (let q = 0; q < r; q++) statistics[k + cluster * r + q] = clip(dot(basis.subarray(q * d, (q + 1) * d), z))
    return statistics
  },
})

interface Part {
  readonly score: number
  /** r, of the mean of the cluster's records from its mean in the bank; undefined where it has none. */
  readonly moved: Float64Array | undefined
  /** What |moved|^2 is multiplied by: n b / (n + b), times the part that is not shrunk. */
  readonly weight: number
  /** What is left of the directions. */
  readonly rest: number
}

/** What each cluster adds to the score. */
const parts = ({ prior, k, r, counts, means, within }: Mixture, { own }: WindowSums): Part[] =>
  Array.from({ length: k }, (_, c) => {
    const n = own[c]
    const part = n / (prior + n)
    const weight = (part * n * counts[c]) / (n + counts[c])
    const rest = (1 - part) * r
    if (!(weight > 0)) return { score: r, moved: undefined, weight: 0, rest: r }
    const moved = Float64Array.from({ length: r }, (_, q) => own[k + c * r + q] / n - means[c * r + q])
    const lengths = lowerTimes(within, moved, r)
    return { score: rest + weight * dot(lengths, lengths), moved, weight, rest }
  })

const explain = (mixture: Mixture, { root }: Whitening, sums: WindowSums): FeatureShare[] => {
  const { d, r, basis, within } = mixture
  const shares = new Float64Array(d)
  for (const { moved, weight, rest } of parts(mixture, sums)) {
    for (let j = 0; j < d; j++) shares[j] += rest / d
    if (moved === undefined) continue
    const shift = rootTimes(root, spanned(basis, moved, d))
    const pull = transposedInverseTimes(root, spanned(basis, transposedLowerTimes(within, lowerTimes(within, moved, r), r), d))
    for (let j = 0; j < d; j++) shares[j] += weight * shift[j] * pull[j]
  }
  return Array.from(rootTimes(root, sums.z), (sum, index) => ({ index, share: shares[index], sigma: sum / sums.m }))
}

/** The vector of d with these coordinates along the rows of the basis. */
const spanned = (basis: Float64Array, coordinates: Float64Array, d: number): Float64Array => {
  const vector = new Float64Array(d)
  coordinates.forEach((value, q) => {
    for (let j = 0; j < d; j++) vector[j] += value * basis[q * d + j]
  })
  return vector
}
