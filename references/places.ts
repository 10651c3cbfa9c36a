import type { PictureMap } from '../backbones/embedder.js'
import { overUsual, type PatchBank, pooledPositions } from '../backbones/patch-bank.js'
import { nearestSquares } from '../detectors/k-center.js'
import type { MatMul } from '../detectors/matmul.js'
import { sampleMoments } from '../detectors/sample-moments.js'
import { shrinkageFor } from '../detectors/shrinkage.js'
import { columnStats, standardisationOf, standardise } from '../detectors/standardisation.js'
import type { Fitted } from '../detectors/stored.js'
import { fitWhitening, whiten, whiteningFromFitted, whiteningToFitted } from '../detectors/whitening.js'
import type { PatchMap } from '../pictures/heatmap.js'

/** More channels than these say little more and cost their square (PaDiM takes 100 of 448). */
const MOST_CHANNELS = 128

/** What the positions of one tap hold in pictures of the reference, to say where in a picture something is unlike them. */
export type Places = GaussianPlaces | BankPlaces

interface EitherPlaces {
  readonly height: number
  readonly width: number
  /** Those that are looked at. */
  readonly channels: readonly number[]
  /** height x width: mean squared distance of the reference's pictures there. */
  readonly usual: Float64Array
  /** The largest squared distance of a picture over what is usual there: the mean of the reference's pictures. */
  readonly highest: number
}

/** One Gaussian for all positions. */
export interface GaussianPlaces extends EitherPlaces {
  /** Whitening of a position's channels. */
  readonly whitening: Fitted
}

/** Patches themselves, where a picture's distance from them is a feature of it. */
export interface BankPlaces extends EitherPlaces, PatchBank {}

export interface UnusualPlaces extends PatchMap {
  readonly range: readonly [low: number, high: number]
}

/**
 * Learns them from maps of pictures: a Gaussian of the channels over all positions (PaDiM, Defard et al. 2021, which has one for each: objects here
 * need not lie in the same place), and how far from it pictures usually are at each position: borders, say, are farther.
 * Undefined where no two channels vary.
 */
export async function learnPlaces(maps: readonly PictureMap[], matmul: MatMul): Promise<GaussianPlaces | undefined> {
  const { height, width } = maps[0]
  const channels = lookedAt(maps[0])
  const k = channels.length
  const positions = height * width
  const rows = new Float64Array(maps.length * positions * k)
  maps.forEach((map, i) => {
    rows.set(rowsOf(map, channels), i * positions * k)
  })
  const n = maps.length * positions
  const standardisation = standardisationOf(columnStats(rows, n, k))
  const varying = standardisation.scale.filter((scale) => scale > 0).length
  if (varying < 2) return undefined
  const moments = await sampleMoments(standardise(rows, n, standardisation), k, matmul)
  const whitening = whiteningToFitted(await fitWhitening(moments, standardisation, { shrinkage: shrinkageFor(n, varying) }, matmul))
  const squares = maps.map((map) => squaresOf(map, channels, whitening))
  const usual = Float64Array.from({ length: positions }, (_, p) => squares.reduce((sum, one) => sum + one[p], 0) / maps.length)
  const highest = squares.reduce((sum, one) => sum + Math.max(...over(one, usual)), 0) / maps.length
  return { height, width, channels, whitening, usual, highest }
}

/** Channels of a map that are looked at: all, or some evenly drawn. */
export function lookedAt({ channels: all }: Pick<PictureMap, 'channels'>): number[] {
  const step = Math.max(1, all / MOST_CHANNELS)
  return Array.from({ length: Math.min(all, MOST_CHANNELS) }, (_, i) => Math.floor(i * step))
}

/**
 * Per position how many times its squared distance (Mahalanobis from the Gaussian, or from the nearest patch of the bank) is that which is usual there, as a binary logarithm: distances have long tails, and
 * one corner of a fault would outshine the rest of it. With the range to draw it in: what is usual is dark, the highest of most pictures half bright.
 */
export function unusualPlaces(places: Places, map: PictureMap): UnusualPlaces {
  const { height, width, channels, usual, highest } = places
  const squares =
    'patches' in places
      ? nearestSquares(pooledPositions(map, channels), places.patches, channels.length)
      : squaresOf(map, channels, places.whitening)
  const values = over(squares, usual).map((times) => Math.log2(Math.max(times, 1)))
  return { height, width, values, range: [0, Math.max(2 * Math.log2(highest), ...values)] }
}

/** Positions x channels. */
function rowsOf({ height, width, values }: PictureMap, channels: readonly number[]): Float64Array {
  const positions = height * width
  return Float64Array.from({ length: positions * channels.length }, (_, at) => {
    const position = Math.floor(at / channels.length)
    return values[channels[at % channels.length] * positions + position]
  })
}

function squaresOf(map: PictureMap, channels: readonly number[], fitted: Fitted): Float64Array {
  const whitening = whiteningFromFitted(fitted)
  const k = channels.length
  const rows = rowsOf(map, channels)
  return Float64Array.from({ length: rows.length / k }, (_, p) =>
    whiten(whitening, rows.subarray(p * k, (p + 1) * k)).reduce((sum, z) => sum + z * z, 0),
  )
}

const over = (squares: Float64Array, usual: Float64Array): Float64Array => squares.map((square, p) => overUsual(square, usual[p]))
