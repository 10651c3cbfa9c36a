import type { MatMul } from './matmul.js'
import type { Moments } from './moments.js'
import type { GraphBuilder } from './onnx-graph.js'
import type { Fitted } from './stored.js'
import type { Whitening } from './whitening.js'

/** A sample of the reference's rows: m x d, standardised and clipped. */
export interface Bank {
  readonly m: number
  readonly rows: Float64Array
}

/** What detectors are fitted on: the moments of n reference rows, the whitening made from them, and some of the rows themselves. */
export interface ReferenceSummary {
  readonly moments: Moments
  readonly whitening: Whitening
  readonly bank: Bank
}

/** One feature's part of a score: `share` sums to the score over all features; `sigma` is the feature's own signed deviation. */
export interface FeatureShare {
  readonly index: number
  readonly share: number
  readonly sigma: number
}

/** Names of the graph's values that a record detector may build on: rows x [n,d] (clipped, standardised) and whitened z [n,d]. */
export interface GraphInputs {
  readonly standardised: string
  readonly whitened: string
}

interface DetectorBase {
  /** Stable name: config value, metric label, key in the bundle. */
  readonly name: string
  /** One line for the docs: what it sees. */
  readonly title: string
  fit(reference: ReferenceSummary, matmul: MatMul): Promise<Fitted>
}

/**
 * Scores each record; higher = more anomalous. Scoring never learns.
 * It runs as nodes of the one ONNX scoring graph, in a worker.
 */
export interface RecordDetector extends DetectorBase {
  readonly kind: 'record'
  /** Appends the nodes that score the rows; returns the name of its float [n] output. */
  graph(fitted: Fitted, builder: GraphBuilder, inputs: GraphInputs): string
  /** The same score in float64, of one raw row: the reference for golden parity and for `explain`. */
  score(fitted: Fitted, whitening: Whitening, row: Float64Array): number
  explain(fitted: Fitted, whitening: Whitening, row: Float64Array): FeatureShare[]
}

/**
 * Scores a window of m records from the sum of their whitened rows (d numbers, merged over sub-blocks, never recomputed).
 */
export interface WindowDetector extends DetectorBase {
  readonly kind: 'window'
  score(fitted: Fitted, sum: Float64Array, m: number): number
  explain(fitted: Fitted, whitening: Whitening, sum: Float64Array, m: number): FeatureShare[]
}

export type Detector = RecordDetector | WindowDetector
