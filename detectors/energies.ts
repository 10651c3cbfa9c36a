import { type Channel, FLOOR } from './channels.js'
import type { GraphInputs, ReferenceSummary } from './detector.js'
import type { GraphBuilder } from './onnx-graph.js'
import { type Fitted, tensorData } from './stored.js'

const names = ['first', 'second', 'shift', 'slope', 'logShift', 'logSlope', 'floor'] as const
/** Spreads beyond it, as logarithms of ratios, count as it: float32 holds their squares. */
const WIDEST = 20
/** exp of it is 0. */
const NOTHING = -200

/**
 * The mean square about zero of each feature, over its mean in the reference: x^2 of a feature of vectors; of a channel of pictures m^2 + s^2,
 * m and s its mean and standard deviation over the positions of a picture. Features that never vary are left out.
 */
export interface Energies extends Record<(typeof names)[number], Float64Array> {}

/** Of the reference's bank, whose mean energies are 1. */
export function fitEnergies({ whitening, bank: { m, rows }, channels = [] }: ReferenceSummary): Energies {
  const { d, mean, scale, active } = whitening
  const ofPictures = channels.filter((channel) => active[channel.mean] && active[channel.logSd])
  const paired = new Set(channels.flatMap((channel) => [channel.mean, channel.logSd]))
  const alone = [...active.keys()].filter((column) => active[column] && !paired.has(column))
  const all: Partial<Channel>[] = [...ofPictures, ...alone.map((column) => ({ mean: column }))]
  const rough = all.map(({ mean: first = 0, logSd }) => [
    first,
    logSd ?? first,
    mean[first],
    scale[first],
    logSd === undefined ? NOTHING : mean[logSd],
    logSd === undefined ? 0 : scale[logSd],
    logSd === undefined ? 0 : FLOOR,
  ])
  const of = (i: number, from = rough) => Float64Array.from(from, (row) => row[i])
  const raw = energiesFrom(of)
  const sums = new Float64Array(all.length)
  for (let i = 0; i < m; i++)
    energiesOf(raw, rows.subarray(i * d, (i + 1) * d)).forEach((energy, c) => {
      sums[c] += energy / m
    })
  const relative = rough.map(([first, second, shift, slope, logShift, logSlope, floor], c) => {
    const unit = Math.sqrt(sums[c])
    return [first, second, shift / unit, slope / unit, logShift - Math.log(unit), logSlope, floor / unit]
  })
  return energiesFrom((i) => of(i, relative))
}

const energiesFrom = (of: (i: number) => Float64Array): Energies => ({
  first: of(0),
  second: of(1),
  shift: of(2),
  slope: of(3),
  logShift: of(4),
  logSlope: of(5),
  floor: of(6),
})

export const energiesToTensors = (energies: Energies): Fitted['tensors'] =>
  Object.fromEntries(names.map((name) => [name, { shape: [energies[name].length], data: energies[name] }]))

export const energiesFromFitted = ({ tensors }: Fitted): Energies =>
  energiesFrom((i) => tensorData(tensors, names[i], tensors.first?.data.length ?? 0))

/** Of a standardised row. */
export const energiesOf = (
  { first, second, shift, slope, logShift, logSlope, floor }: Energies,
  standardised: Float64Array,
): Float64Array =>
  first.map((column, c) => {
    const value = shift[c] + slope[c] * standardised[column]
    const spread = Math.exp(Math.min(WIDEST, logShift[c] + logSlope[c] * standardised[second[c]])) - floor[c]
    return value * value + spread * spread
  })

/** The same in the graph, [n,C]. */
export function energiesGraph(energies: Energies, builder: GraphBuilder, { standardised }: GraphInputs): string {
  const { first, second, shift, slope, logShift, logSlope, floor } = energies
  const vector = (values: Float64Array) => builder.constant([values.length], Float32Array.from(values))
  const line = (columns: Float64Array, add: Float64Array, times: Float64Array) => {
    const own = builder.node('Gather', [standardised, builder.constant([columns.length], BigInt64Array.from(columns, BigInt))], { axis: 1 })
    return builder.node('Add', [builder.node('Mul', [own, vector(times)]), vector(add)])
  }
  const value = line(first, shift, slope)
  const square = builder.node('Mul', [value, value])
  if (logSlope.every((times) => times === 0)) return square
  const widest = builder.constant([], Float32Array.of(WIDEST))
  const spread = builder.node('Sub', [
    builder.node('Exp', [builder.node('Min', [line(second, logShift, logSlope), widest])]),
    vector(floor),
  ])
  return builder.node('Add', [square, builder.node('Mul', [spread, spread])])
}
