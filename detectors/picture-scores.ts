import type { RecordDetector } from './detector.js'
import { standardise } from './standardisation.js'
import { scalarNumber } from './stored.js'
import { Unfit } from './unfit.js'

/** Numbers that are made of a picture beside the statistics of the backbone, each a feature: by detector their names. */
export const pictureScores = { discopatch: 'discopatch.score', 'patch-distance': 'patch.distance' } as const

type Scorer = keyof typeof pictureScores

/** By detector the column of its feature, where there is one. */
export type ScoreColumns = Readonly<Partial<Record<Scorer, number>>>

export const scoreColumnsOf = (features: readonly string[]): ScoreColumns =>
  Object.fromEntries(
    Object.entries(pictureScores).flatMap(([name, feature]) => (features.includes(feature) ? [[name, features.indexOf(feature)]] : [])),
  )

/**
 * A detector of one such feature: standard deviations of the reference above its mean. Only what is higher than usual is unusual, so below the mean it
 * is negative.
 */
export const scoreDetector = (name: Scorer, title: string, toHaveIt: string): RecordDetector => ({
  name,
  title,
  kind: 'record',
  fit: async ({ scoreColumns, whitening }) => {
    const column = scoreColumns?.[name]
    if (column === undefined) throw new Unfit(`${name} needs the feature ${pictureScores[name]}: ${toHaveIt}, and fit again`)
    if (!whitening.active[column])
      throw new Unfit(`${name} needs the feature ${pictureScores[name]} to vary in the reference; give more pictures, or leave ${name} out`)
    return { scalars: { column }, tensors: {} }
  },
  graph: ({ scalars }, builder, { standardised }) =>
    builder.node('Gather', [standardised, builder.constant([], BigInt64Array.of(BigInt(scalarNumber(scalars, 'column'))))], { axis: 1 }),
  score: ({ scalars }, whitening, row) => standardise(row, 1, whitening)[scalarNumber(scalars, 'column')],
  explain: ({ scalars }, whitening, row) => {
    const column = scalarNumber(scalars, 'column')
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({ index, share: index === column ? sigma : 0, sigma }))
  },
})
