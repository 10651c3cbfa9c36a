import { partitionPoint } from './order-statistics.js'

/** The scores at ranks 1 to 1000 from the top are all kept. */
const EXACT_TOP = 1000
/** Below them, neighbouring kept ranks differ by at most this factor. */
const RANK_RATIO = 1.005

/** Ranks from the top (1 = highest) that are kept of n scores: a function of n alone, so they need not be stored. */
const keptRanks = (n: number): Float64Array => {
  const ranks: number[] = []
  for (let rank = 1; rank <= n; rank = rank < EXACT_TOP ? rank + 1 : Math.max(rank + 1, Math.floor(rank * RANK_RATIO))) ranks.push(rank)
  return Float64Array.from(ranks)
}

/** Held-out scores in rising order, thinned to what `conformalP` needs: about 1000 + 200 ln(n/1000) of them. */
export const thinScores = (rising: Float64Array): Float64Array =>
  keptRanks(rising.length)
    .map((rank) => rising[rising.length - rank])
    .reverse()

/** How many of n held-out scores `thinScores` keeps. */
export const thinnedLength = (n: number): number => keptRanks(n).length

/** What `thinScores` made of the n held-out scores of one part. */
interface ThinnedScores {
  readonly thinned: Float64Array
  readonly n: number
}

/**
 * The held-out scores of several parts together, thinned again. A score that a part no longer has counts as the kept one above it, so
 * that p-values stay valid; exact where no part has more than 1,000 scores.
 */
export const mergeThinned = (parts: readonly ThinnedScores[]): Float64Array => {
  const weighted = parts.flatMap(({ thinned, n }) => {
    const ranks = keptRanks(n)
    return Array.from(ranks, (rank, i) => ({ score: thinned[thinned.length - 1 - i], weight: (ranks[i + 1] ?? n + 1) - rank }))
  })
  weighted.sort((a, b) => b.score - a.score)
  let at = 0
  let reached = weighted[0].weight
  const kept = keptRanks(parts.reduce((sum, { n }) => sum + n, 0)).map((rank) => {
    while (reached < rank) reached += weighted[++at].weight
    return weighted[at].score
  })
  return kept.reverse()
}

/**
 * Split-conformal p-value of a score: p = (1 + #{held-out >= score}) / (n + 1), so never 0 (Vovk et al. 2005).
 * Exact while fewer than 1000 held-out scores reach the score; beyond, the count is rounded up by at most 0.5 %,
 * so p stays valid. It holds for exchangeable scores only: on autocorrelated streams it is a rank, not a promise.
 * @param thinned what `thinScores` made of the n held-out scores
 */
export const conformalP = (thinned: Float64Array, n: number): ((score: number) => number) => {
  const ranks = keptRanks(n)
  return (score) => {
    const below = partitionPoint(thinned, (kept) => kept < score)
    // The highest kept score below this one: every held-out score that reaches this one ranks above it.
    const reached = below === 0 ? n : ranks[thinned.length - below] - 1
    return (1 + reached) / (n + 1)
  }
}
