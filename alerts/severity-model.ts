import { z } from 'zod'

export const axisNames = ['rarity', 'effect', 'persistence', 'detectors'] as const

/** What each of the four inputs says, each 0 or more. */
export type Axes = Readonly<Record<(typeof axisNames)[number], number>>

/** How the inputs add up to a severity: their weighted sum against the least sums of warning, error and critical. */
export interface SeverityModel {
  readonly weights: Axes
  readonly cuts: readonly [warning: number, error: number, critical: number]
}

/** Without operators' ratings: every input counts as its levels. */
export const pointModel: SeverityModel = { weights: { rarity: 1, effect: 1, persistence: 1, detectors: 1 }, cuts: [1, 2, 3] }

const weight = (what: string) => z.number().min(0).max(1000).describe(`Weight of ${what}.`)
const cut = z.number().min(-1000).max(1000)
/** A model as `driftwatch severity fit` writes it. A negative weight would make worse evidence less severe. */
export const severityModelSchema: z.ZodType<SeverityModel> = z.strictObject({
  weights: z
    .strictObject({
      rarity: weight('each factor of ten below the budget'),
      effect: weight('each doubling of the score over its limit'),
      persistence: weight('lasting'),
      detectors: weight('two or more detectors that agree'),
    })
    .describe('What each input adds; 0 to 1,000.'),
  cuts: z
    .tuple([cut, cut, cut])
    .refine(([warning, error, critical]) => warning < error && error < critical, { error: 'expected three numbers that increase' })
    .describe('The least sums of `warning`, `error` and `critical`.'),
})

/** What each input adds to the sum. */
export const weighted = (axes: Axes, { weights }: SeverityModel): Axes => ({
  rarity: weights.rarity * axes.rarity,
  effect: weights.effect * axes.effect,
  persistence: weights.persistence * axes.persistence,
  detectors: weights.detectors * axes.detectors,
})

export const sumOf = ({ rarity, effect, persistence, detectors }: Axes): number => rarity + effect + persistence + detectors

/** A sum in levels: linear from 0 to the first cut and from cut to cut, and on at the last slope. */
export function inLevels(sum: number, { cuts }: SeverityModel): number {
  const level = cuts.filter((cut) => cut <= sum).length
  const from = level === 0 ? 0 : cuts[level - 1]
  const width = level === cuts.length ? cuts[2] - cuts[1] : cuts[level] - from
  return level + (sum - from) / width
}

/** The least sum, 0 or more, that has the level of that rank. */
export const leastSum = (level: number, { cuts }: SeverityModel): number => (level === 0 ? 0 : Math.max(0, cuts[level - 1]))
