/** The k-th largest of the values (k >= 1); -Infinity when there are fewer than k. */
export const kthLargest = (values: ArrayLike<number>, k: number): number => {
  const top = new Array<number>(k).fill(-Infinity)
  for (let i = 0; i < values.length; i++) {
    let value = values[i]
    for (let j = 0; j < k && value > -Infinity; j++) {
      if (value <= top[j]) continue
      const smaller = top[j]
      top[j] = value
      value = smaller
    }
  }
  return top[k - 1]
}

/**
 * k-of-n hysteresis as a statistic: "k of the last n values are over c" is "the k-th largest of the last n is over c"
 * (calibration study, section 2). Before the start of the run values count as -Infinity, so nothing fires before the k-th.
 */
export const kOfN = (run: Float64Array, k: number, n: number): Float64Array => {
  if (n === 1) return run
  return run.map((_, t) => kthLargest(run.subarray(Math.max(0, t - n + 1), t + 1), k))
}
