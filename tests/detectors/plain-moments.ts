import { multiply } from '../../detectors/matmul.js'
import type { Moments } from '../../detectors/moments.js'
import { sampleMoments } from '../../detectors/sample-moments.js'

/** Moments of n rows (row-major n x d) by their definition, in plain JavaScript: what the moments graph is compared with. */
export const momentsOf = (rows: Float64Array, n: number, d: number): Promise<Moments> => sampleMoments(rows.subarray(0, n * d), d, multiply)
