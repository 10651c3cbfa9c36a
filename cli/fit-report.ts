import { barFor } from '../calibration/budget.js'
import type { BudgetBar } from '../calibration/calibration.js'
import { boundsFor, disagreementsOf } from '../calibration/self-test.js'
import type { BarOptions } from '../pipelines/calibrate.js'
import type { StreamService } from '../pipelines/stream-service.js'
import type { GroupCensus } from '../references/groups.js'
import type { Reference, SelfTest } from '../references/reference.js'
import { type FitSummary, fitSummary } from '../references/summary.js'
import { harmless } from '../telemetry/terminal.js'
import { ownBarsLine, servedLine, servedTable } from './stream-report.js'
import { type Output, paintFor, table } from './terminal.js'

const digits = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3)))

/** What a fit has found out beside the reference itself. */
export interface FitFindings {
  /** The self-test without a slow mean, where one is subtracted. */
  readonly untreated: SelfTest | undefined
  /** What to be aware of, a sentence each. */
  readonly notes: readonly string[]
  /** How it serves each of its streams, where there are several. */
  readonly streams?: readonly StreamService[] | undefined
}

/**
 * What a fit has learned: the data, the covariance, the self-test, the asked-for budget and the budgets that the data can support.
 */
export function fitReport(
  reference: Reference,
  alerting: BarOptions & { readonly falseAlarmsPerDay: number },
  { untreated, notes, streams }: FitFindings,
  out: Output,
): string {
  const summary = fitSummary(reference)
  const paint = paintFor(out)
  const better = streams && servedTable(streams)
  const bar = barFor(reference.calibration, alerting.falseAlarmsPerDay, reference.selfTest.passed)
  const limits = ownBarsLine(reference, bar, alerting)
  return [
    paint('bold', `reference ${summary.version}`),
    table(
      [
        ...facts(summary),
        ...(streams === undefined ? [] : [['streams', servedLine(streams, summary.streams)]]),
        ...(limits === undefined ? [] : [['limits', limits]]),
      ].map(([name, value]) => [`  ${name}`, value]),
    ),
    ...[...why(reference, untreated), ...summary.notes, ...notes].map((note) => `  ${paint('yellow', 'note')}  ${harmless(note, 500)}`),
    '',
    `${paint(bar.status === 'OK' ? 'green' : 'yellow', bar.status)}  ${bar.sentence}`,
    ...(better === undefined ? [] : ['', better]),
    '',
    'Which budgets these data can support:',
    table([
      ['  false alarms', 'K', 'status', 'true rate likely (per day)', 'clean days missing'],
      ...summary.sizing.map((row) => [
        `  ${row.label}`,
        digits(row.k),
        row.status,
        likely(row),
        row.missingDays === 0 ? '' : digits(row.missingDays),
      ]),
    ]),
  ].join('\n')
}

/** Which bounds of the self-test were missed by how much, for people. */
export const disagreement = ({ features, provenance }: Reference, selfTest: SelfTest): string =>
  disagreementsOf(selfTest, boundsFor(provenance.groups?.effective ?? provenance.rows, features.length)).join('; ')

/** Why a slow mean is subtracted. */
const why = (reference: Reference, untreated: SelfTest | undefined): string[] =>
  reference.detrend === 0 || untreated === undefined
    ? []
    : [`without a slow mean the halves disagree, most in ${untreated.worstFeature} (${disagreement(reference, untreated)})`]

/** Of a rate that cannot be verified only the upper bound says anything. */
const likely = ({ status, likely: [least, most] }: BudgetBar): string =>
  status === 'UNVERIFIABLE' ? `at most ${digits(most)}` : status === 'REFUSED' ? 'unbudgeted' : `${digits(least)} – ${digits(most)}`

/** What belongs together, and how it was cut. */
const grouped = ({ groups, largest, alone }: GroupCensus, folds: number): string =>
  `${digits(groups)}, the largest ${digits(largest)} ${largest === 1 ? 'row' : 'rows'}${alone === 0 ? '' : `, and ${digits(alone)} rows without one`}; ${folds} folds`

function facts(summary: FitSummary): [string, string][] {
  const { selfTest, shrinkage } = summary
  const dropped = summary.dropped === 0 ? '' : `, ${digits(summary.dropped)} dropped`
  const purged = summary.purged === undefined ? '' : `, ${digits(summary.purged)} purged`
  const result = selfTest.passed ? 'the halves agree' : `REFUSED: the halves disagree, most in ${harmless(selfTest.worstFeature)}`
  return [
    ['rows', `${digits(summary.rows)} of ${summary.streams} ${summary.streams === 1 ? 'stream' : 'streams'}${dropped}${purged}`],
    ...(summary.groups === undefined ? [] : [['groups', grouped(summary.groups, summary.folds)] as [string, string]]),
    ['features', `${summary.features.length}${summary.constant.length > 0 ? `, ${summary.constant.length} constant` : ''}`],
    ['span', `${digits(summary.spanDays)} days at ${digits(summary.rowsPerDay)} rows a day`],
    ['condition', digits(summary.condition)],
    ['shrinkage', `${digits(shrinkage.amount)} (${shrinkage.method})`],
    ['self-test', `${result} (s1 ${digits(selfTest.s1)}, s2 ${digits(selfTest.s2)}, s3 ${digits(selfTest.s3)})`],
    ...(summary.adaptation === undefined
      ? []
      : [['adapted', `by a slow copy per stream, recency ${summary.adaptation.recency}`] as [string, string]]),
    ['slow mean', summary.detrend === 0 ? 'none' : `over ${digits(1 / summary.detrend)} records`],
  ]
}
