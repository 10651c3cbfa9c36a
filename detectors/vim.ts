import type { RecordDetector } from './detector.js'
import { dot } from './linalg.js'
import { logGraph } from './log-graph.js'
import type { GraphBuilder } from './onnx-graph.js'
import { standardise } from './standardisation.js'
import { learnVim, seenBy, type Vim, vimFromFitted, vimToFitted } from './vim-model.js'

/**
 * Virtual-logit matching (Wang et al. 2022): beside a classifier's logits l stands one more, of what belongs to no class: alpha |rest|, where rest
 * is what the leading principal components of the features leave over, and alpha makes it on average as large as the largest of l. The
 * score is -ln of the softmax probability that the record is of any of the classes, ln(1 + exp(alpha |rest| - ln sum exp l)): the paper's score,
 * the probability that it is of none, in a form that does not stop at 1. The features are all columns but the logits, standardised and
 * around the reference's mean; the paper's origin -W^+ b asks for the weights of the last layer, which records do not bring along.
 *
 * What the virtual logit exceeds its mean by is the features', by their part of |rest|^2; what ln sum exp l lacks of its mean is the logits', by
 * their softmax probabilities. The score is shared out in that proportion.
 */
export const vim: RecordDetector = {
  name: 'vim',
  title: "Records whose features leave the plane of a classifier's usual ones, and records that none of its logits claims.",
  kind: 'record',
  usesBank: true,
  usesLogits: true,
  fit: async (reference, matmul) => vimToFitted(await learnVim(reference, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const model = vimFromFitted(fitted)
    const virtual = virtualGraph(model, builder, standardised)
    return softplusGraph(builder, builder.node('Sub', [virtual, evidenceGraph(model, builder, standardised)]))
  },
  score: (fitted, whitening, row) => {
    const { virtual, evidence } = seenBy(vimFromFitted(fitted), standardise(row, 1, whitening))
    return softplus(virtual - evidence)
  },
  explain: (fitted, whitening, row) => {
    const model = vimFromFitted(fitted)
    const standardised = standardise(row, 1, whitening)
    const { rest, virtual, logits, evidence } = seenBy(model, standardised)
    const score = softplus(virtual - evidence)
    const [excess, lack] = [virtual - model.usualVirtual, model.usualEvidence - evidence].map((value) => Math.max(0, value))
    const ofFeatures = lack > 0 ? excess / (excess + lack) : 1
    const total = dot(rest, rest)
    const parts = rest.map((value) => ofFeatures * (total > 0 ? value ** 2 / total : 1 / rest.length))
    logits.forEach((logit, c) => {
      parts[model.columns[c]] += (1 - ofFeatures) * Math.exp(logit - evidence)
    })
    return Array.from(standardised, (sigma, index) => ({ index, share: score * parts[index], sigma }))
  },
}

const softplus = (value: number): number => Math.max(0, value) + Math.log1p(Math.exp(-Math.abs(value)))

/** alpha |rest| [n,1]. */
const virtualGraph = ({ components, watched, alpha }: Vim, builder: GraphBuilder, standardised: string): string => {
  const d = watched.length
  const plane = builder.constant([components.length / d, d], Float32Array.from(components))
  const along = builder.node('Gemm', [standardised, plane], { transB: 1 })
  const beyond = builder.node('Sub', [standardised, builder.node('MatMul', [along, plane])])
  const rest = builder.node('Mul', [beyond, builder.constant([d], Float32Array.from(watched))])
  const length = builder.node('Sqrt', [builder.node('ReduceSumSquare', [rest], { axes: [1], keepdims: 1 })])
  return builder.node('Mul', [length, builder.constant([], Float32Array.of(alpha))])
}

/** ln sum exp of the logits [n,1]; less the largest first, for the exponential of a large one is too large. */
const evidenceGraph = ({ columns, means, scales }: Vim, builder: GraphBuilder, standardised: string): string => {
  const c = columns.length
  const own = builder.node('Gather', [standardised, builder.constant([c], BigInt64Array.from(columns, BigInt))], { axis: 1 })
  const scaled = builder.node('Mul', [own, builder.constant([c], Float32Array.from(scales))])
  const logits = builder.node('Add', [scaled, builder.constant([c], Float32Array.from(means))])
  const largest = builder.node('ReduceMax', [logits], { axes: [1], keepdims: 1 })
  const powers = builder.node('Exp', [builder.node('Sub', [logits, largest])])
  const sum = builder.node('MatMul', [powers, builder.constant([c, 1], new Float32Array(c).fill(1))])
  return builder.node('Add', [largest, logGraph(builder, sum)])
}

/** ln(1 + exp v) of [n,1], as [n]. */
const softplusGraph = (builder: GraphBuilder, value: string): string => {
  const power = builder.node('Exp', [builder.node('Neg', [builder.node('Abs', [value])])])
  const beyond = logGraph(builder, builder.node('Add', [power, builder.constant([], Float32Array.of(1))]))
  const score = builder.node('Add', [builder.node('Relu', [value]), beyond])
  return builder.node('Squeeze', [score, builder.constant([1], BigInt64Array.of(1n))])
}
