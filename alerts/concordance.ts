/** How many pairs of items a score orders as their levels do. */
export interface Concordance {
  /** Pairs of unequal level that the score orders alike, orders the other way, and does not order. */
  readonly concordant: number
  readonly discordant: number
  readonly tiedScores: number
  /** Pairs of equal level with unequal scores. */
  readonly tiedLevels: number
}

/** Counts every pair once; `levels` and `scores` are of the same items. */
export function concordance(levels: readonly number[], scores: readonly number[]): Concordance {
  const counts = { concordant: 0, discordant: 0, tiedScores: 0, tiedLevels: 0 }
  for (let i = 1; i < levels.length; i++) {
    for (let j = 0; j < i; j++) {
      const level = Math.sign(levels[i] - levels[j])
      const score = Math.sign(scores[i] - scores[j])
      if (level === 0) counts.tiedLevels += Math.abs(score)
      else if (score === 0) counts.tiedScores++
      else if (score === level) counts.concordant++
      else counts.discordant++
    }
  }
  return counts
}

/** The pairs of several groups that are not compared with each other. */
export const pooled = (groups: readonly Concordance[]): Concordance =>
  groups.reduce(
    (sum, group) => ({
      concordant: sum.concordant + group.concordant,
      discordant: sum.discordant + group.discordant,
      tiedScores: sum.tiedScores + group.tiedScores,
      tiedLevels: sum.tiedLevels + group.tiedLevels,
    }),
    { concordant: 0, discordant: 0, tiedScores: 0, tiedLevels: 0 },
  )

/** Share of the pairs of unequal level that the score orders alike, a tie counting half (Harrell); NaN without such a pair. */
export const cIndex = ({ concordant, discordant, tiedScores }: Concordance): number =>
  (concordant + tiedScores / 2) / (concordant + discordant + tiedScores)

/** Kendall's tau_b: 1 same order, -1 reversed; NaN when all levels or all scores are equal. */
export const kendallTau = ({ concordant, discordant, tiedScores, tiedLevels }: Concordance): number => {
  const ordered = concordant + discordant
  return (concordant - discordant) / Math.sqrt((ordered + tiedScores) * (ordered + tiedLevels))
}
