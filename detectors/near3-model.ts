import type { Bank } from './detector.js'
import type { MatMul } from './matmul.js'
import { type Beside, type Neighbours, nearestOthers } from './neighbours.js'
import { quantile } from './quantile.js'
import { reciprocalRanges } from './ranges.js'
import { rowsTimesTransposedInverse } from './root.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import type { Whitening } from './whitening.js'

/** Neighbours looked at in ranges and whitened, and how many of the former the plain ruler takes. */
export const RANGED = 5
export const WHITENED = 3
export const PLAIN = 3

/**
 * Mean distances below it (in ranges, or standard deviations) count as it: among duplicates a ratio must not become infinite, nor the
 * rounding of float32 decide what is normal.
 */
export const LEAST_DISTANCE = 1e-5
/** Part of the median distance that is added to both sides of a ratio. */
const SOFTENING = 1e-3
const LEVEL = 0.99

export const rulers = ['plain', 'local', 'whitened'] as const
export type Ruler = (typeof rulers)[number]

/** A distance h counts as (h + softening) / level. */
export interface Level {
  readonly softening: number
  readonly level: number
}

export interface Near3 {
  readonly m: number
  /** d: standardised values times this are in ranges of the bank; 0 for a feature that does not vary. */
  readonly perRange: Float64Array
  /** m x d each: the bank in ranges, and whitened. */
  readonly ranged: Float64Array
  readonly whitened: Float64Array
  /** m: distance of each bank row to its own 5th neighbour, in ranges. */
  readonly own: Float64Array
  readonly levels: Readonly<Record<Ruler, Level>>
}

/**
 * Default detector study, section 1; ranges are those of the bank. `beside`: rows of the bank that are no neighbours of a row, for they
 * are much the same. @throws Error when the bank has fewer rows than it takes neighbours.
 */
export const learnNear3 = async (
  { m, rows }: Bank,
  { d, root }: Pick<Whitening, 'd' | 'root'>,
  matmul: MatMul,
  beside?: Beside,
): Promise<Near3> => {
  if (m <= RANGED) throw new Error(`near3 needs more than ${RANGED} reference rows, got ${m}`)
  const perRange = reciprocalRanges(rows, d)
  const ranged = rows.map((value, at) => value * perRange[at % d])
  const whitened = await rowsTimesTransposedInverse(root, rows, matmul)
  const byRange = await nearestOthers(ranged, d, RANGED, matmul, beside)
  const farthest = Float64Array.from(byRange, ({ distances }) => distances[RANGED - 1])
  const least = Math.max(LEAST_DISTANCE, SOFTENING * quantile(farthest, 0.5))
  const own = farthest.map((distance) => Math.max(distance, least))
  const byWhitening = await nearestOthers(whitened, d, WHITENED, matmul, beside)
  const levels = {
    plain: levelOf(byRange.map(plainDistance)),
    local: levelOf(byRange.map((neighbours) => localDistance(neighbours, own))),
    whitened: levelOf(byWhitening.map(whitenedDistance)),
  }
  return { m, perRange, ranged, whitened, own, levels }
}

export const plainDistance = ({ distances }: Neighbours): number => atLeast(mean(distances.subarray(0, PLAIN)))

/** Relative to how far apart the neighbours lie themselves, half way: dividing by all of it loses on real data. */
export const localDistance = ({ indices, distances }: Neighbours, own: Float64Array): number =>
  atLeast(mean(distances)) / Math.sqrt(mean(Float64Array.from(indices, (i) => own[i])))

export const whitenedDistance = ({ distances }: Neighbours): number => atLeast(mean(distances))

const atLeast = (distance: number): number => Math.max(distance, LEAST_DISTANCE)

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

const levelOf = (distances: readonly number[]): Level => {
  const all = Float64Array.from(distances)
  const softening = SOFTENING * quantile(all, 0.5)
  return { softening, level: Math.max(LEAST_DISTANCE, quantile(all, LEVEL) + softening) }
}

export const near3ToFitted = ({ m, perRange, ranged, whitened, own, levels }: Near3): Fitted => {
  const d = perRange.length
  return {
    scalars: Object.fromEntries(
      rulers.flatMap((ruler) => [
        [`${ruler}Softening`, levels[ruler].softening],
        [`${ruler}Level`, levels[ruler].level],
      ]),
    ),
    tensors: {
      perRange: { shape: [d], data: perRange },
      ranged: { shape: [m, d], data: ranged },
      whitened: { shape: [m, d], data: whitened },
      own: { shape: [m], data: own },
    },
  }
}

/** @throws Error naming what is missing or of the wrong size. */
export const near3FromFitted = ({ scalars, tensors }: Fitted): Near3 => {
  const m = tensors.own?.data.length ?? 0
  const d = tensors.perRange?.data.length ?? 0
  const level = (ruler: Ruler): Level => ({
    softening: scalarNumber(scalars, `${ruler}Softening`),
    level: scalarNumber(scalars, `${ruler}Level`),
  })
  return {
    m,
    perRange: tensorData(tensors, 'perRange', d),
    ranged: tensorData(tensors, 'ranged', m * d),
    whitened: tensorData(tensors, 'whitened', m * d),
    own: tensorData(tensors, 'own', m),
    levels: { plain: level('plain'), local: level('local'), whitened: level('whitened') },
  }
}
