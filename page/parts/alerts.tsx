import type { AlertView, MonitorView, StandingView } from '../../live/view.js'
import { kindWords, tally } from '../model/life.js'
import { quietWords } from '../model/summary.js'
import { Glyph } from './glyph.js'
import { Time } from './time.js'

interface Props {
  readonly monitor: MonitorView
  /** Data time of the last record, ms. */
  readonly dataNow: number
  readonly chosen: string | undefined
  readonly choose: (alert: AlertView) => void
}

/** Open alerts first, then the latest. */
export function Alerts({ monitor, dataNow, chosen, choose }: Props) {
  const { alerts, standing } = monitor
  const open = tally(monitor)
  return (
    <section class="alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">
        Alerts{' '}
        <small>
          {open.length === 0
            ? alerts.length === 0
              ? 'none yet'
              : 'none open'
            : open.map(([severity, n]) => `${n} ${severity}`).join(', ')}
        </small>
      </h2>
      {open.length === 0 && <p class="empty">{quietWords(monitor, dataNow)}</p>}
      <ul>
        {standing.map((alert) => (
          <Standing key={alert.alertId} alert={alert} dataNow={dataNow} />
        ))}
        {alerts.map((alert) => (
          <li key={alert.latest.alertId}>
            <button type="button" aria-current={alert.latest.alertId === chosen} onClick={() => choose(alert)}>
              <Glyph shape={alert.open ? alert.latest.severity : 'quiet'} />
              <span class="label" title={alert.latest.stream}>
                {alert.latest.stream}
              </span>
              <span class="age">
                <Time at={Date.parse(alert.latest.since)} now={dataNow} />
              </span>
              <span class="word">
                {alert.open ? (
                  <span class={`ink-${alert.latest.severity}`}>{alert.latest.severity}</span>
                ) : (
                  `over, at worst ${alert.latest.peakSeverity}`
                )}
                {' · '}
                {kindWords[alert.latest.kind]}
                {alert.suppressed !== undefined && ` · not paged: ${alert.suppressed}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Its events went to a process before this one. */
function Standing({ alert, dataNow }: { readonly alert: StandingView; readonly dataNow: number }) {
  const { stream, kind, severity, since, suppressed } = alert
  return (
    <li class="standing">
      <Glyph shape={severity} />
      <span class="label" title={stream}>
        {stream}
      </span>
      <span class="age">
        <Time at={Date.parse(since)} now={dataNow} />
      </span>
      <span class="word">
        <span class={`ink-${severity}`}>{severity}</span> · {kindWords[kind]} · open since before this process; its next event says more
        {suppressed !== undefined && ` · not paged: ${suppressed}`}
      </span>
    </li>
  )
}
