import { benjaminiHochberg } from './benjamini-hochberg.js'
import type { FeatureShare, GraphInputs, RowStatistics, WindowDetector, WindowSums } from './detector.js'
import { edgeAt } from './edge.js'
import { fisherTails } from './exact-test.js'
import { featureOrder } from './feature-order.js'
import type { GraphBuilder } from './onnx-graph.js'
import { rootRows, rootTimes } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Numbers that a row may take, and edges of a feature. */
const MOST_NUMBERS = 256
const MOST_EDGES = 8
/** Shares nearer to 0 or 1 than that count as it: where values repeat, an edge may have next to nothing above it. */
const LEAST_SHARE = 0.05
/** Of the features that an explanation lists, how many are there by chance, on average. */
const FALSE_SHARE = 0.05
const FLOAT = 1

/**
 * Is each feature distributed as in the reference? Per feature Anderson and Darling's statistic at a few quantiles of the bank:
 * m times the mean over edges of (F_b - p_b)^2 / (p_b (1 - p_b)), F_b the window's share of values above edge b and p_b the bank's, on
 * average 1 without a change. The score is the largest of the features' (a maximum with a limit of its own is Bonferroni's test).
 * 8 edges up to 32 features, fewer beyond, 1 (the median) from 129 on; of more than 256 features, 256 drawn at random are looked at.
 *
 * Features share the score in proportion to their statistics: those whose own p survives Benjamini and Hochberg's step-up at 0.05 among the
 * features looked at; where none does, the one with the largest. A feature's p is that of its most unlikely edge, by Fisher's exact
 * test of window and bank on both sides, times the number of edges (Bonferroni): conservative for independent records.
 */
export const features: WindowDetector = {
  name: 'features',
  title: 'Windows in which the values of one feature are distributed otherwise, also at the same mean and spread.',
  kind: 'window',
  usesBank: true,
  fit: async ({ whitening, bank: { m, rows } }, matmul) => {
    const { d, root } = whitening
    const watched = Math.min(d, MOST_NUMBERS)
    const perFeature = Math.min(MOST_EDGES, Math.floor(MOST_NUMBERS / watched))
    const indices = Float64Array.from(featureOrder({ m, rows }, d).slice(0, watched)).sort()
    const edges = new Float64Array(watched * perFeature)
    const above = new Float64Array(watched * perFeature)
    indices.forEach((index, i) => {
      const column = Float64Array.from({ length: m }, (_, row) => rows[row * d + index]).sort()
      for (let b = 0; b < perFeature; b++) {
        const edge = edgeAt(column, Math.min(m - 1, Math.floor(((b + 0.5) / perFeature) * m)))
        edges[i * perFeature + b] = edge
        above[i * perFeature + b] = column.filter((value) => value > edge).length / m
      }
    })
    const shape = [watched, perFeature]
    // What makes features of whitened rows.
    const axes = await rootRows(root, indices, matmul)
    return {
      scalars: { rows: m },
      tensors: {
        indices: { shape: [watched], data: indices },
        axes: { shape: [watched, d], data: axes },
        edges: { shape, data: edges },
        above: { shape, data: above },
      },
    }
  },
  statistics: (fitted) => exceedances(modelOf(fitted)),
  score: (fitted, sums) => Math.max(0, ...statisticsOf(modelOf(fitted), sums)),
  explain: (fitted, whitening, sums) => explain(modelOf(fitted), whitening, sums),
}

interface Edges {
  /** Of the bank. */
  readonly rows: number
  readonly watched: number
  readonly perFeature: number
  readonly d: number
  /** Which features. */
  readonly indices: Float64Array
  /** watched x d: rows of L. */
  readonly axes: Float64Array
  /** watched x perFeature each: edges in standardised units, and shares of the bank above them. */
  readonly edges: Float64Array
  readonly above: Float64Array
}

const modelOf = ({ scalars, tensors }: Fitted): Edges => {
  const [watched = 0, perFeature = 0] = tensors.edges?.shape ?? []
  const d = tensors.axes?.shape[1] ?? 0
  return {
    rows: scalarNumber(scalars, 'rows'),
    watched,
    perFeature,
    d,
    indices: tensorData(tensors, 'indices', watched),
    axes: tensorData(tensors, 'axes', watched * d),
    edges: tensorData(tensors, 'edges', watched * perFeature),
    above: tensorData(tensors, 'above', watched * perFeature),
  }
}

/** 1 for each edge that the row's value of the feature exceeds. */
const exceedances = ({ watched, perFeature, d, indices, axes, edges }: Edges): RowStatistics => ({
  width: watched * perFeature,
  graph: (builder: GraphBuilder, { standardised }: GraphInputs) => {
    const gather = () =>
      builder.node('Gather', [standardised, builder.constant([watched], BigInt64Array.from(indices, BigInt))], { axis: 1 })
    const values = builder.node('Unsqueeze', [watched === d ? standardised : gather(), builder.constant([1], BigInt64Array.of(2n))])
    const exceeds = builder.node('Greater', [values, builder.constant([watched, perFeature], Float32Array.from(edges))])
    const flat = builder.constant([2], BigInt64Array.of(0n, BigInt(watched * perFeature)))
    return builder.node('Reshape', [builder.node('Cast', [exceeds], { to: FLOAT }), flat])
  },
  of: (z) => {
    const values = Float64Array.from({ length: watched }, (_, i) =>
      axes.subarray(i * d, (i + 1) * d).reduce((sum, value, l) => sum + value * z[l], 0),
    )
    return edges.map((edge, at) => Number(values[Math.floor(at / perFeature)] > edge))
  },
})

/** Per watched feature. */
const statisticsOf = ({ watched, perFeature, above }: Edges, { own, m }: WindowSums): number[] =>
  Array.from({ length: watched }, (_, i) => {
    let sum = 0
    for (let at = i * perFeature; at < (i + 1) * perFeature; at++) {
      const p = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, above[at]))
      sum += (own[at] / m - above[at]) ** 2 / (p * (1 - p))
    }
    return (m * sum) / perFeature
  })

/** Per watched feature: the chance of so unlikely a count above any of its edges, at most. */
const pValuesOf = ({ rows, watched, perFeature, above }: Edges, { own, m }: WindowSums): number[] =>
  Array.from({ length: watched }, (_, i) => {
    let least = 1
    for (let at = i * perFeature; at < (i + 1) * perFeature; at++) {
      const tails = fisherTails(own[at], m, Math.round(above[at] * rows), rows)
      least = Math.min(least, tails.below, tails.above)
    }
    return Math.min(1, 2 * perFeature * least)
  })

const explain = (edges: Edges, { root }: Whitening, sums: WindowSums): FeatureShare[] => {
  const statistics = statisticsOf(edges, sums)
  const score = Math.max(0, ...statistics)
  const pValues = pValuesOf(edges, sums)
  const adjusted = benjaminiHochberg(pValues)
  const drifted = statistics.map((statistic, i) => (adjusted[i] <= FALSE_SHARE ? statistic : 0))
  const total = drifted.reduce((sum, statistic) => sum + statistic, 0)
  const first = statistics.indexOf(score)
  const shareOf = (i: number) => (total > 0 ? (score * drifted[i]) / total : i === first ? score : 0)
  const watchedAt = new Map(Array.from(edges.indices, (index, i) => [index, i]))
  return Array.from(rootTimes(root, sums.z), (shift, index) => {
    const sigma = shift / sums.m
    const i = watchedAt.get(index)
    return i === undefined ? { index, share: 0, sigma } : { index, share: shareOf(i), sigma, pValue: pValues[i] }
  })
}
