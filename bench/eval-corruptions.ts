import { corruptionsEvaluation } from './images/corruptions.js'
import { imageEvaluation } from './images/evaluation.js'
import { openJudge } from './images/product-judge.js'

await imageEvaluation(
  'eval:corruptions',
  'the folder imagenet_samples (or cifar10, magnetic_tile)',
  ['set', 'severities'],
  openJudge,
  corruptionsEvaluation,
)
