import { type OwnJudgement, type OwnPastLimit, OwnScores, type OwnScoresState, type Quiet } from '../calibration/own-past.js'
import type { Values } from '../connectors/codec.js'
import { PastDetector, type PastFinding, type PastOptions, type PastState } from '../detectors/past/past.js'
import { Running, type RunningState } from '../detectors/past/running.js'
import { LEAST, MOST } from '../detectors/past/surprise.js'

/** What a record's most unusual feature shows. */
export interface OwnFinding extends PastFinding, OwnJudgement {
  readonly feature: number
  readonly value: number
  /** How many deviations the value is from the mean of the feature's past. */
  readonly sigma: number
}

/** All that is known of one feature of a stream. */
export interface FeatureState {
  readonly detector: PastState
  readonly scores: OwnScoresState
  readonly values: RunningState
}

export interface PastStreamState {
  readonly features: readonly FeatureState[]
  readonly quiet: Quiet
}

/** A stream without a reference: each feature is watched on its own, as a series with a past. */
export class PastStream {
  readonly #features: readonly { detector: PastDetector; scores: OwnScores; values: Running }[]
  readonly quiet: Quiet

  constructor(d: number, options: PastOptions, state?: PastStreamState) {
    this.#features = Array.from({ length: d }, (_, j) => {
      const of = state?.features[j]
      return {
        detector: new PastDetector(options, of?.detector),
        scores: new OwnScores([LEAST, MOST], of?.scores),
        values: new Running(of?.values),
      }
    })
    this.quiet = { ...(state?.quiet ?? { until: 0, strongest: 0 }) }
  }

  /**
   * Judges a record by the past, then learns it; undefined during the probation. Of several features one that may raise an alert
   * counts before one that may not, then the one with the highest score.
   * @param values rows of which the one that begins `at` is meant
   * @param time event time, ms; `latest`: the latest of the stream so far, this record's included
   */
  judge(
    values: Values,
    at: number,
    { time, latest }: { readonly time: number; readonly latest: number },
    limit: OwnPastLimit,
  ): OwnFinding | undefined {
    let most: OwnFinding | undefined
    for (const [feature, { detector, scores, values: past }] of this.#features.entries()) {
      const value = values[at + feature]
      const found = detector.add(value, time)
      const sigma = past.z(value, Number.MIN_VALUE)
      past.add(value)
      if (found === undefined) continue
      const finding = { ...found, feature, value, sigma, ...scores.judge(found.score, latest, limit) }
      if (most === undefined || counts(finding, most)) most = finding
    }
    return most
  }

  /** undefined while it has seen nothing. */
  state(): PastStreamState | undefined {
    const features = this.#features.map(({ detector, scores, values }) => ({
      detector: detector.state(),
      scores: scores.state(),
      values: values.state(),
    }))
    return features[0].values.count === 0 ? undefined : { features, quiet: { ...this.quiet } }
  }
}

const counts = (one: OwnFinding, other: OwnFinding): boolean => (one.over === other.over ? one.score > other.score : one.over)
