import type { Features, Judge, Normal, Verdict } from '../../../bench/images/judge.js'
import type { Raster } from '../../../pictures/raster.js'

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
  groups: Normal['groups']

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

  remark = () => 'pixels are always well'
  close = async () => {}

  async judge(fitted: Fitted, features: Features) {
    const of = scorer(
      fitted,
      features,
      Array.from({ length: features.rows }, (_, i) => [i]),
    )
    return { all: of([0, 1, 2]), light: of([0]) }
  }

  async judgeWindows(fitted: Fitted, features: Features, windows: readonly (readonly number[])[]) {
    const of = scorer(fitted, features, windows)
    return { all: of([0, 1, 2]), 'light-means': of([0]) }
  }
}

const scorer = ({ mean, deviation }: Fitted, { values }: Features, windows: readonly (readonly number[])[]) => {
  const z = (row: number, j: number) => (values[row * D + j] - mean[j]) / deviation[j]
  return (columns: readonly number[]): Verdict => {
    const scores = Float64Array.from(windows, (rows) =>
      Math.hypot(...columns.map((j) => rows.reduce((sum, row) => sum + z(row, j), 0) / Math.sqrt(rows.length))),
    )
    return { scores, p: scores.map((score) => Math.exp((-score * score) / 2)) }
  }
}
