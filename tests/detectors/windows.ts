import type { ReferenceSummary, WindowDetector } from '../../detectors/detector.js'
import { standardise } from '../../detectors/standardisation.js'
import type { Fitted } from '../../detectors/stored.js'
import { whiten } from '../../detectors/whitening.js'
import { place, scoreLengths } from '../../detectors/window-sums.js'
import { normals, rowOf } from './samples.js'

/** Scores of one window of raw rows. */
export const windowScorer = (detector: WindowDetector, { whitening }: ReferenceSummary, fitted: Fitted) => {
  const { d } = whitening
  const placement = place(d, [{ detector, fitted }])
  return (window: Float64Array): number => {
    const sums = new Float64Array(placement.width)
    const m = window.length / d
    let previous: Float64Array | undefined
    for (let i = 0; i < m; i++) {
      const z = whiten(whitening, rowOf(window, d, i))
      const own = placement.detectors[0].statistics?.of(z, { previous, standardised: standardise(rowOf(window, d, i), 1, whitening) }) ?? []
      previous = z
      ;[...z, ...own].forEach((value, j) => {
        sums[j] += value
      })
    }
    return scoreLengths(placement, placement.detectors[0], { lengths: [m], sums }).score
  }
}

/** n rows of d features around 5 with the deviation 1: embeddings that share a direction. */
export const cone = (seed: number, n: number, d: number): Float64Array => {
  const normal = normals(seed)
  return Float64Array.from({ length: n * d }, () => 5 + normal())
}
