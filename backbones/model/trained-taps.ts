import type { TrainedTap } from '../../detectors/channels.js'
import { type BackboneDescription, featureNames } from './description.js'

/** A backbone's tap by name, with its statistics in training and the features that are to be compared with them. */
export interface NamedTap extends TrainedTap {
  readonly name: string
  /** Pixels of the picture per position. */
  readonly stride: number
}

/** Those taps whose statistics in training are known and whose features are the means and spreads that can be compared with them. */
export function trainedTaps(description: Pick<BackboneDescription, 'taps'>): NamedTap[] {
  const columns = new Map(featureNames(description).map((feature, column) => [feature, column]))
  return description.taps.flatMap(({ name, stride, statistics, trained }) => {
    if (trained === undefined || !statistics.includes('mean') || !statistics.includes('logSd')) return []
    const of = (statistic: string) => Float64Array.from(trained.mean, (_, c) => columns.get(`${name}.${statistic}.${c}`) ?? Number.NaN)
    return [
      {
        name,
        stride,
        means: of('mean'),
        logSds: of('logSd'),
        mean: Float64Array.from(trained.mean),
        variance: Float64Array.from(trained.variance),
      },
    ]
  })
}
