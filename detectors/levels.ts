import type { RecordDetector } from './detector.js'
import { gaussian } from './gaussian.js'
import { dot } from './linalg.js'
import type { GraphBuilder } from './onnx-graph.js'
import { standardiseFloat, whitenInGraph } from './scoring-graph.js'
import { shrinkageFor } from './shrinkage.js'
import { standardise } from './standardisation.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { type Whitening, whiten, whiteningFromFitted, whiteningToFitted, whitenRows } from './whitening.js'

/**
 * Sum over the taps of a backbone of the Mahalanobis distances of each tap's own features (Rippel, Mertens and Merhof 2020): each level of
 * what a network sees counts alike, and correlations between levels not at all. A share is the feature's part of its level's squared
 * distance, over the distance.
 */
export const levels: RecordDetector = {
  name: 'levels',
  title: 'Pictures that are unusual at some of the levels of a backbone, from texture to whole objects, each judged by itself.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening: { d, active }, bank: { m, rows }, taps = [] }, matmul) => {
    const varying = taps.map(({ columns }) => columns.filter((column) => active[column])).filter(({ length }) => length > 0)
    if (varying.length === 0) throw new Unfit('levels needs pictures (decode: image), whose features are those of taps; use gaussian')
    const own: Level[] = []
    for (const columns of varying) {
      const k = columns.length
      const part = Float64Array.from({ length: m * k }, (_, at) => rows[Math.floor(at / k) * d + columns[at % k]])
      const standardisation = { mean: new Float64Array(k), scale: new Float64Array(k).fill(1) }
      own.push({ columns, whitening: await whitenRows(part, standardisation, { shrinkage: shrinkageFor(m, k) }, matmul) })
    }
    return toFitted(own)
  },
  graph: (fitted, builder, { standardised }) => {
    const distances = fromFitted(fitted).map(({ columns, whitening }) => {
      const part = standardiseFloat(builder, chosen(builder, standardised, columns), whitening)
      const squared = builder.node('ReduceSumSquare', [whitenInGraph(builder, part, whitening.root)], { axes: [1], keepdims: 0 })
      return builder.node('Sqrt', [squared])
    })
    return distances.reduce((sum, distance) => builder.node('Add', [sum, distance]))
  },
  score: (fitted, whitening, row) => {
    const standardised = standardise(row, 1, whitening)
    return fromFitted(fitted).reduce((sum, level) => sum + distanceOf(level, standardised), 0)
  },
  explain: (fitted, whitening, row) => {
    const standardised = standardise(row, 1, whitening)
    const shares = Array.from(standardised, (sigma, index) => ({ index, share: 0, sigma }))
    for (const level of fromFitted(fitted)) {
      const distance = distanceOf(level, standardised)
      const own = gaussian.explain(fitted, level.whitening, of(level, standardised))
      level.columns.forEach((column, i) => {
        shares[column].share = distance > 0 ? own[i].share / distance : 0
      })
    }
    return shares
  },
}

interface Level {
  /** Rising. */
  readonly columns: readonly number[]
  /** Of these columns of the standardised rows. */
  readonly whitening: Whitening
}

const of = ({ columns }: Level, standardised: Float64Array): Float64Array => Float64Array.from(columns, (column) => standardised[column])

const distanceOf = (level: Level, standardised: Float64Array): number => {
  const z = whiten(level.whitening, of(level, standardised))
  return Math.sqrt(dot(z, z))
}

/** Columns beside each other as a slice: a Gather takes far longer. */
const chosen = (builder: GraphBuilder, standardised: string, columns: readonly number[]): string => {
  const [first, last] = [columns[0], columns[columns.length - 1]]
  const int = (...values: number[]) => builder.constant([values.length], BigInt64Array.from(values, BigInt))
  if (last - first + 1 !== columns.length) return builder.node('Gather', [standardised, int(...columns)], { axis: 1 })
  return builder.node('Slice', [standardised, int(first), int(last + 1), int(1)])
}

const toFitted = (own: readonly Level[]): Fitted => {
  const parts = own.map(({ columns, whitening }) => {
    const { scalars, tensors } = whiteningToFitted(whitening)
    return { scalars, tensors: { ...tensors, columns: { shape: [columns.length], data: Float64Array.from(columns) } } }
  })
  const named = <Value>(of: (part: Fitted) => Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(parts.flatMap((part, i) => Object.entries(of(part)).map(([name, value]) => [`${i}-${name}`, value])))
  return { scalars: { levels: own.length, ...named(({ scalars }) => scalars) }, tensors: named(({ tensors }) => tensors) }
}

/** @throws Error naming what is missing or of the wrong size. */
const fromFitted = ({ scalars, tensors }: Fitted): Level[] =>
  Array.from({ length: scalarNumber(scalars, 'levels') }, (_, i) => {
    const own = <Value>(values: Readonly<Record<string, Value>>): Record<string, Value> =>
      Object.fromEntries(
        Object.entries(values).flatMap(([name, value]) => (name.startsWith(`${i}-`) ? [[name.slice(`${i}-`.length), value]] : [])),
      )
    const part = { scalars: own(scalars), tensors: own(tensors) }
    const columns = [...tensorData(part.tensors, 'columns', part.tensors.columns?.data.length ?? 0)]
    return { columns, whitening: whiteningFromFitted(part) }
  })
