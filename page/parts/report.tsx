import { rank, severities } from '../../alerts/severity.js'
import { count, lasting } from '../../alerts/words.js'
import type { AlertView, MonitorView } from '../../live/view.js'
import { kindWords, lengthOf } from '../model/life.js'
import { calibrationSummary } from '../model/summary.js'
import { date, moment, zoned } from '../model/words.js'
import { Glyph } from './glyph.js'

interface Props {
  readonly monitor: MonitorView
  readonly choose: (alert: AlertView) => void
}

const SHOWN = 3

/** Of a finished run: what a colleague reads first. */
export function Summary({ monitor, choose }: Props) {
  const { period, alerts, alertCount, calibration, streamCount, pipeline, unit } = monitor
  const end = period?.[1] ?? 0
  const worst = [...alerts].sort(bySeverity(end)).slice(0, SHOWN)
  return (
    <section class="report" aria-labelledby="report-title">
      <h2 id="report-title">Report of {monitor.name}</h2>
      <dl>
        <dt>Period</dt>
        <dd>
          {period === undefined ? (
            'no data'
          ) : (
            <span title={`${zoned(period[0])} to ${zoned(period[1])}`}>
              {date(period[0])}, {moment(period[0], period[0])} to {moment(period[1], period[0])} ({lasting(period[1] - period[0])} of data)
            </span>
          )}
        </dd>
        <dt>Watched</dt>
        <dd>
          {count(streamCount)} streams, {count(pipeline.records)} {unit}, {count(pipeline.rejected)} rejected
        </dd>
        <dt>Alerts</dt>
        <dd>
          {alerts.length < alertCount && `${count(alertCount)}; the ${count(alerts.length)} open or latest are `}
          {alertWords(alerts)}
        </dd>
        <dt>Budget</dt>
        <dd>
          {calibrationSummary(calibration)}: {calibration.verdict}
        </dd>
      </dl>
      {worst.length > 0 && (
        <>
          <h3>The worst episodes</h3>
          <ol>
            {worst.map((alert) => (
              <li key={alert.latest.alertId}>
                <Glyph shape={alert.latest.peakSeverity} />{' '}
                <span class={`ink-${alert.latest.peakSeverity}`}>{alert.latest.peakSeverity}</span>{' '}
                <button type="button" class="link" onClick={() => choose(alert)}>
                  {alert.latest.stream}
                </button>
                : {kindWords[alert.latest.kind]} for {lasting(lengthOf(alert, end))}
                <br />
                <span class="quiet">{toldAtWorst(alert)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

const bySeverity =
  (end: number) =>
  (one: AlertView, other: AlertView): number =>
    rank(other.latest.peakSeverity) - rank(one.latest.peakSeverity) || lengthOf(other, end) - lengthOf(one, end)

function alertWords(alerts: readonly AlertView[]): string {
  if (alerts.length === 0) return 'none'
  const of = severities
    .toReversed()
    .map((severity) => [severity, alerts.filter(({ latest }) => latest.peakSeverity === severity).length] as const)
  return of
    .filter(([, n]) => n > 0)
    .map(([severity, n]) => `${count(n)} ${severity}`)
    .join(', ')
}

/** What it said when it became as bad as it was. */
const toldAtWorst = ({ latest, life }: AlertView): string =>
  life.find(({ severity, transition }) => severity === latest.peakSeverity && transition !== 'resolved')?.summary ?? latest.summary
