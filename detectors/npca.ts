import type { RecordDetector } from './detector.js'
import { dot, times, transposedTimes } from './linalg.js'
import { principalComponents } from './principal.js'
import { pullShares } from './pull-shares.js'
import { rowsTimesRoot, transposedInverseTimes } from './root.js'
import { orthonormalise } from './spectrum.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { type Whitening, whiten } from './whitening.js'

/**
 * Squared Mahalanobis distance over the low-variance components alone: those beyond the ones that hold 95 % of the variance (Rippel,
 * Mertens and Merhof 2020, "negated PCA"). It is |z|^2 without its part along the leading components.
 */
export const npca: RecordDetector = {
  name: 'npca',
  title: 'Records that break what the reference holds nearly constant: relations between features, whatever the large swings do.',
  kind: 'record',
  fit: async ({ moments, whitening }, matmul) => {
    const { k, components } = await principalComponents(await moments(), whitening, matmul)
    const { d, root } = whitening
    const directions = await rowsTimesRoot(root, components, matmul)
    return { scalars: {}, tensors: { leading: { shape: [k, d], data: orthonormalise(directions, d) } } }
  },
  graph: ({ tensors }, builder, { whitened }) => {
    const { shape, data } = leadingOf(tensors)
    const leading = builder.constant(shape, Float32Array.from(data))
    const along = builder.node('Gemm', [whitened, leading], { transB: 1 })
    const rest = builder.node('Sub', [whitened, builder.node('MatMul', [along, leading])])
    return builder.node('ReduceSumSquare', [rest], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) => {
    const rest = beyondLeading(fitted, whitening, row)
    return dot(rest, rest)
  },
  explain: (fitted, whitening, row) =>
    pullShares(standardise(row, 1, whitening), transposedInverseTimes(whitening.root, beyondLeading(fitted, whitening, row))),
}

/** z without its part along the leading components. */
const beyondLeading = ({ tensors }: Fitted, whitening: Whitening, row: Float64Array): Float64Array => {
  const { data } = leadingOf(tensors)
  const z = whiten(whitening, row)
  const projected = transposedTimes(data, times(data, z))
  return z.map((value, j) => value - projected[j])
}

/** k x d: the leading components among the whitened features, rows orthonormal. */
const leadingOf = (tensors: Fitted['tensors']) => {
  const [k, d] = tensors.leading?.shape ?? [0, 0]
  return { shape: [k, d], data: tensorData(tensors, 'leading', k * d) }
}
