import type { ReferenceSummary } from './detector.js'
import { dot, lowerTimes } from './linalg.js'
import { type MatMul, multiply, transpose } from './matmul.js'
import { rootRows } from './root.js'
import { sampleMoments } from './sample-moments.js'
import { shrinkageFor } from './shrinkage.js'
import { leadingSpectrum } from './spectrum.js'
import { columnMeans, columnStats, standardisationOf, standardise } from './standardisation.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import { Unfit } from './unfit.js'
import { fitWhitening } from './whitening.js'

/** Between 15 and 30 it makes no difference (image study, section 3). */
const DIRECTIONS = 20

/** The directions in which degraded pictures leave the clean ones. */
export interface Corruption {
  /** Reference rows. */
  readonly n: number
  readonly d: number
  /** The k columns that are looked at: one mid-level tap of the backbone. */
  readonly columns: Float64Array
  /** r x k: coordinates of standardised columns along the directions, of variance 1 among the reference. */
  readonly axes: Float64Array
  /** k: where the reference's columns lie. */
  readonly centre: Float64Array
  /** r x d: the same coordinates of whitened rows. */
  readonly along: Float64Array
}

/**
 * With w the whitening of the tap's columns and delta what a degradation changed of one picture's: the leading eigenvectors of the sum of
 * (w delta)(w delta)^T / |w delta|^2, so that each degradation of each picture counts alike; coordinates along them are scaled to variance 1.
 * @throws Unfit without pictures, or where fewer than two of the columns vary
 */
export const learnCorruption = async ({ whitening, bank, degraded }: ReferenceSummary, matmul: MatMul): Promise<Corruption> => {
  if (degraded === undefined)
    throw new Unfit('corruption needs pictures (decode: image), whose degraded versions it learns from; leave it out for vectors')
  const { columns, shifts } = degraded
  const { n, d, scale, root } = whitening
  const k = columns.length
  const of = (rows: Float64Array, count: number) =>
    Float64Array.from({ length: count * k }, (_, at) => rows[Math.floor(at / k) * d + columns[at % k]])
  const clean = of(bank.rows, bank.m)
  const varying = columns.filter((column) => scale[column] > 0).length
  if (varying < 2)
    throw new Unfit(`corruption needs at least 2 features that vary in the reference among those of its tap, got ${varying}; leave it out`)
  const standardisation = standardisationOf(columnStats(clean, bank.m, k))
  const own = await fitWhitening(
    await sampleMoments(standardise(clean, bank.m, standardisation), k, matmul),
    standardisation,
    { shrinkage: shrinkageFor(bank.m, varying) },
    matmul,
  )
  const whitened = (difference: (j: number) => number) =>
    lowerTimes(
      own.root.inverse,
      Float64Array.from({ length: k }, (_, j) => (own.scale[j] > 0 ? difference(j) / own.scale[j] : 0)),
      k,
    )
  const moved = Float64Array.from({ length: shifts.length }, () => 0)
  for (let at = 0; at < shifts.length; at += k) {
    const moves = whitened((j) => (scale[columns[j]] > 0 ? shifts[at + j] / scale[columns[j]] : 0))
    const length = Math.sqrt(dot(moves, moves))
    if (length > 0)
      moved.set(
        moves.map((move) => move / length),
        at,
      )
  }
  const m = shifts.length / k
  const r = Math.min(DIRECTIONS, varying)
  const { vectors } = await leadingSpectrum(await matmul(transpose(moved, m, k), moved, k, m, k), k, r, matmul)
  const inUnits = own.root.inverse.map((value, at) => (own.scale[at % k] > 0 ? value / own.scale[at % k] : 0))
  const directions = await matmul(vectors, inUnits, r, k, k)
  const coordinates = await matmul(clean, transpose(directions, r, k), bank.m, k, r)
  const { squares } = columnStats(coordinates, bank.m, r)
  const axes = directions.map((value, at) => value / Math.sqrt(squares[Math.floor(at / k)] / (bank.m - 1)))
  const rows = await rootRows(root, columns, matmul)
  return {
    n,
    d,
    columns: Float64Array.from(columns),
    axes,
    centre: columnMeans(clean, bank.m, k),
    along: await multiply(axes, rows, r, k, d),
  }
}

export const corruptionToFitted = ({ n, d, columns, axes, centre, along }: Corruption): Fitted => {
  const k = columns.length
  const r = axes.length / k
  return {
    scalars: { n },
    tensors: {
      columns: { shape: [k], data: columns },
      axes: { shape: [r, k], data: axes },
      centre: { shape: [k], data: centre },
      along: { shape: [r, d], data: along },
    },
  }
}

export const corruptionFromFitted = ({ scalars, tensors }: Fitted): Corruption => {
  const [r = 0, d = 0] = tensors.along?.shape ?? []
  const k = tensors.columns?.data.length ?? 0
  return {
    n: scalarNumber(scalars, 'n'),
    d,
    columns: tensorData(tensors, 'columns', k),
    axes: tensorData(tensors, 'axes', r * k),
    centre: tensorData(tensors, 'centre', k),
    along: tensorData(tensors, 'along', r * d),
  }
}

/** A point in the standardised features, looked at along the directions: how far it lies, and each feature's part of the square of that. */
export const seenAlong = ({ columns, axes, centre }: Corruption, standardised: Float64Array): { square: number; shares: Float64Array } => {
  const k = columns.length
  const away = Float64Array.from(columns, (column, j) => standardised[column] - centre[j])
  const pull = new Float64Array(k)
  let square = 0
  for (let at = 0; at < axes.length; at += k) {
    const axis = axes.subarray(at, at + k)
    const coordinate = dot(axis, away)
    square += coordinate * coordinate
    for (let j = 0; j < k; j++) pull[j] += coordinate * axis[j]
  }
  const shares = new Float64Array(standardised.length)
  columns.forEach((column, j) => {
    shares[column] = away[j] * pull[j]
  })
  return { square, shares }
}
