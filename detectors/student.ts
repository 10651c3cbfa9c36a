import type { Bank, RecordDetector } from './detector.js'
import { gaussian } from './gaussian.js'
import { dot, transposedTimes } from './linalg.js'
import type { MatMul } from './matmul.js'
import { rowsTimesTransposedInverse } from './root.js'
import { centredMoments } from './sample-moments.js'
import { standardiseFloat, whitenInGraph } from './scoring-graph.js'
import { shrinkageFor } from './shrinkage.js'
import { standardise } from './standardisation.js'
import { fitWhitening, type Whitening, whiteningFromFitted, whiteningToFitted } from './whitening.js'

/** Degrees of freedom: fixed at what Lange, Little and Taylor propose where they are not to be estimated. */
const FREEDOM = 4
const MOST_STEPS = 50
/** Of ln det per feature, between two steps. */
const SETTLED = 1e-7

/**
 * Squared Mahalanobis distance to the centre and scatter of a multivariate t distribution with 4 degrees of freedom, the maximum of whose
 * likelihood over the bank is found by EM: rows far out count little, so that heavy tails, or some outliers among the reference, do not
 * blow the covariance up and hide what lies beside it. The distance rises with the negative log-likelihood, and its shares are exact.
 */
export const student: RecordDetector = {
  name: 'student',
  title: 'Records far from the core of a heavy-tailed reference, or of one that holds some outliers itself.',
  kind: 'record',
  usesBank: true,
  fit: async ({ whitening, bank }, matmul) => whiteningToFitted(await maximumLikelihood(bank, whitening.active, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const core = whiteningFromFitted(fitted)
    const z = whitenInGraph(builder, standardiseFloat(builder, standardised, core), core.root)
    return builder.node('ReduceSumSquare', [z], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) => gaussian.score(fitted, whiteningFromFitted(fitted), standardise(row, 1, whitening)),
  explain: (fitted, whitening, row) => gaussian.explain(fitted, whiteningFromFitted(fitted), standardise(row, 1, whitening)),
}

/** Expectation-maximisation in the form of Kent, Tyler and Vardi (1994), which divides by the sum of the weights and so needs few steps. */
const maximumLikelihood = async ({ m, rows }: Bank, active: readonly boolean[], matmul: MatMul): Promise<Whitening> => {
  const d = active.length
  const varying = active.filter(Boolean).length
  const options = { shrinkage: shrinkageFor(m, varying) }
  const standardisation = { mean: new Float64Array(d), scale: Float64Array.from(active, (varies) => (varies ? 1 : 0)) }
  let weights = new Float64Array(m).fill(1 / m)
  let logDet = Number.NaN
  for (let step = 1; ; step++) {
    const mean = transposedTimes(rows, weights)
    const centred = rows.map((value, at) => value - mean[at % d])
    const weighted = centred.map((value, at) => value * Math.sqrt(m * weights[Math.floor(at / d)]))
    const core = await fitWhitening(await centredMoments(weighted, mean, matmul), standardisation, options, matmul)
    if (step === MOST_STEPS || Math.abs(core.logDet - logDet) < SETTLED * varying) return core
    logDet = core.logDet
    const z = await rowsTimesTransposedInverse(core.root, centred, matmul)
    weights = normalised(weights.map((_, i) => (FREEDOM + varying) / (FREEDOM + squaredLength(z.subarray(i * d, (i + 1) * d)))))
  }
}

const squaredLength = (vector: Float64Array): number => dot(vector, vector)

const normalised = (weights: Float64Array): Float64Array<ArrayBuffer> => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Float64Array.from(weights, (weight) => weight / total)
}
