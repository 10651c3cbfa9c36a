import { type Departure, limitsOf, unlimited } from '../calibration/departure.js'
import { quantile, sorted } from '../calibration/order-statistics.js'
import { type Adaptation, BLOCK, SlowCopy, SPAN } from '../calibration/slow-copy.js'
import { transpose } from '../detectors/matmul.js'
import { shrinkageFor } from '../detectors/shrinkage.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { fitWhitening } from '../detectors/whitening.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { momentsOfRows, standardisationOfRows } from './fold-moments.js'
import { independent, learnGaps } from './gaps.js'
import { FitRefused } from './refusal.js'
import type { Values } from './row-store.js'
import type { Rows } from './rows.js'

/** Rows of the reference as a live stream's slow copy maps them, and what copies begin with. */
export interface AdaptedRows {
  readonly rows: Rows
  readonly adaptation: Adaptation
}

/** So many times farther from the copy than 99 in 100 of the reference's blocks are: a burst, not a shift that spans show better. */
const BURST = 4
const LEAST_SPANS = 10
/** Rows that are mapped in one step. */
const STEP_ROWS = 4096

/**
 * Lets a slow copy follow each stream of the reference: once to see how far normal blocks are from it and how mapped rows are correlated, once
 * for how far normal spans are, then for good. Throws `FitRefused` for fewer rows than that takes, and when none of the features varies.
 */
export async function adaptRows(rows: Rows, recency: number, shrinkage: FitOptions['shrinkage'], tools: FitTools): Promise<AdaptedRows> {
  const standardisation = standardisationOfRows(rows)
  const {
    root: { inverse: identity },
  } = independent(rows.n, standardisation)
  const free = { ...standardisation, recency, rows: rows.n, limit: Number.POSITIVE_INFINITY, quiet: unlimited, precision: identity }
  const distances: number[] = []
  const first = mapped(rows, free, ({ distance }) => distances.push(distance))
  const limit = BURST * quantile(sorted([Float64Array.from(distances)]), 0.99)
  const precision = await precisionOf(first, standardisation, shrinkage, tools)
  first.store.close()
  const unquiet = { ...free, limit, precision }
  const adaptation = { ...unquiet, quiet: quietOf(rows, unquiet) }
  return { rows: mapped(rows, adaptation), adaptation }
}

/** Every stream's rows as its copy maps them. */
function mapped(rows: Rows, adaptation: Adaptation, blockEnded?: BlockEnded): Rows {
  const store = rows.store.another(rows.n)
  follow(rows, adaptation, (values) => store.append(values), blockEnded)
  return { ...rows, store }
}

/** Inverse of the correlations of the rows. */
async function precisionOf(
  rows: Rows,
  standardisation: Standardisation,
  chosen: FitOptions['shrinkage'],
  { matmul, openMoments }: FitTools,
): Promise<Float64Array> {
  const { n, d, store, streams } = rows
  const shrinkage = chosen === 'auto' ? shrinkageFor(n, d) : chosen
  const runner = await openMoments(standardisation, store.dtype)
  const filler = await learnGaps(rows, standardisation, shrinkage, runner, matmul)
  const moments = await momentsOfRows(rows, streams, runner, filler)
  await runner.close()
  const { root } = await fitWhitening(moments, standardisation, { shrinkage }, matmul)
  return matmul(transpose(root.inverse, d, d), root.inverse, d, d, d)
}

/** How far normal spans are from copies that hold none out. */
function quietOf(rows: Rows, adaptation: Adaptation): Departure {
  const departures: Departure[] = []
  const take = ({ departure }: SlowCopy, seen: number) => {
    if (seen % SPAN === 0 && departure !== undefined) departures.push(departure)
  }
  follow(rows, adaptation, () => undefined, take)
  if (departures.length < LEAST_SPANS) {
    throw new FitRefused(
      'too_few_rows',
      `an adapted reference is learnt from spans of ${SPAN} rows of one stream; these rows have ${departures.length} of them, at least ` +
        `${LEAST_SPANS} are needed; give more rows, or do not adapt`,
    )
  }
  return limitsOf(departures, adaptation.scale.filter((scale) => scale > 0).length)
}

/** With the rows of the stream until then. */
type BlockEnded = (copy: SlowCopy, seen: number) => void

/** Maps every stream in steps. */
function follow({ d, store, streams }: Rows, adaptation: Adaptation, take: (values: Values) => void, blockEnded?: BlockEnded): void {
  for (const { from, to } of streams) {
    const copy = new SlowCopy(adaptation)
    for (let at = from; at < to; at += STEP_ROWS) {
      const values = store.read(at, Math.min(to, at + STEP_ROWS)).slice()
      for (let i = 0; i < values.length; i += d) {
        copy.step(values, i)
        const seen = at - from + i / d + 1
        if (seen % BLOCK === 0) blockEnded?.(copy, seen)
      }
      take(values)
    }
  }
}
