/** Faults of five sizes, each about twice as hard as the one before; size 0 is none. */
export const sizes = [0, 1, 2, 3, 4, 5] as const
export type Size = (typeof sizes)[number]

/** Rows of a stream: normal ones first, then the fault to the end. */
export const NORMAL_ROWS = 256
export const FAULT_ROWS = 256
export const STREAM_ROWS = NORMAL_ROWS + FAULT_ROWS

export interface Fault {
  readonly kind: string
  /** What each size above 0 means. */
  readonly amounts: readonly [number, number, number, number, number]
  /** Changes row `t` of the fault (from 0), in units of the reference's standard deviations around its means. */
  readonly inject: (row: Float64Array, amount: number, t: number, other: Float64Array) => void
}

/** Features that the fault touches, of the eight. */
const TOUCHED = 3

/** Chosen before any of them was run. */
export const faults: readonly Fault[] = [
  {
    kind: 'mean shift, σ',
    amounts: [0.25, 0.5, 1, 2, 4],
    inject: (row, amount) => touch(row, (value) => value + amount),
  },
  {
    kind: 'scale change, factor',
    amounts: [1.25, 1.5, 2, 3, 5],
    inject: (row, amount) => touch(row, (value) => value * amount),
  },
  {
    // Each keeps its distribution, but follows a row of another time: lost is the share of the common standard deviation.
    kind: 'correlation break, share',
    amounts: [0.2, 0.4, 0.6, 0.8, 1],
    inject: (row, amount, _, other) => touch(row, (value, j) => Math.sqrt(1 - amount ** 2) * value + amount * other[j]),
  },
  {
    kind: 'one spike, σ',
    amounts: [2, 4, 8, 16, 32],
    inject: (row, amount, t) => touch(row, (value) => (t === FAULT_ROWS / 2 ? value + amount : value)),
  },
]

function touch(row: Float64Array, change: (value: number, j: number) => number): void {
  for (let j = 0; j < TOUCHED; j++) row[j] = change(row[j], j)
}
