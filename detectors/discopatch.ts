import { scoreDetector } from './picture-scores.js'

/** The score of a DisCoPatch network (Caetano et al. 2025, arXiv 2501.08005): the mean negative logit of a picture's patches. */
export const discopatch = scoreDetector(
  'discopatch',
  'Pictures whose patches look degraded to a network trained on normal and degraded ones (`pictures.patches`).',
  'name a bundle of training.discopatch as pictures.patches',
)
