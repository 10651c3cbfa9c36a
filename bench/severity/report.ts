import { type Concordance, cIndex, concordance, kendallTau, pooled } from '../../alerts/concordance.js'
import { table } from '../../cli/terminal.js'
import { median, metric } from '../figures.js'
import { faults, sizes } from './faults.js'
import { NOTHING, type Peak } from './trial.js'

/** The table, and as last lines the metrics. */
export function severityReport(peaks: readonly Peak[]): string {
  const kinds = faults.map(({ kind, amounts }) => ({ kind, amounts, own: peaks.filter((peak) => peak.kind === kind) }))
  const orders = kinds.map(({ own }) => orderOf(own))
  const all = pooled(orders)
  return [
    'The highest severity score raised during a fault: median over the seeds by size (how many of them raised anything)',
    table([
      ['kind', ...sizes.map((size) => (size === 0 ? 'none' : `size ${size}`)), 'C-index', 'tau_b'],
      ...kinds.map(({ kind, amounts, own }, i) => [
        `${kind}: ${amounts.join(', ')}`,
        ...sizes.map((size) => shown(own.filter((peak) => peak.size === size))),
        ...figures(orders[i]),
      ]),
      ['all kinds', ...sizes.map(() => ''), ...figures(all)],
    ]),
    '',
    'Pairs of unequal size within a kind; sizes of different kinds are not compared. Nothing raised ranks below everything.',
    '',
    metric('severity_cindex', cIndex(all)),
    metric('severity_tau_b', kendallTau(all)),
    '',
  ].join('\n')
}

const orderOf = (peaks: readonly Peak[]): Concordance =>
  concordance(
    peaks.map(({ size }) => size),
    peaks.map(({ score }) => score),
  )

function shown(peaks: readonly Peak[]): string {
  const raised = peaks.filter(({ score }) => score > NOTHING).length
  const middle = median(peaks.map(({ score }) => score))
  return `${middle === NOTHING ? '–' : middle.toFixed(2)} (${raised})`
}

const figures = (pairs: Concordance): string[] => [cIndex(pairs).toFixed(3), kendallTau(pairs).toFixed(3)]
