import { dot } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import { emptyMoments, type Moments } from './moments.js'
import { packLower } from './packed.js'
import { columnMeans } from './standardisation.js'

/** Moments of rows that are all in memory (n x d); those of a whole reference come from the moments graph. */
export const sampleMoments = async (rows: Float64Array, d: number, matmul: MatMul): Promise<Moments> => {
  const n = rows.length / d
  if (n === 0) return emptyMoments(d)
  const mean = columnMeans(rows, n, d)
  return centredMoments(
    rows.map((value, at) => value - mean[at % d]),
    mean,
    matmul,
  )
}

/** The same of rows from which their mean has been taken already. */
export const centredMoments = async (centred: Float64Array, mean: Float64Array, matmul: MatMul): Promise<Moments> => {
  const d = mean.length
  const n = centred.length / d
  const cubic = new Float64Array(d)
  let quartic = 0
  for (let i = 0; i < n; i++) {
    const row = centred.subarray(i * d, (i + 1) * d)
    const norm = dot(row, row)
    for (let j = 0; j < d; j++) cubic[j] += norm * row[j]
    quartic += norm * norm
  }
  const scatter = await matmul(transpose(centred, n, d), centred, d, n, d)
  return { n, d, mean, scatter: packLower(scatter, d), cubic, quartic }
}
