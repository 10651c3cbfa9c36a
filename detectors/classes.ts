import { classCentres } from './class-centres.js'
import type { FeatureShare, RecordDetector, ReferenceSummary } from './detector.js'
import { gaussian } from './gaussian.js'
import { requiredLabels } from './labels.js'
import type { MatMul } from './matmul.js'
import { centresFromFitted, centresToFitted, nearestCentre, nearestCentreGraph } from './nearest-centre.js'
import { standardise } from './standardisation.js'
import type { Fitted } from './stored.js'
import type { Whitening } from './whitening.js'

const fitClasses =
  (name: string) =>
  async ({ labels, moments: own, whitening: { d, active } }: ReferenceSummary, matmul: MatMul): Promise<Fitted> => {
    const { counts, classes: moments } = requiredLabels(labels, name)
    const found = await classCentres(moments, active, matmul)
    const { mean } = await own()
    // Rows are scored around the mean of those that were fitted.
    const { scalars, tensors } = centresToFitted({ ...found, centres: found.centres.map((value, at) => value - mean[at % d]) })
    return { scalars: { ...scalars, labelled: counts.subarray(1).reduce((sum, count) => sum + count, 0) }, tensors }
  }

/**
 * Smallest squared Mahalanobis distance to the mean of one of the reference's classes, with the covariance within classes that all share
 * (Lee et al. 2018). The record's own label is not asked for. Shares are those of the deviation from the nearest mean.
 */
export const classes: RecordDetector = {
  name: 'classes',
  title: 'Records far from every class of a labelled reference, measured by the spread within classes.',
  kind: 'record',
  labels: 'fit',
  fit: fitClasses('classes'),
  graph: (fitted, builder, { standardised }) => nearestCentreGraph(centresFromFitted(fitted), builder, standardised),
  score: (fitted, whitening, row) => nearestCentre(centresFromFitted(fitted), standardise(row, 1, whitening)).score,
  explain: (fitted, whitening, row) => nearestCentre(centresFromFitted(fitted), standardise(row, 1, whitening)).shares(),
}

/**
 * The same less the squared distance D^2 to the reference as a whole, but for what that is on average, the number r of features that vary
 * (Ren et al. 2021): min_k D_k^2 - (D^2 - r), and 0 where that is negative. What is unusual for all classes alike does not count.
 */
export const relative: RecordDetector = {
  name: 'relative',
  title: 'Records far from every class of a labelled reference, beyond what makes them unusual for the reference as a whole.',
  kind: 'record',
  labels: 'fit',
  fit: fitClasses('relative'),
  graph: (fitted, builder, inputs) => {
    const model = centresFromFitted(fitted)
    const class_ = nearestCentreGraph(model, builder, inputs.standardised)
    const excess = builder.node('Sub', [class_, gaussian.graph(fitted, builder, inputs)])
    return builder.node('Relu', [builder.node('Add', [excess, builder.constant([1], Float32Array.of(varying(model.within)))])])
  },
  score: (fitted, whitening, row) => Math.max(0, unclipped(fitted, whitening, row)),
  explain: (fitted, whitening, row) => {
    if (!(unclipped(fitted, whitening, row) > 0)) return sharesOf(fitted, whitening, row).map((share) => ({ ...share, share: 0 }))
    return sharesOf(fitted, whitening, row)
  },
}

const unclipped = (fitted: Fitted, whitening: Whitening, row: Float64Array): number => {
  const model = centresFromFitted(fitted)
  return nearestCentre(model, standardise(row, 1, whitening)).score - gaussian.score(fitted, whitening, row) + varying(model.within)
}

/** A feature that varies adds 1 beside its parts of the two distances. */
const sharesOf = (fitted: Fitted, whitening: Whitening, row: Float64Array): FeatureShare[] => {
  const background = gaussian.explain(fitted, whitening, row)
  return classes.explain(fitted, whitening, row).map(({ share }, index) => ({
    index,
    share: share - background[index].share + Number(whitening.active[index]),
    sigma: background[index].sigma,
  }))
}

const varying = ({ active }: Whitening): number => active.filter(Boolean).length
