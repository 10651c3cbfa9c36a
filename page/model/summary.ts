import { count, lasting, multiple, percent, short, sigmas } from '../../alerts/words.js'
import type { CalibrationView, MonitorView, PipelineView, PValues, RarityAxis, StageView, StreamHistory } from '../../live/view.js'
import { briefly } from './axis.js'
import type { FeatureRow } from './columns.js'
import { counted, figure, moment, perDay, seconds } from './words.js'

/** What the chart of rarity shows, for those who do not see it. */
export function raritySummary(history: StreamHistory, axis: RarityAxis): string {
  const { times, span } = history
  if (times.length === 0) return 'Nothing has been judged yet.'
  const end = times[times.length - 1] + span
  const parts = (['record', 'drift'] as const).flatMap((kind) => {
    const top = peak(history[kind])
    if (top === undefined) return []
    return [`Rarest ${kind === 'record' ? 'record' : 'window'}: ${briefly(top.value, axis)}, at ${moment(times[top.at], end)}.`]
  })
  const open = history.episodes.filter(({ to }) => to === undefined).length
  const episodes = `${counted(history.episodes.length, 'alert')}${open > 0 ? `, ${open} open` : ''}.`
  return [`The last ${lasting(end - times[0])} of data.`, ...parts, episodes].join(' ')
}

function peak(values: readonly (number | null)[]): { readonly at: number; readonly value: number } | undefined {
  let best: { at: number; value: number } | undefined
  for (const [at, value] of values.entries()) {
    if (value !== null && (best === undefined || value > best.value)) best = { at, value }
  }
  return best
}

export const stripSummary = (rows: readonly FeatureRow[]): string =>
  rows.length === 0
    ? 'No feature stood out.'
    : `Furthest from the reference: ${rows.map(({ feature, strongest }) => `${feature} ${sigmas(strongest)}`).join(', ')}.`

export const effectSummary = (detector: string, values: readonly (number | null)[]): string => {
  const top = peak(values)
  const latest = values.findLast((value) => value !== null)
  return `${detector}: ${latest == null ? 'not judged yet' : `${multiple(latest)} times its limit now`}${top === undefined ? '' : `, at most ${multiple(top.value)}`}.`
}

/** Whether p-values are as on clean data; of so few that nothing can be said, undefined. */
export function pValueSummary({ detector, counts }: PValues): string {
  const total = counts.reduce((sum, one) => sum + one, 0)
  if (total === 0) return `${detector}: none yet.`
  const lowest = counts[0] / total
  return `${detector}: ${percent(lowest)} of ${count(total)} below ${short(1 / counts.length)}, where ${percent(1 / counts.length)} are expected.`
}

export function calibrationSummary({ askedPerDay, seenPerDay, interval, alerts, days }: CalibrationView): string {
  const asked = `${perDay(askedPerDay)} asked`
  if (seenPerDay === undefined) return `${asked}, none counted yet`
  const likely = interval === undefined ? '' : ` (${short(interval[0])}–${short(interval[1])})`
  return `${asked}, ${perDay(seenPerDay)} seen${likely}: ${counted(alerts, 'alert')} in ${lasting(days * 86_400_000)}`
}

/** How long no alert has been opened, and how many false ones would be expected in that time. */
export function quietWords({ calibration, alerts }: MonitorView, dataNow: number): string {
  const last = Math.max(...alerts.filter(({ open }) => !open).map(({ latest }) => Date.parse(latest.at)))
  const ms = Number.isFinite(last) ? Math.max(0, dataNow - last) : calibration.days * 86_400_000
  return `quiet for ${lasting(ms)}: expected ${short((calibration.askedPerDay * ms) / 86_400_000)} false alarms in that time`
}

/**
 * The stage that holds the others back: the one with the most work, where the source has to wait or it hardly rests. The source itself works by
 * waiting for data.
 */
export function holdingStage({ stages, inFlight }: PipelineView): StageView | undefined {
  const busiest = stages
    .slice(1)
    .reduce<StageView | undefined>((most, stage) => (most === undefined || stage.busy > most.busy ? stage : most), undefined)
  return busiest !== undefined && (busiest.busy >= 0.8 || (inFlight >= 0.95 && busiest.busy >= 0.3)) ? busiest : undefined
}

export function pipelineSummary(pipeline: PipelineView): string {
  const holding = holdingStage(pipeline)
  const stages = pipeline.stages.map(({ name, busy, p99 }) => `${name} ${percent(busy)} busy, p99 ${seconds(p99)}`).join('; ')
  return `${figure(pipeline.recordsPerSecond)} a second. ${stages}.${holding === undefined ? '' : ` ${holding.name} holds the others back.`}`
}
