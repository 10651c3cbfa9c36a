import { FLOOR, type TrainedTap } from './channels.js'
import type { FeatureShare, GraphInputs, ReferenceSummary } from './detector.js'
import type { GraphBuilder } from './onnx-graph.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import type { Whitening } from './whitening.js'

/** Channels whose variance in training is below this part of their tap's median are dead. */
const DEAD = 1e-6
/** What one channel may say: its mean lies so many standard deviations away, its spread is so many times another one. */
const FARTHEST = 10
const WIDEST = Math.log(10)

const names = ['means', 'logSds', 'shift', 'slope', 'logShift', 'logSlope', 'weight'] as const

/**
 * The channels of all taps whose statistics in training are known, dead ones and such as do not vary in the reference left out. Of a picture
 * whose standardised columns are u: z = shift + slope u, by how many standard deviations in training the channel's mean is off, and
 * ln r = logShift + logSlope u, r the ratio of standard deviations (`FLOOR` added to both).
 */
export interface TrainedChannels extends Record<(typeof names)[number], Float64Array> {}

/** A distance of a normal distribution from the standard one, in a mean and a ratio of standard deviations. Both parts are at least 0. */
export interface Distance {
  ofMean(z: number): number
  ofRatio(r: number): number
  /** The same of values in the graph: their sum; `logRatio` [n,C] is ln r. */
  graph(builder: GraphBuilder, z: string, logRatio: string): string
}

const square = (builder: GraphBuilder, value: string): string => builder.node('Mul', [value, value])
const number = (builder: GraphBuilder, value: number): string => builder.constant([], Float32Array.of(value))

/** The squared 2-Wasserstein distance, in variances of the training. */
export const wasserstein: Distance = {
  ofMean: (z) => z * z,
  ofRatio: (r) => (r - 1) ** 2,
  graph: (builder, z, logRatio) => {
    const ratio = builder.node('Exp', [logRatio])
    return builder.node('Add', [square(builder, z), square(builder, builder.node('Sub', [ratio, number(builder, 1)]))])
  },
}

/** Kullback and Leibler's divergence of what is seen from the training. */
export const divergence: Distance = {
  ofMean: (z) => (z * z) / 2,
  ofRatio: (r) => (r * r - 1) / 2 - Math.log(r),
  graph: (builder, z, logRatio) => {
    const ratio = builder.node('Exp', [logRatio])
    const squares = builder.node('Sub', [builder.node('Add', [square(builder, z), square(builder, ratio)]), number(builder, 1)])
    return builder.node('Sub', [builder.node('Mul', [squares, number(builder, 0.5)]), logRatio])
  },
}

/** What statistics in training are set beside. */
interface Standing extends Pick<ReferenceSummary, 'trained'> {
  readonly whitening: Pick<Whitening, 'mean' | 'scale' | 'active'>
}

/** @throws Unfit where no statistics in training are known, or none of their channels can be used */
export function fitTrained({ trained, whitening }: Standing): Fitted {
  if (trained === undefined || trained.length === 0)
    throw new Unfit(
      'the backbone holds no statistics of its training at taps with mean and logSd, which the distance from them needs; prepare it from a model with ' +
        'BatchNormalization at its taps, or with --trained FILE (docs/backbones.md), or leave the detector out. Where a slow mean is subtracted (the halves of the ' +
        'reference disagree), pictures say no longer how far they are: fit on pictures that do not drift',
    )
  const used = trained.map((tap) => usedOf(tap, whitening)).filter(({ length }) => length > 0)
  if (used.length === 0)
    throw new Unfit('no channel with statistics of the training varies in the reference; give more pictures, or leave the detector out')
  const rows = used.flatMap((channels) => channels.map((channel) => [...channel, 1 / channels.length / used.length]))
  return {
    scalars: {},
    tensors: Object.fromEntries(names.map((name, i) => [name, { shape: [rows.length], data: Float64Array.from(rows, (row) => row[i]) }])),
  }
}

/** Per channel that can be used the first six of `names`. */
function usedOf({ means, logSds, mean, variance }: TrainedTap, whitening: Standing['whitening']): number[][] {
  const median = variance.toSorted()[variance.length >> 1]
  return [...means].flatMap((at, c) => {
    const logSd = logSds[c]
    if (!(variance[c] > DEAD * median && whitening.active[at] && whitening.active[logSd])) return []
    const deviation = Math.sqrt(variance[c])
    const shift = (whitening.mean[at] - mean[c]) / deviation
    const logShift = whitening.mean[logSd] - Math.log(deviation + FLOOR)
    return [[at, logSd, shift, whitening.scale[at] / deviation, logShift, whitening.scale[logSd]]]
  })
}

export const trainedChannels = ({ tensors }: Fitted): TrainedChannels => {
  const length = tensors.weight?.data.length ?? 0
  const of = (name: (typeof names)[number]) => tensorData(tensors, name, length)
  return {
    means: of('means'),
    logSds: of('logSds'),
    shift: of('shift'),
    slope: of('slope'),
    logShift: of('logShift'),
    logSlope: of('logSlope'),
    weight: of('weight'),
  }
}

/** z and ln r [n,C] of the rows in the graph. */
export function trainedGraph(
  channels: TrainedChannels,
  builder: GraphBuilder,
  { standardised }: GraphInputs,
): { z: string; logRatio: string } {
  const { means, logSds, shift, slope, logShift, logSlope } = channels
  const seen = (columns: Float64Array, add: Float64Array, times: Float64Array, most: number) => {
    const vector = (values: Float64Array) => builder.constant([values.length], Float32Array.from(values))
    const own = builder.node('Gather', [standardised, builder.constant([columns.length], BigInt64Array.from(columns, BigInt))], { axis: 1 })
    const value = builder.node('Add', [builder.node('Mul', [own, vector(times)]), vector(add)])
    return builder.node('Clip', [value, number(builder, -most), number(builder, most)])
  }
  return { z: seen(means, shift, slope, FARTHEST), logRatio: seen(logSds, logShift, logSlope, WIDEST) }
}

/** The same of one standardised row, in float64, of channel c. */
export const trainedAt = (channels: TrainedChannels, standardised: Float64Array, c: number): { z: number; logRatio: number } => {
  const { means, logSds, shift, slope, logShift, logSlope } = channels
  const within = (value: number, most: number) => Math.max(-most, Math.min(most, value))
  return {
    z: within(shift[c] + slope[c] * standardised[means[c]], FARTHEST),
    logRatio: within(logShift[c] + logSlope[c] * standardised[logSds[c]], WIDEST),
  }
}

/** The mean over taps of the mean over their channels of a distance, by column: they sum to it. `of`: mean and ratio of channel c. */
export function trainedShares(
  { means, logSds, weight }: TrainedChannels,
  { ofMean, ofRatio }: Distance,
  of: (c: number) => { readonly z: number; readonly ratio: number },
  sigmas: Float64Array,
): FeatureShare[] {
  const shares = new Float64Array(sigmas.length)
  weight.forEach((part, c) => {
    const { z, ratio } = of(c)
    shares[means[c]] = part * ofMean(z)
    shares[logSds[c]] = part * ofRatio(ratio)
  })
  return Array.from(sigmas, (sigma, index) => ({ index, share: shares[index], sigma }))
}
