import { type Concordance, concordance, pooled } from './concordance.js'
import { fitOrdinal, type Rating } from './ordinal-fit.js'
import { rank } from './severity.js'
import { inLevels, type SeverityModel, sumOf, weighted } from './severity-model.js'

/** Pairs of alerts that one rater rated: raters' severity does not enter. */
export const concordanceOf = (ratings: readonly Rating[], model: SeverityModel): Concordance =>
  pooled(
    [...new Set(ratings.map(({ rater }) => rater))].map((rater) => {
      const own = ratings.filter((rating) => rating.rater === rater)
      return concordance(
        own.map(({ rating }) => rank(rating)),
        own.map(({ axes }) => inLevels(sumOf(weighted(axes, model)), model)),
      )
    }),
  )

/**
 * How well models order alerts that they were not fitted to: every alert is in one of the folds, whose ratings are ordered
 * by the model of the other folds. Pairs within a fold only, for models of two folds have no common scale.
 */
export function heldOut(ratings: readonly Rating[], folds: number): Concordance {
  const alerts = new Map([...new Set(ratings.map(({ alertId }) => alertId))].map((id, i) => [id, i % folds]))
  return pooled(
    Array.from({ length: folds }, (_, fold) => {
      const isOut = ({ alertId }: Rating) => alerts.get(alertId) === fold
      return concordanceOf(ratings.filter(isOut), fitOrdinal(ratings.filter((rating) => !isOut(rating))))
    }),
  )
}
