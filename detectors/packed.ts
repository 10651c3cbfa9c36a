/**
 * Lower triangles packed by rows: entry (i, j <= i) of a d x d matrix at i (i + 1) / 2 + j. Half the memory of the full matrix.
 */
export const packedLength = (d: number): number => (d * (d + 1)) / 2

/** The lower triangle of a full matrix. */
export const packLower = (full: Float64Array, d: number): Float64Array => {
  const packed = new Float64Array(packedLength(d))
  for (let i = 0; i < d; i++) packed.set(full.subarray(i * d, i * d + i + 1), packedLength(i))
  return packed
}

/** The full lower triangular matrix, zeros above the diagonal. */
export const unpackLower = (packed: Float64Array, d: number): Float64Array => {
  const full = new Float64Array(d * d)
  for (let i = 0; i < d; i++) full.set(packed.subarray(packedLength(i), packedLength(i + 1)), i * d)
  return full
}

/** The full symmetric matrix. */
export const unpackSymmetric = (packed: Float64Array, d: number): Float64Array => {
  const full = unpackLower(packed, d)
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) full[j * d + i] = full[i * d + j]
  return full
}

export const packedTrace = (packed: Float64Array, d: number): number => {
  let trace = 0
  for (let i = 0; i < d; i++) trace += packed[packedLength(i) + i]
  return trace
}

/** Product of a packed symmetric matrix and a vector. */
export const packedTimes = (packed: Float64Array, vector: Float64Array, d: number): Float64Array => {
  const product = new Float64Array(d)
  for (let i = 0, at = 0; i < d; i++, at++) {
    let sum = 0
    for (let j = 0; j < i; j++, at++) {
      sum += packed[at] * vector[j]
      product[j] += packed[at] * vector[i]
    }
    product[i] += sum + packed[at] * vector[i]
  }
  return product
}
