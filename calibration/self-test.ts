import { normalQuantile } from './normal.js'
import { countAbove, quantile, sorted } from './order-statistics.js'

/** Scores of one half of the reference beside those of the other half under a fit to the first. */
export interface HalfScores {
  /** Held-out scores of the half itself. */
  readonly heldOut: Float64Array
  /** Scores of the other half. */
  readonly other: Float64Array
}

export interface HalvesEvidence {
  /** Mean of half A minus mean of half B, whitened with the whole reference: d values in sigma. */
  readonly shift: Float64Array
  /** D² of the rows: A with B under A's fit, and B with A under B's fit. */
  readonly records: readonly [HalfScores, HalfScores]
  /** T² of windows (64 records, fewer where the reference is small), likewise. */
  readonly windows: readonly [HalfScores, HalfScores]
  /** As many independent rows as these are worth, where that is fewer than they are. */
  readonly effective?: number | undefined
}

export interface HalvesVerdict {
  /** Largest |shift|, and its coordinate. */
  readonly s1: number
  readonly coordinate: number
  /** Share of one half's D² above the other's held-out 95 % point, over 5 %: the larger of both directions. */
  readonly s2: number
  /** The same for windows, at the 90 % point. */
  readonly s3: number
  readonly passed: boolean
}

/**
 * Do the halves of a reference agree? (Calibration study, section 5.) A reference that wanders has no rate of false alarms
 * to calibrate: of those that fail, 4 in 10 miss their budget by more than a factor 2.
 */
export const halvesTest = ({ shift, records, windows, effective }: HalvesEvidence): HalvesVerdict => {
  const coordinate = shift.reduce((worst, value, i) => (Math.abs(value) > Math.abs(shift[worst]) ? i : worst), 0)
  const s1 = Math.abs(shift[coordinate])
  const s2 = Math.max(...records.map((half) => excess(half, 0.95)))
  const s3 = Math.max(...windows.map((half) => excess(half, 0.9)))
  const rows = records.reduce((sum, { heldOut }) => sum + heldOut.length, 0)
  return { s1, coordinate, s2, s3, passed: disagreementsOf({ s1, s2, s3 }, boundsFor(effective ?? rows, shift.length)).length === 0 }
}

/** What the figures may be where the halves agree. */
export interface HalvesBounds {
  readonly s1: number
  readonly s2: readonly [least: number, most: number]
  readonly s3: number
}

/** Of large references, by the study. */
const usual: HalvesBounds = { s1: 0.3, s2: [0.5, 1.6], s3: 2 }
/** Chance that independent rows of few, or of many features, miss a bound. */
const CHANCE = 0.01

/**
 * The study's bounds, wider where so few rows, or so many features, would miss them by chance: the largest of d differences of means of
 * n / 2 rows, the share of n / 2 rows above a quantile of n / 2 others, and that share of windows. Windows of so few rows are of 4
 * (references/halves.ts), so n / 8 of a half lie side by side, and s3 is the larger of two directions. Of 400 references to
 * independent rows of 3 features each, 2.0 % missed the bound of s3 with n = 100, 1.0 % with 225 and 0.3 % with 400.
 */
export const boundsFor = (n: number, d: number): HalvesBounds => {
  const shift = normalQuantile(1 - CHANCE / 2 / d) * (2 / Math.sqrt(n))
  const share = normalQuantile(1 - CHANCE) * Math.sqrt(2 / (0.05 * (n / 2)))
  const windows = normalQuantile(1 - CHANCE / 2) * Math.sqrt(2 / (0.1 * (n / 8)))
  const [least, most] = usual.s2
  return {
    s1: Math.max(usual.s1, shift),
    s2: [Math.max(0, Math.min(least, 1 - share)), Math.max(most, 1 + share)],
    s3: Math.max(usual.s3, 1 + windows),
  }
}

/** Which of the three figures are out of bounds, each with what it says and its bound, for people. */
export const disagreementsOf = (
  { s1, s2, s3 }: Pick<HalvesVerdict, 's1' | 's2' | 's3'>,
  { s1: far, s2: [least, most], s3: often }: HalvesBounds = usual,
): string[] => [
  ...(s1 < far ? [] : [`their means lie ${brief(s1)} sigma apart (s1; below ${brief(far)} is allowed)`]),
  ...(s2 >= least && s2 < most
    ? []
    : [
        `records of one are rare to the other ${brief(s2)} times as often as they should be (s2; ${brief(least)} to ${brief(most)} is allowed)`,
      ]),
  ...(s3 < often
    ? []
    : [`windows of one are rare to the other ${brief(s3)} times as often as they should be (s3; below ${brief(often)} is allowed)`]),
]

const brief = (figure: number): string => String(Number(figure.toPrecision(3)))

/** Share of `other` above the held-out quantile at `level`, over the 1 - level that agreement gives; 0 where there is nothing to compare. */
const excess = ({ heldOut, other }: HalfScores, level: number): number => {
  if (heldOut.length === 0 || other.length === 0) return 0
  return countAbove(sorted([other]), quantile(sorted([heldOut]), level)) / other.length / (1 - level)
}
