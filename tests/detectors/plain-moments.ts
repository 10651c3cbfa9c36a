import { multiply, transpose } from '../../detectors/matmul.js'
import { emptyMoments, type Moments } from '../../detectors/moments.js'
import { packLower } from '../../detectors/packed.js'
import { columnMeans } from '../../detectors/standardisation.js'

/** Moments of n rows (row-major n x d) by their definition, in plain JavaScript: what the moments graph is compared with. */
export const momentsOf = async (rows: Float64Array, n: number, d: number): Promise<Moments> => {
  if (n === 0) return emptyMoments(d)
  const mean = columnMeans(rows, n, d)
  const centred = new Float64Array(n * d)
  const cubic = new Float64Array(d)
  let quartic = 0
  for (let i = 0; i < n; i++) {
    const y = centred.subarray(i * d, (i + 1) * d)
    let norm = 0
    for (let j = 0; j < d; j++) {
      y[j] = rows[i * d + j] - mean[j]
      norm += y[j] * y[j]
    }
    for (let j = 0; j < d; j++) cubic[j] += norm * y[j]
    quartic += norm * norm
  }
  const gram = await multiply(transpose(centred, n, d), centred, d, n, d)
  return { n, d, mean, scatter: packLower(gram, d), cubic, quartic }
}
