/** Scores of rows beside their labels: 1 = anomaly. Higher scores are more anomalous. */
export interface Ranking {
  readonly scores: Float64Array
  readonly labels: Uint8Array
}

/** How well the scores tell the anomalies from the normal rows; each 0 to 1. */
export interface RankingFigures {
  /** Chance that an anomaly scores higher than a normal row; a tie counts one half. */
  readonly auroc: number
  /** Average precision, as scikit-learn's: the sum of precision times the rise in recall over all thresholds. */
  readonly auprc: number
  /** Share of normal rows at or above the highest threshold that catches 95 % of the anomalies. */
  readonly fpr95: number
}

/** All three from one pass over the thresholds, highest first. Both kinds of rows must be there. */
export function rankingFigures({ scores, labels }: Ranking): RankingFigures {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])
  const anomalies = labels.reduce((sum, label) => sum + label, 0)
  const normals = labels.length - anomalies
  let [tp, fp, pairs, auprc, fpr95] = [0, 0, 0, 0, Number.NaN]
  for (let at = 0; at < order.length; ) {
    const before = { tp, fp }
    for (const score = scores[order[at]]; at < order.length && scores[order[at]] === score; at++) {
      if (labels[order[at]] === 1) tp++
      else fp++
    }
    pairs += (fp - before.fp) * (before.tp + (tp - before.tp) / 2)
    auprc += ((tp - before.tp) / anomalies) * (tp / (tp + fp))
    if (Number.isNaN(fpr95) && tp >= 0.95 * anomalies) fpr95 = fp / normals
  }
  return { auroc: pairs / (anomalies * normals), auprc, fpr95 }
}

/** Share of the rows whose very score a row of the other label has as well. */
export function tiedShare({ scores, labels }: Ranking): number {
  const at = [new Set<number>(), new Set<number>()]
  for (const [row, score] of scores.entries()) at[labels[row]].add(score)
  return scores.reduce((sum, score, row) => sum + Number(at[1 - labels[row]].has(score)), 0) / scores.length
}
