import type { RecordDetector } from './detector.js'
import { bandwidthOf, mostDimensions } from './kde-regime.js'
import { dot, times, transposedTimes } from './linalg.js'
import { logGraph } from './log-graph.js'
import { transpose } from './matmul.js'
import { packedTrace, unpackSymmetric } from './packed.js'
import { fewest } from './principal.js'
import { leadingSpectrum } from './spectrum.js'
import { standardise } from './standardisation.js'
import { type Fitted, tensorData } from './stored.js'
import { Unfit } from './unfit.js'

/** Of the variance: as few components as hold it are taken, and the fit is refused when those that can be taken do not hold the other. */
const PART = 0.95
const LEAST_PART = 0.5
const MOST = 16

/**
 * How thin is the reference where the record lies? -ln of the mean of exp(-|x - b|^2 / (2 h^2)) over the bank's rows b, in the leading principal
 * components, each in its standard deviations: the Gaussian kernel density, relative to its largest possible value, so that it is never
 * negative. The bandwidth h is such that many rows make the density (`kde-regime.ts`); where that asks for a bandwidth as wide as the data
 * themselves, there are fewer components, and where these hold less than half of the variance the fit is refused.
 *
 * A feature's share is its part of the squared distances to the rows, weighed by their part of the density; they sum to the score.
 */
export const kde: RecordDetector = {
  name: 'kde',
  title: 'Records where the reference is thin, by a density over its few leading principal components: gaps, and lone edges of a mode.',
  kind: 'record',
  usesBank: true,
  costly: true,
  fit: async ({ moments, whitening: { active }, bank: { m, rows } }, matmul) => {
    const varying = active.filter(Boolean).length
    const most = mostDimensions(m, Math.min(MOST, varying))
    if (most === 0) throw new Unfit(`kde: ${m} reference rows make no density; collect more, or use gaussian`)
    const { n, d, scatter } = await moments()
    const covariance = unpackSymmetric(scatter, d).map((value) => value / n)
    const { values, vectors } = await leadingSpectrum(covariance, d, most, matmul)
    const variance = packedTrace(scatter, d) / n
    const k = fewest(values, PART * variance)
    const held = values.slice(0, k).reduce((sum, value) => sum + value, 0) / variance
    if (held < LEAST_PART) throw new Unfit(tooMany(m, k, held))
    const components = vectors.slice(0, k * d)
    const units = Float64Array.from({ length: k }, (_, i) => bandwidthOf(m, k) * Math.sqrt(values[i]))
    const axes = components.map((value, at) => value / units[Math.floor(at / d)])
    return {
      scalars: {},
      tensors: {
        axes: { shape: [k, d], data: axes },
        units: { shape: [k], data: units },
        bank: { shape: [m, k], data: await matmul(rows, transpose(axes, k, d), m, d, k) },
      },
    }
  },
  graph: (fitted, builder, { standardised }) => {
    const { m, k, d, axes, bank } = fromFitted(fitted)
    const along = builder.node('Gemm', [standardised, builder.constant([k, d], Float32Array.from(axes))], { transB: 1 })
    const halfNorms = Float32Array.from({ length: m }, (_, i) => -squaredLength(bank.subarray(i * k, (i + 1) * k)) / 2)
    const points = [builder.constant([m, k], Float32Array.from(bank)), builder.constant([m], halfNorms)]
    const exponents = builder.node('Gemm', [along, ...points], { transB: 1 })
    // Less the largest: of a record far out all others vanish, and its score still tells how far.
    const largest = builder.node('ReduceMax', [exponents], { axes: [1], keepdims: 1 })
    const kernels = builder.node('Exp', [builder.node('Sub', [exponents, largest])])
    const mean = builder.node('MatMul', [kernels, builder.constant([m, 1], new Float32Array(m).fill(1 / m))])
    const length = builder.node('ReduceSumSquare', [along], { axes: [1], keepdims: 1 })
    const nearest = builder.node('Sub', [builder.node('Mul', [length, builder.constant([], Float32Array.of(0.5))]), largest])
    const score = builder.node('Sub', [nearest, logGraph(builder, mean)])
    return builder.node('Squeeze', [score, builder.constant([1], BigInt64Array.of(1n))])
  },
  score: (fitted, whitening, row) => look(fitted, standardise(row, 1, whitening)).score,
  explain: (fitted, whitening, row) => {
    const { d, units, axes } = fromFitted(fitted)
    const standardised = standardise(row, 1, whitening)
    const { score, weights, differences } = look(fitted, standardised)
    const parts = new Float64Array(d)
    differences.forEach((difference, i) => {
      const pull = transposedTimes(axes, difference)
      const moved = transposedTimes(
        axes,
        difference.map((value, q) => value * units[q] ** 2),
      )
      for (let j = 0; j < d; j++) parts[j] += weights[i] * pull[j] * moved[j]
    })
    const total = parts.reduce((sum, part) => sum + part, 0)
    return Array.from(standardised, (sigma, index) => ({ index, share: total > 0 ? (score * parts[index]) / total : score / d, sigma }))
  },
}

const tooMany = (m: number, k: number, held: number): string =>
  `kde: ${m} reference rows make a density in at most ${k} dimensions, and the leading ${k} principal components hold only ` +
  `${(100 * held).toFixed(1)} % of the variance, where at least ${100 * LEAST_PART} % are needed; use near3 or knn, or watch fewer features`

/** The score of a standardised row, with its differences to the bank's rows in bandwidths and their parts of the density. */
const look = (fitted: Fitted, standardised: Float64Array) => {
  const { m, k, axes, bank } = fromFitted(fitted)
  const along = times(axes, standardised)
  const differences = Array.from({ length: m }, (_, i) => along.map((value, q) => value - bank[i * k + q]))
  const halves = Float64Array.from(differences, (difference) => squaredLength(difference) / 2)
  const nearest = halves.reduce((least, half) => Math.min(least, half))
  const kernels = halves.map((half) => Math.exp(nearest - half))
  const sum = kernels.reduce((all, kernel) => all + kernel, 0)
  return { score: nearest - Math.log(sum / m), weights: kernels.map((kernel) => kernel / sum), differences }
}

const squaredLength = (vector: Float64Array): number => dot(vector, vector)

const fromFitted = ({ tensors }: Fitted) => {
  const [k = 0, d = 0] = tensors.axes?.shape ?? []
  const m = tensors.bank?.shape[0] ?? 0
  return {
    m,
    k,
    d,
    axes: tensorData(tensors, 'axes', k * d),
    units: tensorData(tensors, 'units', k),
    bank: tensorData(tensors, 'bank', m * k),
  }
}
