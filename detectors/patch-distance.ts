import { scoreDetector } from './picture-scores.js'

/** How far the patches of a picture are from those of the reference (PatchCore, Roth et al. 2022, arXiv 2106.08265). */
export const patchDistance = scoreDetector(
  'patch-distance',
  'Pictures with patches that no picture of the reference has: small foreign objects and defects of aligned scenes.',
  'its bank is learnt where patch-distance is named in the configuration of a monitor of pictures',
)
