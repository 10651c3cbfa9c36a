import type { Raster } from '../../pictures/raster.js'

/** What a backbone says of pictures: rows x d. */
export interface Features {
  readonly rows: number
  readonly d: number
  readonly values: Float32Array
}

/** What normal is, for a fit. */
export interface Normal {
  readonly pictures: readonly Raster[]
  /** Of the pictures, in their order. */
  readonly features: Features
  /** One number for each picture: near-duplicates share it, and stay in one fold. None where pictures have nothing to do with one another. */
  readonly groups?: readonly number[] | undefined
}

/** What one detector says of pictures, or of windows of them. */
export interface Verdict {
  /** Higher is more anomalous. */
  readonly scores: Float64Array
  /** Chance of so high a score under the reference, as calibrated on it. */
  readonly p: Float64Array
}

/** By detector; the combination, on which the product alarms, is `all`. Pictures and windows may have detectors of their own. */
export type Verdicts = { readonly all: Verdict } & Readonly<Record<string, Verdict>>

/** The way from a picture to scores that an evaluation measures. Judging never learns. */
export interface Judge<Fitted> {
  /** Whatever features depend on: hash of the backbone, taps, pre-processing. Fit for the name of a file. */
  readonly key: string
  embed(pictures: readonly Raster[]): Promise<Features>
  fit(normal: Normal): Promise<Fitted>
  judge(fitted: Fitted, features: Features): Promise<Verdicts>
  /** Each window is the rows of its pictures among the features; all have as many. */
  judgeWindows(fitted: Fitted, features: Features, windows: readonly (readonly number[])[]): Promise<Verdicts>
  /** What is to be told of its fits. */
  remark(): string
  close(): Promise<void>
}

/** Some rows of features. */
export function rowsOf({ d, values }: Features, rows: readonly number[]): Features {
  const chosen = new Float32Array(rows.length * d)
  for (const [i, row] of rows.entries()) chosen.set(values.subarray(row * d, (row + 1) * d), i * d)
  return { rows: rows.length, d, values: chosen }
}

/** The rows of several, one after the other. */
export function stacked(parts: readonly Features[]): Features {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const d = parts[0].d
  const values = new Float32Array(rows * d)
  let at = 0
  for (const part of parts) {
    values.set(part.values, at)
    at += part.values.length
  }
  return { rows, d, values }
}
