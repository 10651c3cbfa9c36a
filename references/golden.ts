import type { RecordDetector } from '../detectors/detector.js'
import { rootTimes } from '../detectors/root.js'
import type { Whitening } from '../detectors/whitening.js'
import type { Golden, Reference } from './reference.js'

/** Multiples of sigma, dealt out to the features in turn. */
const multiples = [0, 1, -1, 2, -3, 0.5, -0.25, 4] as const
/** float32 keeps 7 digits; that of a whitened value loses about half the digits of the condition number. */
const LEAST_TOLERANCE = 1e-3
const LOSS = 2e-6
const MOST_TOLERANCE = 0.1

/** The scoring no longer gives what was fitted. */
export class GoldenMismatch extends Error {
  override readonly name = 'GoldenMismatch'
}

/**
 * The reference's mean, rows that differ from it feature by feature, and rows that differ along its correlations;
 * with the float64 scores of the fitted record detectors, to which they are one stream.
 */
export function goldenOf(
  whitening: Whitening,
  detectors: readonly { readonly detector: RecordDetector; readonly fitted: Reference['detectors'][string] }[],
): Golden {
  const { d, mean, scale, root, condition } = whitening
  const pattern = (shift: number, stride: number) =>
    Float64Array.from({ length: d }, (_, j) => multiples[(shift + stride * j) % multiples.length])
  const deviations = [
    new Float64Array(d),
    ...[0, 3, 6].map((shift) => pattern(shift, 3)),
    pattern(1, 5).map((sigma) => 10 * sigma),
    ...[0, 3, 6].map((shift) => rootTimes(root, pattern(shift, 5))),
  ]
  const rows = deviations.map((deviation) => deviation.map((sigma, j) => representable(mean[j] + scale[j] * sigma)))
  const inputs = new Float64Array(rows.length * d)
  rows.forEach((row, i) => {
    inputs.set(row, i * d)
  })
  const expected = detectors.map(({ detector, fitted }) => [
    detector.name,
    Float64Array.from(rows, (row, i) => detector.score(fitted, whitening, row, rows[Math.max(0, i - 1)])),
  ])
  const tolerance = Math.min(MOST_TOLERANCE, Math.max(LEAST_TOLERANCE, LOSS * Math.sqrt(condition)))
  return { inputs, rows: rows.length, expected: Object.fromEntries(expected), tolerance }
}

/** Rounded to float32, so that a stream of either precision can be asked for the same score. */
const representable = (value: number): number => {
  const rounded = Math.fround(value)
  return Number.isFinite(rounded) ? rounded : value
}

/**
 * Whether scoring still reproduces the golden scores. `score` gets rows x d values of one stream and returns each record detector's scores.
 * Throws `GoldenMismatch` that names the first detector and row that differ.
 */
export async function checkGolden(
  { golden }: Pick<Reference, 'golden'>,
  score: (inputs: Float64Array, rows: number) => Promise<ReadonlyMap<string, ArrayLike<number>>>,
): Promise<void> {
  const { inputs, rows, expected, tolerance } = golden
  const scores = await score(inputs, rows)
  for (const [detector, values] of Object.entries(expected)) {
    values.forEach((value, row) => {
      const got = scores.get(detector)?.[row]
      if (got !== undefined && Math.abs(got - value) <= tolerance * Math.max(1, Math.abs(value))) return
      throw new GoldenMismatch(
        `detector ${detector} scores golden row ${row} as ${got}, the fitted one as ${value} (relative tolerance ${tolerance}); ` +
          'try another execution provider, or run driftwatch fit again with this version',
      )
    })
  }
}
