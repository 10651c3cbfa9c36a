import { correlatedRows } from '../../tests/detectors/samples.js'

/** How a row is written into a message's value. */
export const encodings = ['float32', 'json'] as const
export type Encoding = (typeof encodings)[number]

/** Records of one dimension in one encoding. */
export interface Workload {
  readonly d: number
  readonly encoding: Encoding
}

export const labelOf = ({ d, encoding }: Workload): string => `d=${d} ${encoding}`

/** Distinct rows of a topic; further records repeat them. */
export const DISTINCT_ROWS = 16_384

/** The `decode` of a configuration that reads the workload. */
export const decodeOf = ({ encoding }: Workload): object => (encoding === 'float32' ? { float32: {} } : { json: { vector: 'v' } })

/** The values of the messages: correlated normal rows, the same for every call. JSON numbers have six significant digits. */
export function valuesOf({ d, encoding }: Workload): Buffer[] {
  const rows = correlatedRows(1, DISTINCT_ROWS, d, 10)
  const rowOf = (i: number) => rows.subarray(i * d, (i + 1) * d)
  const encode = (row: Float64Array) =>
    encoding === 'float32'
      ? Buffer.from(Float32Array.from(row).buffer)
      : Buffer.from(JSON.stringify({ v: Array.from(row, (value) => Number(value.toPrecision(6))) }))
  return Array.from({ length: DISTINCT_ROWS }, (_, i) => encode(rowOf(i)))
}
