import { autoregressionOf, fitJoint, fromFitted, innovationOf, squaredInnovations, toFitted } from './autoregression.js'
import type { WindowDetector } from './detector.js'
import { edgesOf, exceedances, heldOutDistance, statisticOf, storedEdges } from './edges.js'
import { dot } from './linalg.js'
import { inverseTimes, rootTimes } from './root.js'

/**
 * Are the innovations of the last m records as large as those of the reference? The statistic of `distances`, of D^2 of the innovations: those
 * of a stream that moves slowly are nearly independent where its records are not, so that a window holds far more of them.
 * The edges are quantiles over the bank, of what D^2 would be had the fit not seen the pair.
 *
 * It knows no features: shares are equal parts.
 */
export const innovationDistances: WindowDetector = {
  name: 'innovation-distances',
  title: 'Windows whose records are foretold worse, or better, by the record before: changed noise or scale in streams that move slowly.',
  kind: 'window',
  usesBank: true,
  usesPrevious: true,
  fit: async (reference, matmul) => {
    const { whitening, bank } = reference
    const { d } = whitening
    const joint = await fitJoint('innovation-distances', reference, matmul)
    const distances = Float64Array.from({ length: bank.m }, (_, i) => {
      const pair = [bank.previous ?? bank.rows, bank.rows].flatMap((rows) => [...rows.subarray(i * d, (i + 1) * d)])
      const z = inverseTimes(
        joint.root,
        Float64Array.from(pair, (value, j) => value - joint.centres[j]),
      )
      const [before, both] = [z.subarray(0, d), z].map((part) => heldOutDistance(dot(part, part), joint.n, joint.shrinkage))
      return both - before
    })
    const [model, edges] = [toFitted(await autoregressionOf(joint, whitening, matmul)), edgesOf(distances)]
    return { scalars: edges.scalars, tensors: { ...model.tensors, ...edges.tensors } }
  },
  statistics: (fitted) => {
    const [model, edges] = [fromFitted(fitted), storedEdges(fitted)]
    return {
      width: edges.length,
      graph: (builder, inputs) => exceedances(builder, squaredInnovations(model, builder, inputs, 1), edges),
      of: (z, { previous = z } = {}) => {
        const innovation = innovationOf(model, z, previous)
        const distance = dot(innovation, innovation)
        return edges.map((edge) => Number(distance > edge))
      },
    }
  },
  score: statisticOf,
  explain: (fitted, { d, root }, sums) => {
    const score = statisticOf(fitted, sums)
    return Array.from(rootTimes(root, sums.z), (shift, index) => ({ index, share: score / d, sigma: shift / sums.m }))
  },
}
