import type { RecordDetector } from './detector.js'
import { correlatedGroups } from './feature-groups.js'
import { dot, times, transposedTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { Moments } from './moments.js'
import { packedLength, packedTrace } from './packed.js'
import { pullShares } from './pull-shares.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { fitWhitening } from './whitening.js'

const BLOCK = 64
const ROWS_PER_FEATURE = 5
/** Of the mean variance; a feature may not vary at all in a part of the reference. */
const LEAST_VARIANCE = 1e-3

/**
 * Squared Mahalanobis distance with a block-diagonal covariance: groups of up to 64 features that correlate most, each whitened by itself.
 * It has d * 64 / 2 parameters in place of d^2 / 2, for references with too few rows for the whole covariance. Blocks are shrunk lightly
 * from 5 rows per feature on, below that by OAS.
 */
export const blocks: RecordDetector = {
  name: 'blocks',
  title: 'Records that are unusual within groups of correlated features: for very many features and few rows.',
  kind: 'record',
  fit: async ({ moments, whitening }, matmul) => toFitted(await fitBlocks(await moments(), whitening.active, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const { count, order, inverses } = fromFitted(fitted)
    const int = (...values: number[]) => builder.constant([values.length], BigInt64Array.from(values, BigInt))
    const gathered = builder.node('Gather', [standardised, int(...order)], { axis: 1 })
    const cut = builder.node('Transpose', [builder.node('Reshape', [gathered, int(0, count, BLOCK)])], { perm: [1, 0, 2] })
    const weights = new Float32Array(count * BLOCK * BLOCK)
    inverses.forEach((inverse, block) => {
      weights.set(transpose(inverse, BLOCK, BLOCK), block * BLOCK * BLOCK)
    })
    const z = builder.node('MatMul', [cut, builder.constant([count, BLOCK, BLOCK], weights)])
    return builder.node('ReduceSumSquare', [z], { axes: [0, 2], keepdims: 0 })
  },
  score: (fitted, whitening, row) => {
    const u = standardise(row, 1, whitening)
    return dot(u, pull(fitted, u))
  },
  explain: (fitted, whitening, row) => {
    const u = standardise(row, 1, whitening)
    return pullShares(u, pull(fitted, u))
  },
}

interface Blocks {
  /** Blocks of the layout; each holds one or more groups. */
  readonly count: number
  /** count x BLOCK: the feature at each place; 0 where none is, with weights of 0. */
  readonly order: readonly number[]
  /** Per block BLOCK x BLOCK: the inverse Cholesky factors of its groups on the diagonal. */
  readonly inverses: readonly Float64Array[]
}

const fitBlocks = async (moments: Moments, active: readonly boolean[], matmul: MatMul): Promise<Blocks> => {
  const varying = [...active.keys()].filter((feature) => active[feature])
  const layout = pack(correlatedGroups(moments, varying, BLOCK))
  const inverses: Float64Array[] = []
  for (const block of layout) {
    const inverse = new Float64Array(BLOCK * BLOCK)
    let at = 0
    for (const group of block) {
      const factor = await whitenGroup(moments, group, matmul)
      group.forEach((_, i) => {
        inverse.set(factor.subarray(i * group.length, (i + 1) * group.length), (at + i) * BLOCK + at)
      })
      at += group.length
    }
    inverses.push(inverse)
  }
  const order = layout.flatMap((block) => [...block.flat(), ...new Array<number>(BLOCK - block.flat().length).fill(0)])
  return { count: layout.length, order, inverses }
}

/** Groups put into as few blocks as it takes, about: the largest first, each where it fits first. */
const pack = (groups: readonly number[][]): number[][][] => {
  const blocks: { groups: number[][]; room: number }[] = []
  for (const group of groups.toSorted((a, b) => b.length - a.length)) {
    let block = blocks.find(({ room }) => room >= group.length)
    if (block === undefined) {
      block = { groups: [], room: BLOCK }
      blocks.push(block)
    }
    block.groups.push(group)
    block.room -= group.length
  }
  return blocks.map((block) => block.groups)
}

/** L^-1 of the shrunk covariance of a group's features. */
const whitenGroup = async ({ n, d: all, scatter }: Moments, group: readonly number[], matmul: MatMul): Promise<Float64Array> => {
  const d = group.length
  const least = (LEAST_VARIANCE * packedTrace(scatter, all)) / all
  const part = new Float64Array(packedLength(d))
  group.forEach((one, i) => {
    for (let j = 0; j <= i; j++) part[packedLength(i) + j] = scatter[packedLength(one) + group[j]]
    part[packedLength(i) + i] = Math.max(part[packedLength(i) + i], least)
  })
  const moments = { n, d, mean: new Float64Array(d), scatter: part, cubic: new Float64Array(d), quartic: 0 }
  const standardisation = { mean: new Float64Array(d), scale: new Float64Array(d).fill(1) }
  const { root } = await fitWhitening(moments, standardisation, { shrinkage: n < ROWS_PER_FEATURE * d ? 'oas' : 'light' }, matmul)
  return root.inverse
}

/** A u of the score u^T A u. */
const pull = (fitted: Fitted, u: Float64Array): Float64Array => {
  const { order, inverses } = fromFitted(fitted)
  const total = new Float64Array(u.length)
  inverses.forEach((inverse, block) => {
    const features = order.slice(block * BLOCK, (block + 1) * BLOCK)
    const part = transposedTimes(
      inverse,
      times(
        inverse,
        Float64Array.from(features, (feature) => u[feature]),
      ),
    )
    features.forEach((feature, i) => {
      total[feature] += part[i]
    })
  })
  return total
}

const toFitted = ({ count, order, inverses }: Blocks): Fitted => ({
  scalars: {},
  tensors: {
    order: { shape: [count, BLOCK], data: Float64Array.from(order) },
    inverses: { shape: [count, BLOCK, BLOCK], data: Float64Array.from(inverses.flatMap((inverse) => [...inverse])) },
  },
})

const fromFitted = ({ tensors }: Fitted): Blocks => {
  const count = tensors.order?.shape[0] ?? 0
  const data = tensorData(tensors, 'inverses', count * BLOCK * BLOCK)
  return {
    count,
    order: [...tensorData(tensors, 'order', count * BLOCK)],
    inverses: Array.from({ length: count }, (_, block) => data.subarray(block * BLOCK * BLOCK, (block + 1) * BLOCK * BLOCK)),
  }
}
