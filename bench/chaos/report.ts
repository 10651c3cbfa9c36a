import { table } from '../../cli/terminal.js'
import { metric, quantile } from '../figures.js'
import type { RoundReport } from './round.js'
import type { Finding } from './verdict.js'

const countOf = (findings: readonly Finding[], kind: Finding['kind']): number =>
  findings.reduce((sum, finding) => sum + (finding.kind === kind ? finding.count : 0), 0)

const sum = (reports: readonly RoundReport[], of: (report: RoundReport) => number): number =>
  reports.reduce((total, report) => total + of(report), 0)

/** One line about a round that has ended. */
export function roundLine(report: RoundReport): string {
  const { round, driver, exactlyOnce, records, events, kills, rebalances, repetitions, findings, exits } = report
  const faults = sum([report], faultCount)
  const found = findings.length === 0 ? 'nothing lost, missing or repeated' : `${findings.length} FINDINGS`
  return `round ${round} (${driver}, ${exactlyOnce ? 'exactly' : 'at least'} once): ${records} records, ${events} events, ${faults} faults (${kills} processes killed), ${rebalances} rebalances, ${repetitions} plain repetitions, ${exits.length} exits: ${found}`
}

/** What is needed to look into the findings of a round. */
export const findingLines = ({ round, findings }: RoundReport, seed: number, folder: string): string[] =>
  findings.length === 0
    ? []
    : [
        ...findings.map(({ kind, what }) => `  ${kind}: ${what}`),
        `  logs: ${folder}/seed-${seed}-round-${round}-*.log; again: npm run bench -- chaos --seed ${seed} --round ${round}`,
      ]

/** The table and the figures of all rounds. */
export function summary(reports: readonly RoundReport[]): string {
  const findings = reports.flatMap((report) => report.findings)
  const handovers = reports.flatMap((report) => report.handovers)
  const kinds = new Map<string, number>()
  for (const [kind, count] of reports.flatMap(({ faults }) => [...faults])) kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  const exits = new Map<string, number>()
  for (const { code, signal, asked } of reports.flatMap((report) => report.exits)) {
    const name = `processes that ended with ${code ?? signal}${asked ? ' when asked to leave' : ' by themselves'}`
    exits.set(name, (exits.get(name) ?? 0) + 1)
  }
  const figures: readonly (readonly [name: string, what: string, value: number])[] = [
    ['rounds', 'rounds', reports.length],
    ['records', 'records sent', sum(reports, ({ records }) => records)],
    ['events', 'alert events of undisturbed runs', sum(reports, ({ events }) => events)],
    ['faults', 'faults', sum(reports, faultCount)],
    ['kills', 'processes killed', sum(reports, ({ kills }) => kills)],
    ['rebalances', 'rebalances, at least', sum(reports, ({ rebalances }) => rebalances)],
    ['handover_p50_ms', 'a partition stood still: median, ms', quantile(handovers, 0.5)],
    ['handover_p99_ms', 'the same with broker outages: 99 of 100, ms', quantile(handovers, 0.99)],
    ['lost', 'records lost', countOf(findings, 'lost')],
    ['missing', 'events missing', countOf(findings, 'missing')],
    ['repeated', 'events repeated with other content, or not to be', countOf(findings, 'repeated')],
    ['defects', 'processes that broke or stood still', countOf(findings, 'defect')],
    ['repetitions', 'plain repetitions (allowed)', sum(reports, ({ repetitions }) => repetitions)],
    ['exits', 'processes that ended by themselves or undrained', sum(reports, (report) => report.exits.length)],
    ['peak_rss_mb', 'peak resident memory of a process, MB', Math.max(...reports.map(({ peakRss }) => peakRss))],
  ]
  const rows = [...figures.map(([, what, value]) => [what, Math.round(value)]), ...[...kinds].toSorted(), ...[...exits].toSorted()]
  return [table([['what', 'count'], ...rows]), ...figures.map(([name, , value]) => metric(`chaos_${name}`, value))].join('\n')
}

const faultCount = ({ faults }: RoundReport): number => [...faults.values()].reduce((total, count) => total + count, 0)
