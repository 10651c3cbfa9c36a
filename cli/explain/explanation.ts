import { barFor } from '../../calibration/budget.js'
import type { BudgetBar } from '../../calibration/calibration.js'
import { conformalP } from '../../calibration/p-value.js'
import type { FeatureShare } from '../../detectors/detector.js'
import { fittedDetectors } from '../../pipelines/assemble.js'
import { scaleOf } from '../../pipelines/calibrate.js'
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

/** What one feature adds to the score. */
export interface FeatureLine {
  readonly feature: string
  readonly value: number
  /** Mean and standard deviation of the reference, the mean moved by the stream's slow mean where one is subtracted. */
  readonly mean: number
  readonly sd: number
  /** The deviation in standard deviations, signed. */
  readonly sigma: number
  readonly share: number
  /** It never varied in the reference, so it is not scored. */
  readonly constant: boolean
}

export interface Explanation {
  /** One per record detector, the rarest first. */
  readonly judgements: readonly [Judgement, ...Judgement[]]
  /** Of the rarest detector, the largest share first; the shares sum to its score. */
  readonly features: readonly FeatureLine[]
  readonly bar: BudgetBar
}

/** The record's d values as decoded, and the slow mean of its stream where the reference subtracts one. */
export interface Subject {
  readonly values: Float64Array
  readonly slowMean: Float64Array | undefined
}

export interface Limits {
  readonly budgetPerDay: number
  readonly fixedThresholds?: Readonly<Record<string, number>> | undefined
}

/** Scores one record as the live run would, by every record detector of the reference. @throws CommandError when it has none */
export function explainRecord(reference: Reference, { values, slowMean }: Subject, limits: Limits): Explanation {
  const { calibration, whitening, selfTest } = reference
  const row = values.map((value, j) => value - (slowMean?.[j] ?? 0))
  const bar = barFor(calibration, limits.budgetPerDay, selfTest.passed)
  const judged = fittedDetectors(reference)
    .record.map(({ detector, fitted }) => {
      const { name } = detector
      const score = detector.score(fitted, whitening, row)
      const scale = scaleOf(name, calibration, bar, limits.fixedThresholds?.[name])
      const falseAlarmsPerDay = 10 ** -scale.decades(score)
      const pValue = conformalP(calibration.quantiles[name], calibration.evaluations[name])(score)
      return {
        detector: name,
        score,
        limit: scale.limit,
        falseAlarmsPerDay,
        pValue,
        explain: () => detector.explain(fitted, whitening, row),
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
  const features = rarest.explain().map((share) => featureLine(reference, share, values, slowMean))
  const judgement = ({ explain: _, ...rest }: (typeof judged)[number]): Judgement => rest
  return {
    judgements: [judgement(rarest), ...judged.slice(1).map(judgement)],
    features: features.sort((one, other) => Math.abs(other.share) - Math.abs(one.share)),
    bar,
  }
}

function featureLine(
  { features, whitening: { mean, scale, active } }: Reference,
  { index, share, sigma }: FeatureShare,
  values: Float64Array,
  slowMean: Float64Array | undefined,
): FeatureLine {
  return {
    feature: features[index],
    value: values[index],
    mean: mean[index] + (slowMean?.[index] ?? 0),
    sd: scale[index],
    sigma,
    share,
    constant: !active[index],
  }
}
