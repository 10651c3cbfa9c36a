/** Small tools on arrays of scores; `rising` means sorted from low to high. */

export const countValues = (arrays: readonly Float64Array[]): number => arrays.reduce((count, array) => count + array.length, 0)

export const sorted = (arrays: readonly Float64Array[]): Float64Array => concatenated(arrays).sort()

export const concatenated = (arrays: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(countValues(arrays))
  let at = 0
  for (const array of arrays) {
    all.set(array, at)
    at += array.length
  }
  return all
}

/** Of values that first satisfy `holds` and then no longer do: how many satisfy it. */
export const partitionPoint = (values: Float64Array | Int32Array, holds: (value: number) => boolean): number => {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(values[middle])) low = middle + 1
    else high = middle
  }
  return low
}

export const countAbove = (rising: Float64Array, c: number): number => rising.length - partitionPoint(rising, (value) => value <= c)

/** The smallest value with at most a share of 1 - `level` of the values above it. */
export const quantile = (rising: Float64Array, level: number): number => rising[Math.max(0, Math.ceil(rising.length * level) - 1)]
