import { alongAll, correlatedComponents, FEATURES, normalRows, scaledComponent } from './normal.js'
import type { Draw, Figures, Situation } from './situation.js'

/** Such that T^2 has the study's power at 64 records: its text does not say how large its small mean was. */
const SMALL = 0.125
/** Records since a ramp began, at the end of the window. */
const RAMP = 1000
/** Degrees of freedom of the heavier tails; of the same variance. */
const FREEDOM = 8

const study = (hotelling: Figures, distances: Figures, all: Figures) => ({ hotelling, distances, 'covariance, all directions': all })

const smallMean = alongAll(SMALL)
const outlier = alongAll(7 / Math.sqrt(FEATURES))

/** One of 20 records at random, 7 standard deviations away, always on the same side. */
const outliers: Draw = (normal, m) => {
  const rows = normalRows()(normal, m)
  for (let i = 0; i < m; i++) if (Math.abs(normal()) < 0.0627) for (let j = 0; j < FEATURES; j++) rows[i * FEATURES + j] += outlier[j]
  return rows
}

const chiSquared = (normal: () => number, freedom: number): number =>
  Array.from({ length: freedom }, () => normal() ** 2).reduce((a, b) => a + b)

/** The first feature in two modes, of its usual mean and variance. */
const modes: Draw = (normal, m) => {
  const rows = normalRows()(normal, m)
  for (let i = 0; i < m; i++) rows[i * FEATURES] = Math.sign(rows[i * FEATURES]) * 0.9 + Math.sqrt(1 - 0.9 ** 2) * normal()
  return rows
}

/** The rows of the study's table (streams of independent normal records), and some more. */
export const oneSituation: Situation = {
  title: `${FEATURES} correlated normal features, one situation`,
  usual: normalRows(),
  drifts: [
    {
      key: 'small_mean',
      title: `small mean, all PCs ${SMALL} σ`,
      draw: normalRows({ shift: (j) => smallMean[j] }),
      study: study([0.76, 1], [0, 0.06], [0.03, 0.09]),
    },
    {
      key: 'one_feature',
      title: 'one feature 0.7 σ',
      draw: normalRows({ shift: (j) => (j === 7 ? 0.7 : 0) }),
      study: study([1, 1], [0.01, 0.08], [0.09, 0.24]),
    },
    { key: 'scale', title: 'scale × 1.08', draw: normalRows({ scale: () => 1.08 }), study: study([0.06, 0.04], [0.91, 1], [0.19, 0.74]) },
    {
      key: 'contraction',
      title: 'contraction × 0.93',
      draw: normalRows({ scale: () => 0.93 }),
      study: study([0, 0], [0.91, 1], [0.01, 0.09]),
    },
    {
      key: 'one_pc',
      title: 'first PC σ × 2.2',
      draw: normalRows(scaledComponent(0, 2.2)),
      study: study([0.07, 0.1], [0.43, 1], [0.99, 1]),
    },
    {
      key: 'correlations',
      title: 'first two PCs, correlation .7',
      draw: normalRows(correlatedComponents(0, 0.7)),
      study: study([0.02, 0.05], [0.01, 0.02], [0.38, 1]),
    },
    { key: 'outliers', title: '5 % outliers', draw: outliers, study: study([0.32, 0.79], [0.03, 0.15], [0.79, 1]) },
    {
      key: 'tails',
      title: `heavier tails, t with ${FREEDOM} d.f.`,
      draw: normalRows({ scale: (normal) => Math.sqrt((FREEDOM - 2) / chiSquared(normal, FREEDOM)) }),
      study: study([0.01, 0], [0.99, 1], [0.93, 0.99]),
    },
    { key: 'middle_correlations', title: 'two middle PCs, correlation .7', draw: normalRows(correlatedComponents(16, 0.7)) },
    { key: 'weaker_correlations', title: 'all correlations × 0.7', draw: normalRows({ correlations: 0.7 }) },
    {
      key: 'ramp',
      title: `ramp of all PCs, ${SMALL} σ in ${RAMP} records`,
      draw: normalRows({ shift: (j, until) => (smallMean[j] * (RAMP - until)) / RAMP }),
    },
    {
      key: 'feature_ramp',
      title: `ramp of one feature, 1 σ in ${RAMP} records`,
      draw: normalRows({ shift: (j, until) => (j === 7 ? (RAMP - until) / RAMP : 0) }),
    },
    { key: 'modes', title: 'one feature in two modes', draw: modes },
  ],
}
