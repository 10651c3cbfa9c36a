import type { RecordDetector } from './detector.js'
import { lowerTimes, times, transposedLowerTimes } from './linalg.js'
import type { Moments } from './moments.js'
import { packedLength, packLower, unpackLower } from './packed.js'
import { whitenStripes } from './scoring-graph.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { fitWhitening, type Whitening } from './whitening.js'

/** z = inverse u + lag v + shift, u the standardised row and v the one before it: z = inverse e, e what v does not foretell of u. */
interface Model {
  readonly d: number
  /** d x d, its inverse and its lower factor triangular: lower lower^T is the residual covariance. */
  readonly inverse: Float64Array
  readonly lower: Float64Array
  /** d x d */
  readonly lag: Float64Array
  readonly shift: Float64Array
}

/**
 * D^2 of the innovations of a first-order vector autoregression: e_t = u_t - A u_(t-1) - c under its residual covariance. Fitted as one
 * shrunk covariance S of the 2 d columns (u_(t-1), u_t): the lower half of its whitening whitens just e, with A = S_21 S_11^-1 (which
 * the shrinkage makes a ridge regression) and the residual covariance S_22 - A S_12. A stream's first row counts as its own predecessor.
 *
 * A feature's share is e_j (R^-1 e)_j, R the residual covariance.
 */
export const innovations: RecordDetector = {
  name: 'innovations',
  title: 'Records that the one before them in their stream did not foretell: jumps, and more or less noise, in streams that move slowly.',
  kind: 'record',
  usesPrevious: true,
  fit: async ({ moments, whitening, pairs }, matmul) => {
    if (pairs === undefined || pairs.n < 2) {
      throw new Unfit('innovations needs pairs of consecutive records, but the streams of the reference have hardly any; leave it out')
    }
    const active = Float64Array.from([...whitening.active, ...whitening.active], Number)
    const standardisation = { mean: new Float64Array(active.length), scale: active }
    const joint = await fitWhitening(pairs, standardisation, { shrinkage: whitening.method }, matmul)
    return toFitted(joint, centresOf(pairs, moments))
  },
  graph: (fitted, builder, { standardised, previous }) => {
    const { d, inverse, lag, shift } = modelOf(fitted)
    const foretold = builder.node(
      'Gemm',
      [previous, builder.constant([d, d], Float32Array.from(lag)), builder.constant([d], Float32Array.from(shift))],
      { transB: 1 },
    )
    const z = builder.node('Add', [whitenStripes(builder, standardised, { d, inverse }), foretold])
    return builder.node('ReduceSumSquare', [z], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row, previous = row) =>
    whitened(modelOf(fitted), whitening, row, previous).reduce((sum, value) => sum + value * value, 0),
  explain: (fitted, whitening, row, previous = row) => {
    const model = modelOf(fitted)
    const z = whitened(model, whitening, row, previous)
    const unforetold = lowerTimes(model.lower, z, model.d)
    const pull = transposedLowerTimes(model.inverse, z, model.d)
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({ index, share: unforetold[index] * pull[index], sigma }))
  },
}

const whitened = ({ d, inverse, lag, shift }: Model, whitening: Whitening, row: Float64Array, previous: Float64Array): Float64Array => {
  const own = lowerTimes(inverse, standardise(row, 1, whitening), d)
  const foretold = times(lag, standardise(previous, 1, whitening))
  return own.map((value, i) => value + foretold[i] + shift[i])
}

/** Means of the pairs' 2 d columns, from the mean of all rows. */
const centresOf = ({ mean }: Moments, { d, mean: origin }: Moments): Float64Array => mean.map((value, j) => value - origin[j % d])

/** The lower half of the joint whitening. */
const toFitted = ({ inverse, lower }: Whitening, centres: Float64Array): Fitted => {
  const d = centres.length / 2
  const part = (matrix: Float64Array, column: number) => {
    const block = new Float64Array(d * d)
    for (let i = 0; i < d; i++) block.set(matrix.subarray((d + i) * 2 * d + column, (d + i) * 2 * d + column + d), i * d)
    return block
  }
  const [lag, own] = [part(inverse, 0), part(inverse, d)]
  const [before, now] = [times(lag, centres.slice(0, d)), lowerTimes(own, centres.slice(d), d)]
  return {
    scalars: {},
    tensors: {
      inverse: { shape: [packedLength(d)], data: packLower(own, d) },
      lower: { shape: [packedLength(d)], data: packLower(part(lower, d), d) },
      lag: { shape: [d, d], data: lag },
      shift: { shape: [d], data: before.map((value, i) => -value - now[i]) },
    },
  }
}

const modelOf = ({ tensors }: Fitted): Model => {
  const d = tensors.shift?.data.length ?? 0
  return {
    d,
    inverse: unpackLower(tensorData(tensors, 'inverse', packedLength(d)), d),
    lower: unpackLower(tensorData(tensors, 'lower', packedLength(d)), d),
    lag: tensorData(tensors, 'lag', d * d),
    shift: tensorData(tensors, 'shift', d),
  }
}
