/** A figure of one stream with what it can be relied on. */
export interface Estimate {
  readonly value: number
  /** Standard error. */
  readonly error: number
}

/** Blocks in time that a stream's rows are cut into: rows near in time are alike, blocks much less so. */
export const BLOCKS = 8

/** [from, to) of each block of n things in order. */
export const blocksOf = (n: number): readonly (readonly [from: number, to: number])[] =>
  Array.from({ length: BLOCKS }, (_, b) => [Math.floor((b * n) / BLOCKS), Math.floor(((b + 1) * n) / BLOCKS)])

/** The mean of what the blocks say; its error from how far they differ. */
export function estimateOf(perBlock: readonly number[]): Estimate {
  const n = perBlock.length
  const value = perBlock.reduce((sum, one) => sum + one, 0) / n
  const variance = perBlock.reduce((sum, one) => sum + (one - value) ** 2, 0) / (n - 1)
  return { value, error: Math.sqrt(variance / n) }
}

const ERRORS = 2

/** As far as it can be relied on: what it is at least, or at most. */
export const atLeast = ({ value, error }: Estimate): number => value - ERRORS * error
export const atMost = ({ value, error }: Estimate): number => value + ERRORS * error
