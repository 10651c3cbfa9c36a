/** The smallest value with at most a share of 1 - `level` of the values above it. */
export const quantile = (values: Float64Array, level: number): number =>
  values.toSorted()[Math.max(0, Math.ceil(values.length * level) - 1)]
