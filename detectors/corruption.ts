import { corruptionFromFitted, corruptionToFitted, learnCorruption, seenAlong } from './corruption-model.js'
import type { RecordDetector, WindowDetector } from './detector.js'
import { weight } from './hotelling.js'
import { dot } from './linalg.js'
import { rootTimes } from './root.js'
import { standardise } from './standardisation.js'

/**
 * Squared distance of a picture from the clean ones in the 20 directions in which seven synthetic degradations (blur, noise, tone, colour,
 * quantisation, ...) move pictures of the reference: means of one mid-level tap of the backbone, whitened (image study, sections 1 and 3,
 * arm A). Directions in which clean pictures merely differ do not count.
 */
export const corruption: RecordDetector = {
  name: 'corruption',
  title: 'Pictures whose quality is degraded: blur, noise, darkness, compression; whatever they show.',
  kind: 'record',
  usesBank: true,
  usesDegraded: true,
  fit: async (reference, matmul) => corruptionToFitted(await learnCorruption(reference, matmul)),
  graph: (fitted, builder, { standardised }) => {
    const { d, columns, axes, centre } = corruptionFromFitted(fitted)
    const k = columns.length
    const r = axes.length / k
    // As a product with zeros elsewhere: a Gather of columns takes ten times as long.
    const weights = new Float32Array(r * d)
    const offset = new Float32Array(r)
    for (let i = 0; i < r; i++) {
      const axis = axes.subarray(i * k, (i + 1) * k)
      columns.forEach((column, j) => {
        weights[i * d + column] = axis[j]
      })
      offset[i] = -dot(axis, centre)
    }
    const coordinates = builder.node('Gemm', [standardised, builder.constant([r, d], weights), builder.constant([r], offset)], {
      transB: 1,
    })
    return builder.node('ReduceSumSquare', [coordinates], { axes: [1], keepdims: 0 })
  },
  score: (fitted, whitening, row) => seenAlong(corruptionFromFitted(fitted), standardise(row, 1, whitening)).square,
  explain: (fitted, whitening, row) => {
    const standardised = standardise(row, 1, whitening)
    const { shares } = seenAlong(corruptionFromFitted(fitted), standardised)
    return Array.from(standardised, (sigma, index) => ({ index, share: shares[index], sigma }))
  },
}

/**
 * n m / (n + m) times the squared distance of the mean of m pictures from that of the reference's n, in the directions of `corruption`. The
 * mean of their vectors, not of their scores: at 16 pictures it finds .95 of what that finds .82 of (image study, section 3).
 */
export const corruptionMeans: WindowDetector = {
  name: 'corruption-means',
  title: 'Windows of pictures that are all a little degraded, too little to see in one.',
  kind: 'window',
  usesBank: true,
  usesDegraded: true,
  fit: async (reference, matmul) => corruptionToFitted(await learnCorruption(reference, matmul)),
  score: (fitted, { z, m }) => {
    const { n, d, columns, axes, centre, along } = corruptionFromFitted(fitted)
    const k = columns.length
    let square = 0
    for (let i = 0; i * d < along.length; i++) {
      square += (dot(along.subarray(i * d, (i + 1) * d), z) / m - dot(axes.subarray(i * k, (i + 1) * k), centre)) ** 2
    }
    return weight(n, m) * square
  },
  explain: (fitted, { root }, { z, m }) => {
    const model = corruptionFromFitted(fitted)
    const mean = rootTimes(root, z).map((sum) => sum / m)
    const { shares } = seenAlong(model, mean)
    return Array.from(mean, (sigma, index) => ({ index, share: weight(model.n, m) * shares[index], sigma }))
  },
}
