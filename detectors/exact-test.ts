/** Of a count: the chances of one no higher, and of one no lower. */
export interface Tails {
  readonly below: number
  readonly above: number
}

/**
 * Fisher's exact test: k of m values lie above an edge, and s of n others; both tails of k given k + s (hypergeometric). Where all are
 * independent draws of one continuous distribution and the edge lies between two of the n of given ranks, no tail is smaller than it should
 * be: each is that of an exceedance test (Epstein 1954) against the value of the n on its far side. Between values that repeat it is Fisher's.
 */
export const fisherTails = (k: number, m: number, s: number, n: number): Tails => {
  const marked = k + s
  const least = Math.max(0, marked - n)
  const most = Math.min(m, marked)
  // Relative to the most frequent count, so that nothing overflows.
  const mode = Math.floor(((m + 1) * (marked + 1)) / (m + n + 2))
  const weights = new Float64Array(most + 1)
  weights[mode] = 1
  for (let h = mode; h < most; h++) weights[h + 1] = (weights[h] * (marked - h) * (m - h)) / ((h + 1) * (n - marked + h + 1))
  for (let h = mode; h > least; h--) weights[h - 1] = (weights[h] * h * (n - marked + h)) / ((marked - h + 1) * (m - h + 1))
  const sum = (part: Float64Array) => part.reduce((total, weight) => total + weight, 0)
  const all = sum(weights)
  return { below: sum(weights.subarray(0, k + 1)) / all, above: sum(weights.subarray(k)) / all }
}
