import { imageEvaluation } from './images/evaluation.js'
import { openJudge } from './images/product-judge.js'
import { semanticEvaluation } from './images/semantic.js'

await imageEvaluation('eval:semantic', 'the folder cifar10, mnist_t10k, dtd10 and imagenet_samples', [], openJudge, semanticEvaluation)
