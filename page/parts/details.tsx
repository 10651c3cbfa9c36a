import { type AlertData, isAnomalyData } from '../../alerts/event.js'
import { unusualIn } from '../../alerts/looks-at.js'
import { lasting, multiple, percent, rarity, short } from '../../alerts/words.js'
import type { AlertView, MonitorView } from '../../live/view.js'
import { kindWords, lengthOf } from '../model/life.js'
import { Glyph } from './glyph.js'
import { Life } from './life.js'
import { Picture } from './picture.js'
import { Time } from './time.js'
import { Why } from './why.js'
import { Worst } from './worst.js'

interface Props {
  readonly alert: AlertView
  readonly unit: MonitorView['unit']
  /** Data time. */
  readonly now: number
  readonly wallNow: number
  readonly own: readonly AlertView[]
  readonly choose: (alert: AlertView) => void
}

/** What an alert says. */
export function Details({ alert, unit, now, wallNow, own, choose }: Props) {
  const {
    latest,
    life: [first],
  } = alert
  return (
    <article class="alert" aria-label="Alert">
      {own.length > 1 && (
        <p class="others">
          {own.slice(0, 6).map((one) => (
            <button key={one.latest.alertId} type="button" aria-current={one.latest.alertId === latest.alertId} onClick={() => choose(one)}>
              <Glyph shape={one.open ? one.latest.severity : 'quiet'} /> {one.latest.kind}{' '}
              <Time at={Date.parse(one.latest.since)} now={now} />
            </button>
          ))}
        </p>
      )}
      <p class="summary">
        <b class={alert.open ? `ink-${latest.severity}` : ''}>
          {kindWords[latest.kind]}, {alert.open ? latest.severity : `over, at worst ${latest.peakSeverity}`}
        </b>{' '}
        since <Time at={Date.parse(latest.since)} now={now} />, for {lasting(lengthOf(alert, now))}
        <br />
        {latest.summary}
      </p>
      {latest.contributions.length === 0 && first !== undefined && first.summary !== latest.summary && (
        <p class="summary quiet">When it opened: {first.summary}</p>
      )}
      {/* What a closed alert's last evaluation found is that nothing is unusual any more. */}
      {alert.open && <Sureness data={latest} unit={unit} />}
      {alert.suppressed !== undefined && <p class="quiet">Not paged: {alert.suppressed}.</p>}
      <div class="parts">
        {latest.contributions.length > 0 && <Why title={alert.open ? 'Why' : 'Why it was open'} contributions={latest.contributions} />}
        <Life alert={alert} dataNow={now} now={wallNow} />
        {alert.picture !== undefined && <Picture picture={alert.picture} stream={latest.stream} />}
        {latest.worst.length > 0 && <Worst alert={alert} now={now} />}
      </div>
    </article>
  )
}

/** How sure the finding is, and how big. */
function Sureness({ data, unit }: { readonly data: AlertData; readonly unit: MonitorView['unit'] }) {
  if (!isAnomalyData(data)) return null
  const { falseAlarmsPerDay, resolutionPerDay, pValue, effect, persistence } = data.evidence
  const how = rarity(falseAlarmsPerDay, resolutionPerDay)
  return (
    <dl class="sureness">
      <div>
        <dt>on clean data</dt>
        <dd title={how}>{how.replace(/ \(.*/, '')}</dd>
      </div>
      {unit === 'pictures' && (
        <div>
          <dt>unusual in</dt>
          <dd>{unusualIn(data.detectors)}</dd>
        </div>
      )}
      <div>
        <dt>strength</dt>
        <dd>{multiple(effect)} times the limit</dd>
      </div>
      <div>
        <dt>lasting</dt>
        <dd>{percent(persistence)} of the last evaluations over it</dd>
      </div>
      <div>
        <dt>p-value</dt>
        <dd>{short(pValue)}</dd>
      </div>
      <div>
        <dt>seen by</dt>
        <dd>{data.detectors.join(', ')}</dd>
      </div>
    </dl>
  )
}
