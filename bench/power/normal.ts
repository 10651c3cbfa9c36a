import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { Normals } from '../../connectors/generator/random.js'
import type { Draw } from './situation.js'

export const FEATURES = 32

/** Correlation of features i and j is RHO ** |i - j|: the study says "correlated" and no more; this has eigenvalues from 0.25 to 3.9. */
const RHO = 0.6

const features = <T>(value: (j: number) => T): T[] => Array.from({ length: FEATURES }, (_, j) => value(j))

/** The covariance's factor of correlations that are kept to a part: L with L L^T = (1 - kept) I + kept R. */
const factorOf = (kept: number): Matrix => {
  const { eigenvectorMatrix: axes, realEigenvalues: variances } = spectrum
  return axes.mmul(Matrix.diag(variances.map((variance) => Math.sqrt(1 - kept + kept * variance))))
}

const spectrum = new EigenvalueDecomposition(new Matrix(features((i) => features((j) => RHO ** Math.abs(i - j)))), {
  assumeSymmetric: true,
})

/** Indices of the principal components, of the largest variance first. */
const order = features((i) => i).sort((a, b) => spectrum.realEigenvalues[b] - spectrum.realEigenvalues[a])

/** What may change: independent components are mixed among each other, then into correlated features, scaled together and moved. */
export interface Change {
  /** d x d, of the principal components in units of their usual standard deviations. */
  readonly components?: Matrix
  /** Part of the correlations that is left. */
  readonly correlations?: number
  /** Of a whole record; called once for each. */
  readonly scale?: (normal: Normals) => number
  /** Of the mean of feature j where `until` records of the window are still to come. */
  readonly shift?: (j: number, until: number) => number
}

/** Independent records of 32 correlated normal features. */
export function normalRows({ components = Matrix.eye(FEATURES), correlations = 1, scale = () => 1, shift = () => 0 }: Change = {}): Draw {
  const factor = factorOf(correlations).mmul(components).to2DArray()
  return (normal, m) => {
    const rows = new Float64Array(m * FEATURES)
    for (let i = 0; i < m; i++) {
      const independent = Float64Array.from({ length: FEATURES }, normal)
      const size = scale(normal)
      for (let j = 0; j < FEATURES; j++) {
        let value = 0
        for (let k = 0; k < FEATURES; k++) value += factor[j][k] * independent[k]
        rows[i * FEATURES + j] = size * value + shift(j, m - 1 - i)
      }
    }
    return rows
  }
}

/** The component of the `rank`-th largest variance, scaled. */
export const scaledComponent = (rank: number, factor: number): Change => {
  const components = Matrix.eye(FEATURES)
  components.set(order[rank], order[rank], factor)
  return { components }
}

/** That component and the next, which are independent otherwise, with a correlation. */
export const correlatedComponents = (rank: number, correlation: number): Change => {
  const components = Matrix.eye(FEATURES)
  components.set(order[rank + 1], order[rank], correlation)
  components.set(order[rank + 1], order[rank + 1], Math.sqrt(1 - correlation ** 2))
  return { components }
}

/** `length` standard deviations along each principal component. */
export const alongAll = (length: number): number[] =>
  features((j) =>
    spectrum.realEigenvalues.reduce((sum, variance, i) => sum + length * Math.sqrt(variance) * spectrum.eigenvectorMatrix.get(j, i), 0),
  )
