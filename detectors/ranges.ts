/** Per feature 1 / (largest - smallest value) of rows of d of them; 0 for a feature that does not vary. */
export const reciprocalRanges = (rows: Float64Array, d: number): Float64Array => {
  const lowest = new Float64Array(d).fill(Number.POSITIVE_INFINITY)
  const highest = new Float64Array(d).fill(Number.NEGATIVE_INFINITY)
  rows.forEach((value, at) => {
    lowest[at % d] = Math.min(lowest[at % d], value)
    highest[at % d] = Math.max(highest[at % d], value)
  })
  return highest.map((value, j) => (value > lowest[j] ? 1 / (value - lowest[j]) : 0))
}
