import { table } from '../../cli/terminal.js'
import { flaggedRows, openings } from '../episodes.js'
import { median } from '../figures.js'
import { REFERENCE_ROWS } from './data.js'
import type { Watched } from './experiment.js'
import { type Confusion, confusion, delayFrom, onsetOf, pooled, type SkabScore, skabScore } from './metrics.js'

/** F1 / FAR % / MAR % of the benchmark's README (waico/SKAB), outlier detection. */
const PUBLISHED: readonly (readonly [string, SkabScore])[] = [
  ['Conv-AE', { f1: 0.78, far: 13.55, mar: 28.02 }],
  ['MSET', { f1: 0.78, far: 39.73, mar: 14.13 }],
  ['T²+Q (PCA)', { f1: 0.76, far: 26.62, mar: 24.92 }],
  ['LSTM-AE', { f1: 0.74, far: 29.96, mar: 25.92 }],
  ['T²', { f1: 0.66, far: 19.21, mar: 42.6 }],
  ['Isolation forest', { f1: 0.29, far: 2.56, mar: 82.89 }],
]

/** One file beside its labels. */
export interface Judged {
  readonly name: string
  readonly accepted: boolean
  readonly alerts: number
  /** Those that opened while there was no fault. */
  readonly falseAlerts: number
  readonly rows: Confusion
  /** Rows from the fault's onset; undefined when none begins after the reference, infinite when it ends unflagged. */
  readonly delay: number | undefined
}

export function judge({ file, accepted, events }: Watched): Judged {
  const labels = file.labels.subarray(REFERENCE_ROWS)
  const opened = openings(events)
  const flags = flaggedRows(events, labels.length)
  const onset = onsetOf(labels, file.labels[REFERENCE_ROWS - 1])
  const delay = onset === undefined ? undefined : delayFrom(onset, flags, labels)
  return {
    name: file.name,
    accepted,
    alerts: opened.length,
    falseAlerts: opened.filter((row) => labels[row] === 0).length,
    rows: confusion(flags, labels),
    delay,
  }
}

/** The tables, and as last lines one `metric NAME VALUE` each. */
export function skabReport(files: readonly Judged[], allSensors: readonly Judged[]): string {
  const all = scoreOf(files)
  const half = (odd: boolean) => files.filter((_, i) => (i % 2 === 0) === odd)
  const alerts = files.reduce((sum, file) => sum + file.alerts, 0)
  const falseAlerts = files.reduce((sum, file) => sum + file.falseAlerts, 0)
  const delays = files.flatMap(({ delay }) => delay ?? [])
  const delay = median(delays)
  const accepted = files.filter((file) => file.accepted).length
  return [
    table([['file', 'reference', 'alerts', 'F1', 'FAR %', 'MAR %', 'delay, rows'], ...files.map(fileRow)]),
    '',
    table([
      ['', 'F1', 'FAR %', 'MAR %'],
      scoreRow('Driftwatch, all files', all),
      scoreRow('  files at odd places', scoreOf(half(true))),
      scoreRow('  files at even places', scoreOf(half(false))),
      scoreRow('Driftwatch with all eight sensors', scoreOf(allSensors)),
      ...PUBLISHED.map(([name, score]) => scoreRow(`${name} (published)`, score)),
    ]),
    '',
    `${alerts} alerts opened, ${(alerts / files.length).toFixed(1)} per file, ${falseAlerts} of them while there was no fault. Of ${delays.length} faults that begin after the reference ` +
      `${delays.filter(Number.isFinite).length} were flagged, after ${delay} rows in the median.`,
    `References by their self-test: ${accepted} accepted, ${files.length - accepted} REFUSED and used all the same (acceptRefused): ` +
      `${REFERENCE_ROWS} rows of a plant that wanders do not tell its false alarms, so the budget is a setting here, not a promise.`,
    'One configuration for all files, thresholds from the first 400 rows of each. The two thermometers are left out: they drift through every',
    'file, and 400 rows are too few for the slow mean that would follow them.',
    '',
    `metric skab_f1 ${all.f1.toFixed(4)}`,
    `metric skab_far ${all.far.toFixed(2)}`,
    `metric skab_mar ${all.mar.toFixed(2)}`,
    `metric skab_alerts_per_file ${(alerts / files.length).toFixed(2)}`,
    `metric skab_delay_median_rows ${delay}`,
  ].join('\n')
}

const scoreOf = (files: readonly Judged[]): SkabScore => skabScore(pooled(files.map(({ rows }) => rows)))

const scoreRow = (name: string, { f1, far, mar }: SkabScore): string[] => [name, f1.toFixed(3), far.toFixed(2), mar.toFixed(2)]

function fileRow({ name, accepted, alerts, rows, delay }: Judged): (string | number)[] {
  const { f1, far, mar } = skabScore(rows)
  return [name, accepted ? 'accepted' : 'REFUSED', alerts, f1.toFixed(3), far.toFixed(1), mar.toFixed(1), delayText(delay)]
}

const delayText = (delay: number | undefined): string | number =>
  delay === undefined ? 'begins before' : Number.isFinite(delay) ? delay : 'missed'
