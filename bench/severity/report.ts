import { type Concordance, cIndex, concordance, kendallTau, pooled } from '../../alerts/concordance.js'
import { table } from '../../cli/terminal.js'
import { median, metric } from '../figures.js'
import { faults, sizes } from './faults.js'
import { NOTHING, type Peak } from './trial.js'

/** The table, and as last lines the metrics. */
export function severityReport(peaks: readonly Peak[]): string {
  const kinds = faults.map(({ kind, amounts }) => ({ kind, amounts, own: peaks.filter((peak) => peak.kind === kind) }))
  const orders = kinds.map(({ own }) => orderWithin(own))
  const all = pooled(orders)
  const across = pooled(kinds.map(({ own }) => orderOf(own)))
  return [
    'The highest severity score raised during a fault: median by size (share that raised anything)',
    table([
      ['kind', ...sizes.map((size) => (size === 0 ? 'none' : `size ${size}`)), 'C-index', 'tau_b'],
      ...kinds.map(({ kind, amounts, own }, i) => [
        `${kind}: ${amounts.join(', ')}`,
        ...sizes.map((size) => shown(own.filter((peak) => peak.size === size))),
        ...figures(orders[i]),
      ]),
      ['all kinds', ...sizes.map(() => ''), ...figures(all)],
      ['all kinds, across references', ...sizes.map(() => ''), ...figures(across)],
    ]),
    '',
    'Pairs of unequal size of one kind under one reference; nothing raised ranks below everything. Across references one σ of a feature is',
    'not one fault: where features are nearly collinear, a quarter of it is already extreme.',
    '',
    metric('severity_cindex', cIndex(all)),
    metric('severity_tau_b', kendallTau(all)),
    metric('severity_cindex_across', cIndex(across)),
    '',
  ].join('\n')
}

const orderWithin = (peaks: readonly Peak[]): Concordance =>
  pooled([...new Set(peaks.map(({ system }) => system))].map((system) => orderOf(peaks.filter((peak) => peak.system === system))))

const orderOf = (peaks: readonly Peak[]): Concordance =>
  concordance(
    peaks.map(({ size }) => size),
    peaks.map(({ score }) => score),
  )

function shown(peaks: readonly Peak[]): string {
  const raised = peaks.filter(({ score }) => score > NOTHING).length
  const middle = median(peaks.map(({ score }) => score))
  return `${middle === NOTHING ? '–' : middle.toFixed(2)} (${Math.round((100 * raised) / peaks.length)} %)`
}

const figures = (pairs: Concordance): string[] => [cIndex(pairs).toFixed(3), kendallTau(pairs).toFixed(3)]
