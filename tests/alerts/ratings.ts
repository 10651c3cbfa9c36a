import type { Rating } from '../../alerts/ordinal-fit.js'
import { severities } from '../../alerts/severity.js'
import { type Axes, type SeverityModel, sumOf, weighted } from '../../alerts/severity-model.js'
import { normals } from '../../connectors/generator/random.js'

/** What the made-up raters think, on the logistic scale: effect counts most, agreement nothing. */
export const truth: SeverityModel = { weights: { rarity: 1, effect: 2, persistence: 1.5, detectors: 0 }, cuts: [2, 4, 6] }

/** Ratings of so many alerts by each of the raters, who rate higher than the truth by their offset. */
export function ratingsOf(alerts: number, offsets: Readonly<Record<string, number>>, seed = 0): Rating[] {
  const normal = normals(alerts, seed)
  const uniform = () => Math.min(1, Math.abs(normal()) / 2)
  return Array.from({ length: alerts }).flatMap((_, i): Rating[] => {
    const axes: Axes = { rarity: uniform(), effect: 4 * uniform(), persistence: uniform(), detectors: normal() > 0 ? 1 : 0 }
    return Object.entries(offsets).map(([rater, offset]) => {
      // A logistic variable has a standard deviation of 1.8.
      const seen = sumOf(weighted(axes, truth)) + offset + 1.8 * normal()
      return { alertId: `alert-${i}`, rater, axes, rating: severities[truth.cuts.filter((cut) => cut <= seen).length] }
    })
  })
}
