import type { PictureMap } from '../backbones/embedder.js'
import { overUsual, type PatchBank, pooledPositions } from '../backbones/patch-bank.js'
import { kCenter, nearestSquares } from '../detectors/k-center.js'
import { normals, sample, uniforms } from '../detectors/random.js'
import { type BankPlaces, lookedAt } from './places.js'
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
  /** Of the pictures of even blocks. */
  readonly places: BankPlaces
  /** By block a bank to which its pictures are new, as those of the stream are to the one of `places`: of the blocks of the other parity. */
  readonly without: readonly PatchBank[]
}

/**
 * Learns two banks, of the pictures of even and of odd blocks, and how far the pictures of the other blocks are from each: from their own patches, and
 * those of frames beside them, pictures are as good as 0 away. Nor do the pictures of a block count in what is usual for them. (One bank of all, and
 * others without each block, would not do: which kinds of patches a choice leaves out is a matter of chance, so that what is usual is another
 * thing for each bank.) Deterministic.
 */
export function learnBank(maps: readonly BlockMap[], blocks: number): LearntBank {
  const [{ map: first }] = maps
  const { height, width } = first
  const channels = lookedAt(first)
  const pictures = maps.map(({ map, block }) => {
    const pooled = pooledPositions(map, channels)
    return { pooled, coordinates: projected(pooled, channels.length), block }
  })
  const halves = [0, 1].map((half) => pictures.filter(({ block }) => block % 2 === half))
  if (halves.some(({ length }) => length === 0))
    throw new FitRefused(
      'too_few_rows',
      `patch-distance compares pictures with those of other times, but all ${maps.length} are of one tenth of their stream; give more pictures, or leave patch-distance out`,
    )
  /** By parity its bank, and of the pictures of the other parity the squared distances from it. */
  const banks = halves.map((own, half) => {
    const patches = coreset(own, height * width)
    const others = halves[1 - half].map(({ pooled, block }) => ({ block, squares: nearestSquares(pooled, patches, channels.length) }))
    return { patches, others }
  })
  const [{ patches, others }] = banks
  const usual = usualOf(others)
  const highest = mean(others.map(({ squares }) => squares.reduce((most, square, p) => Math.max(most, overUsual(square, usual[p])), 0)))
  const without = Array.from({ length: blocks }, (_, block) => {
    const { patches, others } = banks[1 - (block % 2)]
    const rest = others.filter((one) => one.block !== block)
    return { channels, patches, usual: usualOf(rest.length > 0 ? rest : others) }
  })
  return { places: { height, width, channels, patches, usual, highest }, without }
}

/** Per position the mean of squared distances. */
const usualOf = (pictures: readonly { readonly squares: Float64Array }[]): Float64Array =>
  pictures[0].squares.map((_, p) => mean(pictures.map(({ squares }) => squares[p])))

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

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
    const width = pictures[0][part].length / positions
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
