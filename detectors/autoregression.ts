import type { GraphInputs, ReferenceSummary } from './detector.js'
import { lowerTimes, times } from './linalg.js'
import type { MatMul } from './matmul.js'
import type { GraphBuilder } from './onnx-graph.js'
import { packedLength, packLower, unpackLower } from './packed.js'
import { rowsTimesRoot } from './root.js'
import { triangleTimes } from './scoring-graph.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { fitWhitening, type Whitening } from './whitening.js'

/**
 * A first-order vector autoregression of whitened rows: z_t = B z_(t-1) + c + e_t. Its innovation e_t is whitened in turn,
 * own z_t + lag z_(t-1) + shift, with mean 0 and the identity as covariance over the reference.
 */
export interface Autoregression {
  readonly d: number
  /** d x d, lower triangular. */
  readonly own: Float64Array
  /** d x d */
  readonly lag: Float64Array
  readonly shift: Float64Array
  /** d x d, lower triangular: makes the innovation of the standardised row from the whitened one. */
  readonly lower: Float64Array
}

/** The whitening of pairs of standardised rows, the row before first, and their means. */
interface Joint extends Whitening {
  readonly centres: Float64Array
}

/**
 * One shrunk covariance S of the 2 d columns (u_(t-1), u_t): the lower half of its whitening whitens just u_t - A u_(t-1), A = S_21 S_11^-1
 * (by the shrinkage a ridge regression), by the residual covariance S_22 - A S_12. Both whitenings are triangular: pairs have no span. Throws `Unfit` where there are no pairs.
 */
export const fitJoint = async (name: string, { moments, whitening, pairs }: ReferenceSummary, matmul: MatMul): Promise<Joint> => {
  if (pairs === undefined || pairs.n < 2) {
    throw new Unfit(`${name} looks at pairs of consecutive records, but the streams of the reference have hardly any; leave it out`)
  }
  const scale = Float64Array.from([...whitening.active, ...whitening.active], Number)
  const standardisation = { mean: new Float64Array(scale.length), scale }
  const joint = await fitWhitening(pairs, standardisation, { shrinkage: whitening.method }, matmul)
  const { mean, d } = await moments()
  return { ...joint, centres: pairs.mean.map((value, j) => value - mean[j % d]) }
}

export const autoregressionOf = async (
  { root: { inverse, lower }, centres }: Joint,
  whitening: Whitening,
  matmul: MatMul,
): Promise<Autoregression> => {
  const { d } = whitening
  const part = (matrix: Float64Array, column: number) => {
    const block = new Float64Array(d * d)
    for (let i = 0; i < d; i++) block.set(matrix.subarray((d + i) * 2 * d + column, (d + i) * 2 * d + column + d), i * d)
    return block
  }
  const [before, now] = [part(inverse, 0), part(inverse, d)]
  const foretold = times(before, centres.slice(0, d))
  const shift = lowerTimes(now, centres.slice(d), d).map((value, i) => -value - foretold[i])
  const [lag, own] = [await rowsTimesRoot(whitening.root, before, matmul), await rowsTimesRoot(whitening.root, now, matmul)]
  return { d, own, lag, shift, lower: part(lower, d) }
}

/** The whitened innovation of a whitened row. */
export const innovationOf = ({ d, own, lag, shift }: Autoregression, z: Float64Array, previous: Float64Array): Float64Array => {
  const foretold = times(lag, previous)
  return lowerTimes(own, z, d).map((value, i) => value + foretold[i] + shift[i])
}

/** Appends the nodes that square the innovations' lengths. Returns the name of their output, [n] or [n,1]. */
export const squaredInnovations = (
  { d, own, lag, shift }: Autoregression,
  builder: GraphBuilder,
  { whitened, previous }: GraphInputs,
  keepdims: 0 | 1,
): string => {
  const constants = [builder.constant([d, d], Float32Array.from(lag)), builder.constant([d], Float32Array.from(shift))]
  const foretold = builder.node('Gemm', [previous, ...constants], { transB: 1 })
  const innovation = builder.node('Add', [triangleTimes(builder, whitened, own, d), foretold])
  return builder.node('ReduceSumSquare', [innovation], { axes: [1], keepdims })
}

export const toFitted = ({ d, own, lag, shift, lower }: Autoregression): Fitted => ({
  scalars: {},
  tensors: {
    own: { shape: [packedLength(d)], data: packLower(own, d) },
    lower: { shape: [packedLength(d)], data: packLower(lower, d) },
    lag: { shape: [d, d], data: lag },
    shift: { shape: [d], data: shift },
  },
})

export const fromFitted = ({ tensors }: Fitted): Autoregression => {
  const d = tensors.shift?.data.length ?? 0
  return {
    d,
    own: unpackLower(tensorData(tensors, 'own', packedLength(d)), d),
    lower: unpackLower(tensorData(tensors, 'lower', packedLength(d)), d),
    lag: tensorData(tensors, 'lag', d * d),
    shift: tensorData(tensors, 'shift', d),
  }
}
