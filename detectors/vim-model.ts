import type { Bank, ReferenceSummary } from './detector.js'
import { dot, times, transposedTimes } from './linalg.js'
import { type MatMul, transpose } from './matmul.js'
import type { Moments } from './moments.js'
import { packedLength } from './packed.js'
import { principalComponents } from './principal.js'
import { type Fitted, scalarNumber, tensorData } from './stored.js'
import { Unfit } from './unfit.js'

/** Standard deviations: where the components hold all of the features' variance, what is beyond them is rounding. */
const LEAST_RESIDUAL = 1e-3

/** The leading components of the features, and what makes logits of a standardised row. */
interface Space {
  /** k x d, rows orthonormal, 0 but at watched features. */
  readonly components: Float64Array
  /** d: 1 for a feature that varies and is no logit, else 0. */
  readonly watched: Float64Array
  /** Of each logit its column, its mean and its scale. */
  readonly columns: Float64Array
  readonly means: Float64Array
  readonly scales: Float64Array
}

export interface Vim extends Space {
  /** What the residual is multiplied by to be the virtual logit. */
  readonly alpha: number
  /** Means over the bank, of the virtual logit and of the evidence. */
  readonly usualVirtual: number
  readonly usualEvidence: number
}

/** @throws Unfit when fewer than two columns are logits, fewer than two others vary, or the logits are none */
export const learnVim = async ({ moments, whitening, bank, logits = [] }: ReferenceSummary, matmul: MatMul): Promise<Vim> => {
  if (logits.length < 2)
    throw new Unfit(`vim needs the logits of a classifier, at least 2, got ${logits.length}: name them in kinds.logits`)
  const active = whitening.active.map((varies, j) => varies && !logits.includes(j))
  const varying = active.filter(Boolean).length
  if (varying < 2)
    throw new Unfit(`vim needs at least 2 features that vary in the reference beside the logits, got ${varying}; use gaussian`)
  const { components } = await principalComponents(among(await moments(), active), { ...whitening, active }, matmul)
  const [means, scales] = [whitening.mean, whitening.scale].map((values) => Float64Array.from(logits, (column) => values[column]))
  const space = { components, watched: Float64Array.from(active, Number), columns: Float64Array.from(logits), means, scales }
  return { ...space, ...(await usual(space, bank, matmul)) }
}

/** The moments of some columns, the others as if they never varied. */
const among = (moments: Moments, columns: readonly boolean[]): Moments => {
  const scatter = moments.scatter.slice()
  columns.forEach((one, i) => {
    for (let j = 0; j <= i; j++) if (!one || !columns[j]) scatter[packedLength(i) + j] = 0
  })
  return { ...moments, scatter }
}

const usual = async (space: Space, { m, rows }: Bank, matmul: MatMul): Promise<Pick<Vim, 'alpha' | 'usualVirtual' | 'usualEvidence'>> => {
  const { components, watched } = space
  const d = watched.length
  const k = components.length / d
  const projected = await matmul(await matmul(rows, transpose(components, k, d), m, d, k), components, m, k, d)
  const rest = rows.map((value, at) => watched[at % d] * (value - projected[at]))
  let [residual, largest, evidence] = [0, 0, 0]
  for (let at = 0; at < rows.length; at += d) {
    const logits = logitsOf(space, rows.subarray(at, at + d))
    residual += length(rest.subarray(at, at + d)) / m
    largest += most(logits) / m
    evidence += logSumExp(logits) / m
  }
  if (!(largest > 0)) {
    const found = `the largest of the logits is ${largest.toPrecision(3)} on average, expected more than 0`
    throw new Unfit(`vim: ${found}; give what the classifier puts into its softmax, not the logarithms of what comes out`)
  }
  return { alpha: largest / Math.max(LEAST_RESIDUAL, residual), usualVirtual: largest, usualEvidence: evidence }
}

/** A standardised row: what the components leave over of its features, its virtual logit, its logits and their evidence ln sum exp. */
export const seenBy = (model: Vim, row: Float64Array) => {
  const { components, watched, alpha } = model
  const projected = transposedTimes(components, times(components, row))
  const rest = row.map((value, j) => watched[j] * (value - projected[j]))
  const logits = logitsOf(model, row)
  return { rest, virtual: alpha * length(rest), logits, evidence: logSumExp(logits) }
}

const logitsOf = ({ columns, means, scales }: Space, row: Float64Array): Float64Array =>
  means.map((mean, c) => mean + scales[c] * row[columns[c]])

const length = (vector: Float64Array): number => Math.sqrt(dot(vector, vector))

const most = (values: Float64Array): number => values.reduce((largest, value) => Math.max(largest, value))

const logSumExp = (values: Float64Array): number => {
  const largest = most(values)
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0))
}

export const vimToFitted = ({ components, watched, columns, means, scales, alpha, usualVirtual, usualEvidence }: Vim): Fitted => {
  const [d, c] = [watched.length, columns.length]
  return {
    scalars: { alpha, usualVirtual, usualEvidence },
    tensors: {
      components: { shape: [components.length / d, d], data: components },
      watched: { shape: [d], data: watched },
      columns: { shape: [c], data: columns },
      means: { shape: [c], data: means },
      scales: { shape: [c], data: scales },
    },
  }
}

/** @throws Error naming what is missing or of the wrong size. */
export const vimFromFitted = ({ scalars, tensors }: Fitted): Vim => {
  const [k, d] = tensors.components?.shape ?? [0, 0]
  const c = tensors.columns?.data.length ?? 0
  return {
    components: tensorData(tensors, 'components', k * d),
    watched: tensorData(tensors, 'watched', d),
    columns: tensorData(tensors, 'columns', c),
    means: tensorData(tensors, 'means', c),
    scales: tensorData(tensors, 'scales', c),
    alpha: scalarNumber(scalars, 'alpha'),
    usualVirtual: scalarNumber(scalars, 'usualVirtual'),
    usualEvidence: scalarNumber(scalars, 'usualEvidence'),
  }
}
