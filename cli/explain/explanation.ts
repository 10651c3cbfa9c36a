import { barFor } from '../../calibration/budget.js'
import type { BudgetBar } from '../../calibration/calibration.js'
import { conformalP } from '../../calibration/p-value.js'
import { type Attribution, attribution } from '../../kinds/attribution.js'
import { mapOf, ownersOf } from '../../kinds/feature-map.js'
import { observedShares } from '../../kinds/gaps.js'
import { detectorNames, fittedDetectors } from '../../pipelines/assemble.js'
import { type BarOptions, scalesFor, scalesOf } from '../../pipelines/calibrate.js'
import { gapFillerOf } from '../../pipelines/gaps.js'
import type { Reference } from '../../references/reference.js'
import { CommandError } from '../exit.js'

/** What one record detector makes of the record. */
export interface Judgement {
  readonly detector: string
  readonly score: number
  /** The score at the budget. */
  readonly limit: number
  /** Alerts per day on clean data with the limit at this score; never 0. */
  readonly falseAlarmsPerDay: number
  /** Chance of so high a score under the reference; never 0. */
  readonly pValue: number
}

export interface Explanation {
  /** One per record detector, the rarest first. */
  readonly judgements: readonly [Judgement, ...Judgement[]]
  /** Of the rarest detector, the largest share first; the shares sum to its score. Without features that the record lacks. */
  readonly features: readonly Attribution[]
  /** Features and compositions that the record lacks. */
  readonly missing: readonly string[]
  readonly bar: BudgetBar
}

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
  const judged = fittedDetectors(reference)
    .record.map(({ detector, fitted }, j) => {
      const { name } = detector
      const score = detector.score(fitted, whitening, row, previous?.row)
      const scale = scales.record[j]
      const falseAlarmsPerDay = 10 ** -scale.decades(score)
      const pValue = conformalP(calibration.quantiles[name], calibration.evaluations[name])(score)
      return {
        detector: name,
        score,
        limit: scale.limit,
        falseAlarmsPerDay,
        pValue,
        explain: () => {
          const shares = detector.explain(fitted, whitening, row, previous?.row)
          return gap === undefined ? shares : observedShares(shares, gap, score)
        },
      }
    })
    .sort((one, other) => one.falseAlarmsPerDay - other.falseAlarmsPerDay)
  const [rarest] = judged
  if (rarest === undefined) {
    throw new CommandError(
      'reference',
      `reference ${reference.version} was fitted without a record detector, so a single record cannot be scored`,
    )
  }
  const map = mapOf(reference)
  const owners = ownersOf(map)
  const features = attribution(map, whitening)(rarest.explain(), {
    value: ({ index }) => values[index],
    mean: (column) => whitening.mean[column] + slowMeanOf(slowMean, column, values[column]),
  })
  const judgement = ({ explain: _, ...rest }: (typeof judged)[number]): Judgement => rest
  return {
    judgements: [judgement(rarest), ...judged.slice(1).map(judgement)],
    features: features.sort((one, other) => Math.abs(other.share) - Math.abs(one.share)),
    missing: [...new Set(gap?.missing.map((column) => owners[column]))],
    bar,
  }
}

/** A stream's first value of a feature is its own slow mean. */
function slowMeanOf(slowMean: Float64Array | undefined, column: number, value: number): number {
  if (slowMean === undefined) return 0
  return Number.isNaN(slowMean[column]) ? value : slowMean[column]
}
