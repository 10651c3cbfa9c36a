/**
 * Row-major product of an m x k and a k x n matrix, m x n. The O(d^3) work of a fit goes through one of these, so that the same
 * mathematics runs on plain JavaScript (small sizes, tests) and on ONNX Runtime (`backbones/matmul.ts`, some 50 times faster).
 */
export type MatMul = (a: Float64Array, b: Float64Array, m: number, k: number, n: number) => Promise<Float64Array>

/** The product in plain JavaScript, about 1 GFLOP/s. */
export const multiply: MatMul = async (a, b, m, k, n) => {
  const product = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    const row = product.subarray(i * n, (i + 1) * n)
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l]
      const offset = l * n
      for (let j = 0; j < n; j++) row[j] += factor * b[offset + j]
    }
  }
  return product
}

/** Transpose of a row-major rows x columns matrix. */
export const transpose = (a: Float64Array, rows: number, columns: number): Float64Array => {
  const transposed = new Float64Array(a.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) transposed[j * rows + i] = a[i * columns + j]
  return transposed
}

/** Of each row of d numbers the sum of their squares. */
export const squaredLengths = (rows: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: rows.length / d }, (_, i) => rows.subarray(i * d, (i + 1) * d).reduce((sum, value) => sum + value * value, 0))
