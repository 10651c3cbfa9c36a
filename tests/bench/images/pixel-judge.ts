import type { Features, Judge, Normal, Verdict } from '../../../bench/images/judge.js'
import type { Raster } from '../../../bench/images/raster.js'

/** Mean, standard deviation and mean step from pixel to pixel: what one knows without a network. */
const D = 3

const featuresOf = ({ rgb }: Raster): number[] => {
  const mean = rgb.reduce((sum, value) => sum + value, 0) / rgb.length
  const deviation = Math.sqrt(rgb.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rgb.length)
  const steps = rgb.subarray(3).reduce((sum, value, i) => sum + Math.abs(value - rgb[i]), 0) / rgb.length
  return [mean, deviation, steps]
}

interface Fitted {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** A judge of little wit: z-scores of three pixel statistics, p as if the squares were exponential. */
export class PixelJudge implements Judge<Fitted> {
  readonly key = 'pixels'
  embeddings = 0
  groups: readonly number[] = []

  async embed(pictures: readonly Raster[]): Promise<Features> {
    this.embeddings += pictures.length
    return { rows: pictures.length, d: D, values: Float32Array.from(pictures.flatMap(featuresOf)) }
  }

  async fit({ features, groups }: Normal): Promise<Fitted> {
    this.groups = groups
    const columns = Array.from({ length: D }, (_, j) => features.values.filter((_value, i) => i % D === j))
    const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length)
    const deviation = columns.map((column, j) => Math.sqrt(column.reduce((sum, value) => sum + (value - mean[j]) ** 2, 0) / column.length))
    return { mean, deviation }
  }

  async judge(fitted: Fitted, features: Features) {
    return this.judgeWindows(
      fitted,
      features,
      Array.from({ length: features.rows }, (_, i) => [i]),
    )
  }

  async judgeWindows({ mean, deviation }: Fitted, { values }: Features, windows: readonly (readonly number[])[]) {
    const z = (row: number, j: number) => (values[row * D + j] - mean[j]) / deviation[j]
    const scores = (columns: readonly number[]): Verdict => {
      const all = Float64Array.from(windows, (rows) =>
        Math.hypot(...columns.map((j) => rows.reduce((sum, row) => sum + z(row, j), 0) / Math.sqrt(rows.length))),
      )
      return { scores: all, p: all.map((score) => Math.exp((-score * score) / 2)) }
    }
    return { all: scores([0, 1, 2]), light: scores([0]) }
  }
}
