import { FEEDBACK_LOWEST } from '../../calibration/alarm.js'
import { barFor } from '../../calibration/budget.js'
import type { BudgetBar } from '../../calibration/calibration.js'
import { conformalP } from '../../calibration/p-value.js'
import { type Attribution, attribution, type Place } from '../../kinds/attribution.js'
import { mapOf, ownersOf } from '../../kinds/feature-map.js'
import { observedShares } from '../../kinds/gaps.js'
import { type BarOptions, scalesFor, scalesOf } from '../../pipelines/calibrate.js'
import { detectorNames, fittedDetectors } from '../../pipelines/fitted.js'
import { gapFillerOf } from '../../pipelines/gaps.js'
import type { Reference } from '../../references/reference.js'
import { CommandError } from '../exit.js'

/** What one record detector makes of the record. */
export interface Judgement {
  readonly detector: string
  readonly score: number
  /** The score at the budget. */
  readonly limit: number
  /** Alerts per day on clean data with the limit at this score; never 0, nor above the records per day. */
  readonly falseAlarmsPerDay: number
  /** Chance of so high a score under the reference; never 0. */
  readonly pValue: number
  /** The largest share first; the shares sum to the score. Without features that the record lacks. */
  readonly features: readonly Attribution[]
}

export interface Explanation {
  /** One per record detector: the smallest p-value first, of equal ones that which is the most times its limit. */
  readonly judgements: readonly [Judgement, ...Judgement[]]
  /** Features and compositions that the record lacks. */
  readonly missing: readonly string[]
  readonly bar: BudgetBar
  /** Whether a run's limits, moved by feedback, are not these. */
  readonly moving: boolean
}

/** Above it a score is in the body of the reference's own, of which a rate of alerts says nothing. */
const USUAL = 0.2

export const isUsual = ({ pValue }: Pick<Judgement, 'pValue'>): boolean => pValue > USUAL
export const isOver = ({ score, limit }: Judgement): boolean => score > limit

/** Under its limit at fit, but over the lowest that feedback makes of it. */
export const isNear = (judgement: Judgement, { bar, moving }: Explanation): boolean =>
  moving && !isOver(judgement) && judgement.falseAlarmsPerDay < 10 ** -(bar.bar + FEEDBACK_LOWEST)

/** The detectors whose shares say why: the rarest, and all others over their limit. */
export const telling = ([rarest, ...others]: Explanation['judgements']): readonly [Judgement, ...Judgement[]] => [
  rarest,
  ...others.filter(isOver),
]

/** The record before in its stream, its slow mean subtracted, and where it stands. */
export interface Previous {
  readonly row: Float64Array
  readonly offset: number
}

/** The record's d values as decoded, and the slow mean of its stream where the reference subtracts one. */
export interface Subject {
  readonly values: Float64Array
  readonly slowMean: Float64Array | undefined
  readonly offset: number
  readonly stream?: string | undefined
  /** Undefined where none is known. */
  readonly previous?: Previous | undefined
}

export interface Limits extends BarOptions {
  readonly budgetPerDay: number
  /** Whether feedback moves those of a run, from what they are at fit. */
  readonly feedback?: boolean | undefined
}

/** Scores one record as the live run would, by every record detector of the reference. @throws CommandError when it has none */
export function explainRecord(reference: Reference, { values, slowMean, offset, stream, previous }: Subject, limits: Limits): Explanation {
  const { calibration, whitening, selfTest } = reference
  const row = values.map((value, j) => value - slowMeanOf(slowMean, j, value))
  const filler = gapFillerOf(reference)
  const gap = filler?.complete(row, 0, offset)
  if (previous !== undefined) filler?.complete(previous.row, 0, previous.offset)
  const bar = barFor(calibration, limits.budgetPerDay, selfTest.passed)
  const scales = scalesFor(stream, scalesOf(detectorNames(reference), calibration, bar, limits))
  const map = mapOf(reference)
  const owners = ownersOf(map)
  const attribute = attribution(map, whitening)
  const place: Place = {
    value: ({ index }) => values[index],
    mean: (column) => whitening.mean[column] + slowMeanOf(slowMean, column, values[column]),
  }
  const [rarest, ...others] = fittedDetectors(reference)
    .record.map(({ detector, fitted }, j): Judgement => {
      const { name } = detector
      const score = detector.score(fitted, whitening, row, previous?.row)
      const scale = scales.record[j]
      const shares = detector.explain(fitted, whitening, row, previous?.row)
      const features = attribute(gap === undefined ? shares : observedShares(shares, gap, score), place)
      return {
        detector: name,
        score,
        limit: scale.limit,
        // The curve's lower end and a limit of an operator's own are extrapolated.
        falseAlarmsPerDay: Math.min(10 ** -scale.decades(score), calibration.rowsPerDay),
        pValue: conformalP(calibration.quantiles[name], calibration.evaluations[name])(score),
        features: features.sort((one, other) => Math.abs(other.share) - Math.abs(one.share)),
      }
    })
    .sort((one, other) => one.pValue - other.pValue || other.score / other.limit - one.score / one.limit)
  if (rarest === undefined) {
    throw new CommandError(
      'reference',
      `reference ${reference.version} was fitted without a record detector, so a single record cannot be scored`,
    )
  }
  return {
    judgements: [rarest, ...others],
    missing: [...new Set(gap?.missing.map((column) => owners[column]))],
    bar,
    moving: limits.feedback === true,
  }
}

/** A stream's first value of a feature is its own slow mean. */
function slowMeanOf(slowMean: Float64Array | undefined, column: number, value: number): number {
  if (slowMean === undefined) return 0
  return Number.isNaN(slowMean[column]) ? value : slowMean[column]
}
