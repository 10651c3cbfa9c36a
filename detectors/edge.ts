const GOLDEN = (3 - Math.sqrt(5)) / 2

/**
 * At an index of a sorted column: between that value and the next larger one, of the largest and the next smaller. On a value, rounding would
 * say which side it is on. By the golden section, for half way between whole numbers there may be another that the bank does not have.
 */
export const edgeAt = (column: Float64Array, index: number): number => {
  const value = column[index]
  const other = column.find((one) => one > value) ?? column.findLast((one) => one < value) ?? value + 1
  return value + GOLDEN * (other - value)
}
