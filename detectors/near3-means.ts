import type { WindowDetector, WindowMeans, WindowSums } from './detector.js'
import { times } from './linalg.js'
import type { Moments } from './moments.js'
import { learnNear3, type Near3, near3FromFitted, near3ToFitted } from './near3-model.js'
import { near3Score, near3Shares, type Space } from './near3-score.js'
import type { Beside } from './neighbours.js'
import { rootRows, rootTimes } from './root.js'
import { sampleMoments } from './sample-moments.js'
import { shrinkageFor } from './shrinkage.js'
import { columnStats, standardisationOf, standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { fitWhitening, type Whitening } from './whitening.js'

/** A feature that is slower is left out (default detector study, section 3). */
const SLOWEST = 0.7
/** Windows that must lie end to end in the reference: then each has five neighbours that lie a window away, and some choice among them. */
const LEAST_WINDOWS = 10

/**
 * near3 of the mean of a window's standardised records, to the means of up to 500 windows of the reference; of the shortest window only,
 * for means of more records lie closer together. These means have ranges and a covariance of their own; for the levels, only windows that
 * lie a window apart are neighbours. Features whose blocks of 40 records vary nearly as much as their records (.7 of the variance) are left
 * out: they wander, and will have wandered elsewhere. Where all are so slow, none is left out.
 *
 * Shares as near3's, 0 for features left out.
 */
export const near3Means: WindowDetector = {
  name: 'near3-means',
  title: 'Short windows whose mean lies where that of no window of the reference lay; features that move slowly are left out.',
  kind: 'window',
  usesWindowMeans: true,
  shortestOnly: true,
  fit: async ({ whitening, windowMeans }, matmul) => {
    const reference = sufficient(windowMeans)
    const { m, endToEnd } = reference
    const { d } = whitening
    const kept = keptFeatures(reference, whitening)
    const k = kept.length
    const means = Float64Array.from({ length: m * k }, (_, at) => reference.means[Math.floor(at / k) * d + kept[at % k]])
    const standardisation = standardisationOf(columnStats(means, m, k))
    if (standardisation.scale.every((scale) => scale === 0)) throw unfit('windows whose means differ', 'windows whose means are all alike')
    const rows = standardise(means, m, standardisation)
    const moments = worth(await sampleMoments(rows, k, matmul), Math.min(m, endToEnd))
    const own = await fitWhitening(moments, standardisation, { shrinkage: shrinkageFor(moments.n, k) }, matmul)
    const near = near3ToFitted(await learnNear3({ m, rows }, own, matmul, besideIn(reference)))
    return {
      scalars: near.scalars,
      tensors: {
        ...near.tensors,
        kept: { shape: [k], data: Float64Array.from(kept) },
        // What makes features of whitened rows.
        axes: {
          shape: [k, d],
          data: await rootRows(whitening.root, kept, matmul),
        },
        mean: { shape: [k], data: own.mean },
        scale: { shape: [k], data: own.scale },
        lower: { shape: [k, k], data: own.root.lower },
        inverse: { shape: [k, k], data: own.root.inverse },
      },
    }
  },
  score: (fitted, sums) => {
    const model = modelOf(fitted)
    return near3Score(model.near, model.space, meanOf(model, sums))
  },
  explain: (fitted, { d, root }, sums) => {
    const model = modelOf(fitted)
    const shares = new Float64Array(d)
    near3Shares(model.near, model.space, meanOf(model, sums)).forEach((share, i) => {
      shares[model.kept[i]] = share
    })
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: shares[index], sigma: shift / sums.m }))
  },
}

/** @throws Unfit where there are too few windows. */
const sufficient = (reference: WindowMeans | undefined): WindowMeans => {
  if (reference === undefined) throw new Unfit('near3-means needs windows of a fixed number of records, not windows by time')
  const { endToEnd, size } = reference
  if (endToEnd >= LEAST_WINDOWS) return reference
  throw unfit(`at least ${LEAST_WINDOWS} windows of ${size} records end to end`, `${endToEnd}`)
}

const unfit = (needed: string, got: string) =>
  new Unfit(
    `near3-means needs ${needed} in what is left of the reference without a tenth that is held out and the windows beside it, got ${got}; ` +
      'give more rows per stream, a smaller window.size, or leave near3-means out',
  )

/** Those that vary and are not slow; all that vary where none would be left. */
const keptFeatures = ({ slowness }: WindowMeans, { active }: Whitening): number[] => {
  const varying = [...active.keys()].filter((j) => active[j])
  const fast = varying.filter((j) => slowness[j] <= SLOWEST)
  return fast.length > 0 ? fast : varying
}

/** Moments of rows that tell as much as n independent ones. */
const worth = (moments: Moments, n: number): Moments => {
  const part = n / moments.n
  return {
    ...moments,
    n,
    scatter: moments.scatter.map((value) => value * part),
    cubic: moments.cubic.map((value) => value * part),
    quartic: moments.quartic * part,
  }
}

/** Windows between which and the i-th there is less than a window's length. */
const besideIn = ({ starts, size, m }: WindowMeans): Beside => {
  const near = (i: number, other: number) => other >= 0 && other < m && Math.abs(starts[other] - starts[i]) < 2 * size
  return (i) => {
    let [from, to] = [i, i + 1]
    while (near(i, from - 1)) from--
    while (near(i, to)) to++
    return [from, to]
  }
}

interface Means {
  readonly near: Near3
  readonly space: Space
  /** Numbers of the k features that are looked at. */
  readonly kept: Float64Array
  /** k x d: rows of L. */
  readonly axes: Float64Array
}

const modelOf = (fitted: Fitted): Means => {
  const { tensors } = fitted
  const k = tensors.kept?.data.length ?? 0
  const d = tensors.axes?.shape[1] ?? 0
  return {
    near: near3FromFitted(fitted),
    space: {
      d: k,
      mean: tensorData(tensors, 'mean', k),
      scale: tensorData(tensors, 'scale', k),
      root: { d: k, lower: tensorData(tensors, 'lower', k * k), inverse: tensorData(tensors, 'inverse', k * k) },
    },
    kept: tensorData(tensors, 'kept', k),
    axes: tensorData(tensors, 'axes', k * d),
  }
}

/** The window's mean in the k features, in deviations of the reference's rows. */
const meanOf = ({ axes }: Means, { z, m }: WindowSums): Float64Array => {
  return times(axes, z).map((sum) => sum / m)
}
