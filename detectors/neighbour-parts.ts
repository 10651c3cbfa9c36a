import type { Neighbours } from './neighbours.js'

/** From each of the neighbours in the bank to the row. */
export const differences = (row: Float64Array, bank: Float64Array, { indices }: Neighbours): Float64Array[] =>
  Array.from(indices, (i) => row.map((value, j) => value - bank[i * row.length + j]))

/** What the squares of all differences together are made of, per feature; sums to 1. Equal parts for a row that lies on its neighbours. */
export const parts = (all: readonly Float64Array[], squaresOf: (difference: Float64Array) => Float64Array): Float64Array => {
  const squares = all.map(squaresOf).reduce((sum, one) => sum.map((value, j) => value + one[j]))
  const total = squares.reduce((sum, value) => sum + value, 0)
  return squares.map((value) => (total > 0 ? value / total : 1 / squares.length))
}

export const squared = (difference: Float64Array): Float64Array => difference.map((value) => value * value)
