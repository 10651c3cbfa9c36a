import type { ClassMoments } from './labels.js'
import { dot } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { Moments } from './moments.js'
import { type Centres, whitenedCentres } from './nearest-centre.js'
import { inverseTimes, rowsTimesTransposedInverse } from './root.js'
import { sampleMoments } from './sample-moments.js'
import { shrinkageFor } from './shrinkage.js'
import { fitWhitening, type Whitening } from './whitening.js'

/**
 * A row is mislabelled when its features are e^4.5, some 90 times as likely under another label as under its own: squared distances that
 * differ by 9. Between two classes of one covariance at most one right label in 740 looks so.
 */
const MISLABELLED = 9

/** Centres of classes; `classes` tells the class of each. */
export interface ClassCentres extends Centres {
  readonly classes: readonly number[]
}

/**
 * Means of the classes that have rows, and the covariance within classes. The mean of a class of n rows is pulled towards that of all by
 * 1 / (1 + n b), b the mean square in which class means differ, in variances within classes, less what chance adds (empirical Bayes): the
 * long tail of small classes gains, large ones stay.
 */
export const classCentres = async (
  { centres: centredAt, n, sums, moments }: ClassMoments,
  active: readonly boolean[],
  matmul: MatMul,
): Promise<ClassCentres> => {
  const d = active.length
  const classes = [...n.keys()].filter((c) => n[c] > 0)
  const offsets = classes.map((c) => sums.slice(c * d, (c + 1) * d).map((sum) => sum / n[c]))
  const standardisation = { mean: new Float64Array(d), scale: Float64Array.from(active, (varies) => (varies ? 1 : 0)) }
  const varying = active.filter(Boolean).length
  const inside = withoutBetween(
    moments,
    offsets,
    classes.map((c) => n[c]),
  )
  const within = await fitWhitening(inside, standardisation, { shrinkage: shrinkageFor(moments.n, varying) }, matmul)
  const means = classes.map((c, i) => offsets[i].map((offset, j) => centredAt[c * d + j] + offset))
  const middle = new Float64Array(d)
  classes.forEach((c, i) => {
    for (let j = 0; j < d; j++) middle[j] += (n[c] / moments.n) * means[i][j]
  })
  const excess = classes.map((c, i) => squaredLength(means[i], middle, within) / varying - 1 / n[c])
  const spread = Math.max(0, excess.reduce((sum, value) => sum + value, 0) / classes.length)
  const centres = new Float64Array(classes.length * d)
  classes.forEach((c, i) => {
    const own = (n[c] * spread) / (n[c] * spread + 1)
    for (let j = 0; j < d; j++) centres[i * d + j] = middle[j] + own * (means[i][j] - middle[j])
  })
  return { within: { ...within, mean: new Float64Array(d) }, k: classes.length, centres, classes }
}

/** The scatter about the means of the classes. */
const withoutBetween = (moments: Moments, offsets: readonly Float64Array[], n: readonly number[]): Moments => {
  const { d, mean } = moments
  const scatter = moments.scatter.slice()
  offsets.forEach((offset, c) => {
    const shift = offset.map((value, j) => value - mean[j])
    for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++, at++) scatter[at] -= n[c] * shift[i] * shift[j]
  })
  for (let i = 0, at = 0; i < d; at += ++i + 1) scatter[at] = Math.max(0, scatter[at])
  return { ...moments, scatter }
}

const squaredLength = (row: Float64Array, from: Float64Array, { root }: Whitening): number => {
  const z = inverseTimes(
    root,
    row.map((value, j) => value - from[j]),
  )
  return dot(z, z)
}

/** What each row of a class (0 or more; below 0: of none, left out) adds to its moments; rows are m x d, standardised. */
export const classMoments = async (
  rows: Float64Array,
  classOf: ArrayLike<number>,
  centres: Float64Array,
  d: number,
  matmul: MatMul,
): Promise<ClassMoments> => {
  const k = centres.length / d
  const n = new Float64Array(k)
  const sums = new Float64Array(k * d)
  const centred = new Float64Array(rows.length)
  let kept = 0
  for (let i = 0; i < rows.length / d; i++) {
    const c = classOf[i]
    if (c < 0) continue
    n[c]++
    for (let j = 0; j < d; j++) {
      const value = rows[i * d + j] - centres[c * d + j]
      sums[c * d + j] += value
      centred[kept * d + j] = value
    }
    kept++
  }
  return { centres, n, sums, moments: await sampleMoments(centred.slice(0, kept * d), d, matmul) }
}

/** The classes of m rows, -1 where a row has none or looks mislabelled. */
export const trusted = async (
  { within, centres, k, classes }: ClassCentres,
  rows: Float64Array,
  classOf: Int32Array,
  matmul: MatMul,
): Promise<Int32Array> => {
  const { d, root } = within
  const m = rows.length / d
  const z = await rowsTimesTransposedInverse(root, rows, matmul)
  const points = whitenedCentres(centres, within)
  const products = await matmul(z, transpose(points, k, d), m, d, k)
  const halves = Float64Array.from(
    { length: k },
    (_, c) => dot(points.subarray(c * d, (c + 1) * d), points.subarray(c * d, (c + 1) * d)) / 2,
  )
  return classOf.map((own, i) => {
    const at = classes.indexOf(own)
    if (at < 0) return -1
    let closest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < k; c++) closest = Math.max(closest, products[i * k + c] - halves[c])
    return 2 * (closest - (products[i * k + at] - halves[at])) > MISLABELLED ? -1 : own
  })
}
