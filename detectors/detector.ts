import type { Channel, TrainedTap } from './channels.js'
import type { LabelSummary } from './labels.js'
import type { MatMul } from './matmul.js'
import type { Moments } from './moments.js'
import type { GraphBuilder } from './onnx-graph.js'
import type { Fitted } from './stored.js'
import type { TapColumns } from './tap-columns.js'
import type { Whitening } from './whitening.js'

/** A sample of the reference's rows: m x d, standardised and clipped as the whitening does. */
export interface Bank {
  readonly m: number
  readonly rows: Float64Array
  /** The row before each in its stream, for detectors that use it; itself where there is none. */
  readonly previous?: Float64Array | undefined
}

/** Means of the reference's standardised rows over windows of consecutive ones of a stream. Windows may overlap. */
export interface WindowMeans {
  /** Rows of a window: those of the shortest that is looked at. */
  readonly size: number
  readonly m: number
  /** m x d */
  readonly means: Float64Array
  /** m: number of each window's first row in the reference, rising. */
  readonly starts: Float64Array
  /** How many windows would lie end to end in the rows that these were drawn from. */
  readonly endToEnd: number
  /** d: variance of the means of blocks of 40 consecutive rows over that of their rows; 0 to 1, the higher the slower a feature moves. */
  readonly slowness: Float64Array
}

/** What synthetic degradations change of pictures of the reference. */
export interface Degraded {
  /** Indices of the k columns that are looked at. */
  readonly columns: readonly number[]
  /** m x k, raw units: the columns of a degraded picture less those of the clean one. */
  readonly shifts: Float64Array
}

/** What detectors are fitted on: the moments of n reference rows, the whitening made from them, and some of the rows themselves. */
export interface ReferenceSummary {
  /** Of its standardised rows; made when they are asked for. */
  moments(): Promise<Moments>
  readonly whitening: Whitening
  readonly bank: Bank
  /** Only where a detector asks for them and the rows have any. */
  readonly labels?: LabelSummary
  /** Indices of the columns that are a classifier's logits; none where left out. */
  readonly logits?: readonly number[]
  /** Index of the column that is the score of a DisCoPatch network; only where the rows are of pictures that have one. */
  readonly patchScore?: number | undefined
  /** Only where the rows are of pictures. */
  readonly channels?: readonly Channel[] | undefined
  /** Only where a detector asks for them and the backbone knows them. */
  readonly trained?: readonly TrainedTap[] | undefined
  /** Of the taps of a backbone; none where rows are not of pictures. */
  readonly taps?: readonly TapColumns[] | undefined
  /** Moments of 2 d columns, each row beside the one before it in its stream, that one first; for detectors that use the previous row. */
  readonly pairs?: Moments | undefined
  /** For detectors that use them. */
  readonly windowMeans?: WindowMeans | undefined
  /** Only where the rows are of pictures. */
  readonly degraded?: Degraded | undefined
}

/** One feature's part of a score: `share` sums to the score over all features; `sigma` is the feature's own signed deviation. */
export interface FeatureShare {
  readonly index: number
  readonly share: number
  readonly sigma: number
  /** Of a window's spread: the feature's standard deviation around the window's own mean, over that of the reference. */
  readonly spread?: number
  /** Of a detector that tests each feature by itself: the chance of so large a change of this one without drift, at most. */
  readonly pValue?: number
  /** Of a detector of labels, whose shares are those of labels: the label's part of the window's records; `index` is then its number. */
  readonly frequency?: number
}

/** Names of the graph's values that a record detector may build on: rows x [n,d] (clipped, standardised) and whitened z [n,d]. */
export interface GraphInputs {
  readonly standardised: string
  readonly whitened: string
  /** Numbers of the rows' labels [n,1], as floats; empty unless a detector has `labels: 'live'`. */
  readonly labels: string
  /** The whitened row before each in its stream, where some detector of the graph uses it. */
  readonly previous: string
}

interface DetectorBase {
  /** Stable name: config value, metric label, key in the bundle. */
  readonly name: string
  /** One line for the docs: what it sees. */
  readonly title: string
  /** How many times its lambda counts beside detectors of its kind (1): more gives it less of the common budget. */
  readonly price?: number
  /** Whether it is fitted on the bank: a reference with such a detector keeps those rows. */
  readonly usesBank?: true
  /** `fit`: it is fitted on the labels of the reference's rows. `live`: it looks at those of the stream as well. */
  readonly labels?: 'fit' | 'live'
  /** Whether it compares each record with rows of the reference, which costs more than all that does not (docs/detectors.md). */
  readonly costly?: true
  /** Whether it needs to know which columns are a classifier's logits. */
  readonly usesLogits?: true
  /** Whether it looks at the row before in the stream too: only then that is kept and passed on. */
  readonly usesPrevious?: true
  /** Whether it is fitted on means of windows of the reference. */
  readonly usesWindowMeans?: true
  /** Whether it is fitted on degraded pictures. */
  readonly usesDegraded?: true
  /** Whether it compares pictures with the statistics of the backbone's training. */
  readonly usesTrained?: true
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
  /**
   * The same score in float64, of one raw row: the reference for golden parity and for `explain`. `previous`: the one before it in its
   * stream, the row itself where it is the first.
   */
  score(fitted: Fitted, whitening: Whitening, row: Float64Array, previous?: Float64Array): number
  explain(fitted: Fitted, whitening: Whitening, row: Float64Array, previous?: Float64Array): FeatureShare[]
}

/** What statistics of a row may look at beside it. */
export interface RowBeside {
  /** Number of its label (0: none). */
  readonly label?: number
  /** The whitened row before it in its stream; itself where it is the first. */
  readonly previous?: Float64Array | undefined
  /** The row itself, standardised but not whitened. */
  readonly standardised?: Float64Array | undefined
}

/** Numbers of each row that a window detector wants summed over a window, beside the whitened row itself. */
export interface RowStatistics {
  /** How many. */
  readonly width: number
  /** Appends the nodes that compute them; returns the name of their float [n,width] output. */
  graph(builder: GraphBuilder, inputs: GraphInputs): string
  /** The same in float64, of one whitened row with what stands beside it: the definition. */
  of(z: Float64Array, beside?: RowBeside): Float64Array
}

/** What a window of m records is known by: the sums over its records of the whitened rows (d) and of the detector's own statistics. */
export interface WindowSums {
  readonly m: number
  readonly z: Float64Array
  readonly own: Float64Array
}

/**
 * Scores a window of records from sums over them, which are merged over sub-blocks and never recomputed. Without drift its scores of
 * independent records are distributed (nearly) alike for windows of any length: the highest over several lengths counts.
 */
export interface WindowDetector extends DetectorBase {
  readonly kind: 'window'
  /** It scores windows of the shortest length only: its scores of other lengths are not distributed alike. */
  readonly shortestOnly?: true
  /** Left out where the whitened rows are enough. */
  statistics?(fitted: Fitted): RowStatistics
  score(fitted: Fitted, sums: WindowSums): number
  explain(fitted: Fitted, whitening: Whitening, sums: WindowSums): FeatureShare[]
}

export type Detector = RecordDetector | WindowDetector

/** What stands beside a row for statistics that need it standardised. @throws Error where it does not */
export const standardisedOf = ({ standardised }: RowBeside = {}): Float64Array => {
  if (standardised === undefined) throw new Error('these statistics need the standardised row beside the whitened one')
  return standardised
}
