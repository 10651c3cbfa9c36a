import type { PictureMap } from '../backbones/embedder.js'
import { overUsual, type PatchBank, pooledPositions } from '../backbones/patch-bank.js'
import { kCenter, nearestSquares } from '../detectors/k-center.js'
import { normals, sample, uniforms } from '../detectors/random.js'
import { type BankPlaces, channelsOf } from './places.js'
import { FitRefused } from './refusal.js'

/** Patches of a bank: at 80 channels 320 kB. */
const PATCHES = 1000
/** Patches that it is chosen from. */
const CANDIDATES = 20_000
/** Coordinates that the choice goes by: random directions keep the order of most distances (Johnson and Lindenstrauss). */
const DIRECTIONS = 32
const SEED = 1

/** A map, and the block of time that its picture is of. */
export interface BlockMap {
  readonly map: PictureMap
  readonly block: number
}

export interface LearntBank {
  readonly places: BankPlaces
  /** By block a bank without its pictures: pictures of that time are new to it. */
  readonly without: readonly PatchBank[]
}

/**
 * Learns the bank of pictures, and how far they are from it: each from a bank without the pictures of its block, for from its own patches, and those
 * of frames beside it, it is as good as 0 away. Deterministic.
 */
export function learnBank(maps: readonly BlockMap[], blocks: number): LearntBank {
  const [{ map: first }] = maps
  const { height, width } = first
  const channels = channelsOf(first)
  const pictures = maps.map(({ map }) => {
    const pooled = pooledPositions(map, channels)
    return { pooled, coordinates: projected(pooled, channels.length) }
  })
  const bankOf = (inside: (block: number) => boolean) =>
    coreset(
      pictures.filter((_, i) => inside(maps[i].block)),
      height * width,
    )
  const [block] = maps.map((one) => one.block)
  if (maps.every((one) => one.block === block))
    throw new FitRefused(
      'too_few_rows',
      `patch-distance compares pictures with those of other times, but all ${maps.length} are of one tenth of their stream; give more pictures, or leave patch-distance out`,
    )
  const without = Array.from({ length: blocks }, (_, block) => bankOf((other) => other !== block))
  const squares = maps.map(({ block }, i) => nearestSquares(pictures[i].pooled, without[block], channels.length))
  const usual = Float64Array.from({ length: height * width }, (_, p) => squares.reduce((sum, one) => sum + one[p], 0) / maps.length)
  const highest = squares.reduce((sum, one) => sum + one.reduce((most, square, p) => Math.max(most, overUsual(square, usual[p])), 0), 0)
  const places = { height, width, channels, patches: bankOf(() => true), usual, highest: highest / maps.length }
  return { places, without: without.map((patches) => ({ channels, patches, usual })) }
}

interface Positions {
  /** positions x channels */
  readonly pooled: Float32Array
  /** positions x directions */
  readonly coordinates: Float32Array
}

/** Patches of pictures that cover all of theirs. */
function coreset(pictures: readonly Positions[], positions: number): Float32Array<ArrayBuffer> {
  const candidates = sample(pictures.length * positions, CANDIDATES, uniforms(SEED))
  const rowsOf = (part: keyof Positions, chosen: readonly number[]) => {
    const width = (pictures[0]?.[part].length ?? 0) / positions
    const rows = new Float32Array(chosen.length * width)
    for (const [i, at] of chosen.entries()) {
      const place = at % positions
      rows.set(pictures[Math.floor(at / positions)][part].subarray(place * width, (place + 1) * width), i * width)
    }
    return { rows, width }
  }
  const { rows, width } = rowsOf('coordinates', candidates)
  const chosen = kCenter(rows, width, PATCHES).map((i) => candidates[i])
  return rowsOf('pooled', chosen).rows
}

/** Coordinates of points (n x k) along random directions; their own where those are no more. */
function projected(points: Float32Array, k: number): Float32Array {
  if (k <= DIRECTIONS) return points
  const normal = normals(SEED)
  const directions = Float64Array.from({ length: DIRECTIONS * k }, normal)
  return Float32Array.from({ length: (points.length / k) * DIRECTIONS }, (_, at) => {
    const [from, direction] = [Math.floor(at / DIRECTIONS) * k, (at % DIRECTIONS) * k]
    let sum = 0
    for (let j = 0; j < k; j++) sum += points[from + j] * directions[direction + j]
    return sum
  })
}
