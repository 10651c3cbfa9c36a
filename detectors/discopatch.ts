import type { RecordDetector } from './detector.js'
import { standardise } from './standardisation.js'
import { scalarNumber } from './stored.js'
import { Unfit } from './unfit.js'

/** The feature that a DisCoPatch network makes of a picture, beside those of the backbone. */
export const PATCH_SCORE = 'discopatch.score'

/** The column of that feature; undefined where there is none. */
export const patchScoreOf = (features: readonly string[]): number | undefined => {
  const column = features.indexOf(PATCH_SCORE)
  return column < 0 ? undefined : column
}

/**
 * The score of a DisCoPatch network (Caetano et al. 2025, arXiv 2501.08005): the mean negative logit of a picture's patches, in standard
 * deviations of the reference. Only what is higher than usual is unusual, so below the mean it is negative.
 */
export const discopatch: RecordDetector = {
  name: 'discopatch',
  title: 'Pictures whose patches look degraded to a network trained on normal and degraded ones (`pictures.patches`).',
  kind: 'record',
  fit: async ({ patchScore, whitening }) => {
    if (patchScore === undefined)
      throw new Unfit(
        `discopatch needs the feature ${PATCH_SCORE}: name a bundle of training.discopatch as pictures.patches, and fit again`,
      )
    if (!whitening.active[patchScore])
      throw new Unfit(`discopatch needs the feature ${PATCH_SCORE} to vary in the reference; give more pictures, or leave discopatch out`)
    return { scalars: { column: patchScore }, tensors: {} }
  },
  graph: ({ scalars }, builder, { standardised }) =>
    builder.node('Gather', [standardised, builder.constant([], BigInt64Array.of(BigInt(scalarNumber(scalars, 'column'))))], { axis: 1 }),
  score: ({ scalars }, whitening, row) => standardise(row, 1, whitening)[scalarNumber(scalars, 'column')],
  explain: ({ scalars }, whitening, row) => {
    const column = scalarNumber(scalars, 'column')
    return Array.from(standardise(row, 1, whitening), (sigma, index) => ({ index, share: index === column ? sigma : 0, sigma }))
  },
}
