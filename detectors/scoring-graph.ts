import type { RecordDetector } from './detector.js'
import { GraphBuilder } from './onnx-graph.js'
import type { Root } from './root.js'
import { CLIP } from './standardisation.js'
import type { Fitted } from './stored.js'
import type { Whitening } from './whitening.js'
import type { Placement } from './window-sums.js'

/**
 * The model that scores rows: input `x` [n,d] and, where a detector uses it, `previous` [n,d], the row before each; outputs the statistics [n,width] and one score
 * [n] per record detector, in float32.
 */
export interface ScoringGraph {
  /** ONNX bytes. */
  readonly model: Uint8Array<ArrayBuffer>
  /** Name of the output that holds what windows sum up of each row, and its width: the whitened row first. */
  readonly statistics: string
  readonly width: number
  /** Names of the score outputs, in the order of the detectors. */
  readonly scores: readonly string[]
  /** Whether it has an input `labels` [n,1] too: the numbers of the rows' labels. */
  readonly labels?: true
  /** Whether it has the input `previous`. */
  readonly previous: boolean
}

export interface FittedRecordDetector {
  readonly detector: RecordDetector
  readonly fitted: Fitted
}

const FLOAT = 1
const STRIPE = 128

/**
 * Standardise in the precision of the input, whiten in float32, score. The same steps as `whiten`, `score` and `of` in float64.
 */
export const scoringGraph = (
  whitening: Whitening,
  detectors: readonly FittedRecordDetector[],
  windows: Placement,
  dtype: 'float32' | 'float64',
): ScoringGraph => {
  const { d } = whitening
  const builder = new GraphBuilder()
  const rows = (name: string) => {
    const raw = builder.input(name, dtype, ['n', d])
    return dtype === 'float64' ? standardiseDouble(builder, raw, whitening) : standardiseFloat(builder, raw, whitening)
  }
  const standardised = rows('x')
  const whitened = whitenInGraph(builder, standardised, whitening.root, 'z')
  const labelled = windows.detectors.some(({ detector }) => detector.labels === 'live')
  const labels = labelled ? builder.input('labels', 'float32', ['n', 1]) : ''
  const usesPrevious = [...detectors, ...windows.detectors].some(({ detector }) => detector.usesPrevious)
  const previous = usesPrevious ? whitenInGraph(builder, rows('previous'), whitening.root) : whitened
  const inputs = { standardised, whitened, previous, labels }
  const own = windows.detectors.flatMap(({ statistics }) => statistics?.graph(builder, inputs) ?? [])
  const statistics = own.length === 0 ? whitened : builder.node('Concat', [whitened, ...own], { axis: 1 })
  builder.output(statistics, 'float32', ['n', windows.width])
  const scores = detectors.map(({ detector, fitted }) => {
    const score = detector.graph(fitted, builder, inputs)
    builder.output(score, 'float32', ['n'])
    return score
  })
  return { model: builder.build(), statistics, width: windows.width, scores, previous: usesPrevious, ...(labelled && { labels: true }) }
}

/** z = W u. */
export const whitenInGraph = (builder: GraphBuilder, standardised: string, root: Root, name?: string): string => {
  const { d, inverse, span } = root
  if (span === undefined) return triangleTimes(builder, standardised, inverse, d, name)
  const { basis, beyond } = span
  const r = basis.length / d
  const rows = builder.constant([r, d], Float32Array.from(basis))
  const outside = builder.constant([], Float32Array.of(1 / beyond))
  const along = builder.node('Gemm', [standardised, rows], { transB: 1 })
  const moved = builder.node('Sub', [triangleTimes(builder, along, inverse, r), builder.node('Mul', [along, outside])])
  return builder.node('Add', [builder.node('Gemm', [moved, rows]), builder.node('Mul', [standardised, outside])], {}, name)
}

/**
 * M x of a lower triangular matrix: a stripe of its rows needs only the columns up to its diagonal, a third faster from d = 256 on.
 */
export const triangleTimes = (builder: GraphBuilder, standardised: string, triangle: Float64Array, d: number, name?: string): string => {
  const int = (value: number) => builder.constant([1], BigInt64Array.of(BigInt(value)))
  const stripe = (start: number, name?: string): string => {
    const end = Math.min(start + STRIPE, d)
    const columns = end === d ? standardised : builder.node('Slice', [standardised, int(0), int(end), int(1)])
    const weights = new Float32Array((end - start) * end)
    for (let i = start; i < end; i++) weights.set(triangle.subarray(i * d, i * d + end), (i - start) * end)
    return builder.node('Gemm', [columns, builder.constant([end - start, end], weights)], { transB: 1 }, name)
  }
  if (d <= STRIPE) return stripe(0, name)
  const stripes = Array.from({ length: Math.ceil(d / STRIPE) }, (_, i) => stripe(i * STRIPE))
  return builder.node('Concat', stripes, { axis: 1 }, name)
}

export const standardiseDouble = (builder: GraphBuilder, x: string, { d, active, mean, scale }: Whitening): string => {
  const centred = builder.node('Sub', [x, builder.constant([d], centres(mean, active))])
  const scaled = builder.node('Mul', [centred, builder.constant([d], reciprocals(scale, active))])
  const limits = [-CLIP, CLIP].map((limit) => builder.constant([], Float64Array.of(limit)))
  return builder.node('Cast', [builder.node('Clip', [scaled, ...limits])], { to: FLOAT })
}

/** A float32 mean would be off by half a unit in the last place of x, a bias of all rows; what is lost to rounding is taken off apart. */
export const standardiseFloat = (builder: GraphBuilder, x: string, { d, active, mean, scale }: Whitening): string => {
  const rounded = Float32Array.from(centres(mean, active))
  const rest = Float32Array.from(centres(mean, active), (value, j) => value - rounded[j])
  const centred = builder.node('Sub', [builder.node('Sub', [x, builder.constant([d], rounded)]), builder.constant([d], rest)])
  const scaled = builder.node('Mul', [centred, builder.constant([d], Float32Array.from(reciprocals(scale, active)))])
  return builder.node('Clip', [scaled, ...[-CLIP, CLIP].map((limit) => builder.constant([], Float32Array.of(limit)))])
}

/** 0 for constant columns, so that what is multiplied by 0 below is finite. */
const centres = (mean: Float64Array, active: readonly boolean[]): Float64Array => mean.map((value, j) => (active[j] ? value : 0))

const reciprocals = (scale: Float64Array, active: readonly boolean[]): Float64Array => scale.map((value, j) => (active[j] ? 1 / value : 0))
