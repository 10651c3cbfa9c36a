import type { Bank, RecordDetector } from './detector.js'
import { edgeAt } from './edge.js'
import { meanOver } from './neighbours-graph.js'
import type { GraphBuilder } from './onnx-graph.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Percentiles of a feature above which a bit of it is 1. 7 bits and 3 neighbours did best on ADBench of 7 such sets and k of 1, 3 and 5. */
const LEVELS = [
  [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98],
  [0.25, 0.5, 0.75],
] as const
const MEDIAN = [0.5] as const
/** Of a code: with more features each has fewer bits. */
const MOST_BITS = 2048
const K = 3
const FLOAT = 1

/**
 * Activation codes (Olber et al. 2023, "NAP"): each feature becomes bits, 1 where its value exceeds a percentile of the bank; the score is the
 * mean Hamming distance of the record's code to the 3 nearest of the bank. A feature counts by how unusual its value is and in what company,
 * never by how far it is out. A feature's share is its number of bits that differ.
 */
export const codes: RecordDetector = {
  name: 'codes',
  title: 'Records whose features are high and low in an unusual pattern, whatever their size: wild values count no more than rare ones.',
  kind: 'record',
  usesBank: true,
  costly: true,
  fit: async ({ whitening: { d }, bank }) => {
    if (bank.m < K) throw new Error(`codes needs at least ${K} reference rows, got ${bank.m}`)
    const levels = LEVELS.find(({ length }) => length * d <= MOST_BITS) ?? MEDIAN
    const edges = edgesOf(bank, d, levels)
    const bits = levels.length
    const counts = bank.rows.map((value, at) => count(value, edges, bits, at % d))
    return { scalars: {}, tensors: { edges: { shape: [d, bits], data: edges }, counts: { shape: [bank.m, d], data: counts } } }
  },
  graph: (fitted, builder, { standardised }) => {
    const { m, d, bits, edges, counts } = fromFitted(fitted)
    const width = d * bits
    const code = codeGraph(builder, standardised, edges, d, bits)
    const bank = Float32Array.from({ length: m * width }, (_, at) => Number(counts[Math.floor(at / bits)] > at % bits))
    const halfOnes = Float32Array.from({ length: m }, (_, i) => -counts.subarray(i * d, (i + 1) * d).reduce((sum, one) => sum + one, 0) / 2)
    const int = (value: number) => builder.constant([1], BigInt64Array.of(BigInt(value)))
    // |a| + |b| - 2 a.b: whole numbers, which float32 holds exactly.
    const closeness = builder.node('Gemm', [code, builder.constant([m, width], bank), builder.constant([m], halfOnes)], { transB: 1 })
    const indices = builder.node('TopK', [closeness, int(K)], { axis: 1, largest: 1, sorted: 1 }, undefined, 1)
    const nearest = builder.node('GatherElements', [closeness, indices], { axis: 1 })
    const ones = builder.node('MatMul', [code, builder.constant([width], new Float32Array(width).fill(1))])
    const twice = builder.node('Mul', [meanOver(builder, nearest, K), builder.constant([], Float32Array.of(2))])
    return builder.node('Sub', [ones, twice])
  },
  score: (fitted, whitening, row) => look(fitted, whitening, row).differing.reduce((sum, bits) => sum + bits, 0),
  explain: (fitted, whitening, row) => {
    const { standardised, differing } = look(fitted, whitening, row)
    return Array.from(standardised, (sigma, index) => ({ index, share: differing[index], sigma }))
  },
}

const edgesOf = ({ m, rows }: Bank, d: number, levels: readonly number[]): Float64Array => {
  const edges = new Float64Array(d * levels.length)
  for (let j = 0; j < d; j++) {
    const column = Float64Array.from({ length: m }, (_, i) => rows[i * d + j]).sort()
    levels.forEach((level, b) => {
      edges[j * levels.length + b] = edgeAt(column, Math.min(m - 1, Math.floor(level * m)))
    })
  }
  return edges
}

/** How many of the feature's edges the value exceeds: its bits are as many ones, then zeros. */
const count = (value: number, edges: Float64Array, bits: number, j: number): number => {
  let ones = 0
  for (let at = j * bits; at < (j + 1) * bits; at++) if (value > edges[at]) ones++
  return ones
}

/** [n, d x bits] of zeros and ones. */
const codeGraph = (builder: GraphBuilder, standardised: string, edges: Float64Array, d: number, bits: number): string => {
  const values = builder.node('Unsqueeze', [standardised, builder.constant([1], BigInt64Array.of(2n))])
  const exceeds = builder.node('Greater', [values, builder.constant([d, bits], Float32Array.from(edges))])
  const flat = builder.constant([2], BigInt64Array.of(0n, BigInt(d * bits)))
  return builder.node('Reshape', [builder.node('Cast', [exceeds], { to: FLOAT }), flat])
}

/** Per feature, in how many bits the row differs from its nearest on average. */
const look = (fitted: Fitted, whitening: Whitening, row: Float64Array) => {
  const { m, d, bits, edges, counts } = fromFitted(fitted)
  const standardised = standardise(row, 1, whitening)
  const own = standardised.map((value, j) => count(value, edges, bits, j))
  const distances = Float64Array.from({ length: m }, (_, i) => own.reduce((sum, ones, j) => sum + Math.abs(ones - counts[i * d + j]), 0))
  const nearest = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, K)
  return { standardised, differing: own.map((ones, j) => nearest.reduce((sum, i) => sum + Math.abs(ones - counts[i * d + j]), 0) / K) }
}

const fromFitted = ({ tensors }: Fitted) => {
  const [m = 0, d = 0] = tensors.counts?.shape ?? []
  const bits = tensors.edges?.shape[1] ?? 0
  return { m, d, bits, edges: tensorData(tensors, 'edges', d * bits), counts: tensorData(tensors, 'counts', m * d) }
}
