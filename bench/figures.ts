/** The nearest-rank quantile, 0 <= q <= 1: the lowest value that at least this share does not exceed; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

/** The lower median; NaN of nothing. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** One figure in the form that machines compare: `metric NAME VALUE`, with four significant digits. */
export const metric = (name: string, value: number): string => `metric ${name} ${Number(value.toPrecision(4))}`
