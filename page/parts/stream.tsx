import { useMemo, useState } from 'preact/hooks'
import { type AlertData, isAnomalyData } from '../../alerts/event.js'
import { lasting, multiple, percent, rarity, short } from '../../alerts/words.js'
import type { AlertView, MonitorView, StreamHistory, StreamRow } from '../../live/view.js'
import { latestFeatures } from '../model/columns.js'
import { endOf, shorterThan } from '../model/history.js'
import { kindWords, statusWords } from '../model/life.js'
import { Glyph } from './glyph.js'
import { Life } from './life.js'
import { NoChart } from './notices.js'
import { Picture } from './picture.js'
import { RarityChart } from './rarity-chart.js'
import { Scores } from './scores.js'
import { Strip } from './strip.js'
import { Ago, Time } from './time.js'
import { Lately, Why } from './why.js'
import { Worst } from './worst.js'

interface Props {
  readonly monitor: MonitorView
  readonly stream: string
  readonly row: StreamRow | undefined
  readonly history: StreamHistory | undefined
  readonly alert: AlertView | undefined
  readonly pinned: boolean
  readonly scores: boolean
  readonly now: number
  readonly dataNow: number
  readonly frozen: boolean
  readonly choose: (alert: AlertView) => void
  readonly follow: () => void
  readonly showScores: (shown: boolean) => void
}

/** All about one stream: how rare, which features, why, what happened. */
export function Stream(props: Props) {
  const { monitor, stream, row, history, alert, scores, now, dataNow, frozen, choose } = props
  const own = monitor.alerts.filter(({ latest }) => latest.stream === stream)
  const judged = history !== undefined && history.times.length > 0
  return (
    <section class="stream" aria-labelledby="stream-title">
      <Title {...props} />
      {row?.status === 'refused' && (
        <p class="notice">
          <Glyph shape="refused" /> <b>The reference was refused.</b> Its halves disagree, so rarities mean little and no budget is
          promised. Fit one to data from a time without faults (<code>driftwatch fit</code>); <code>driftwatch doctor</code> says where the
          halves part.
        </p>
      )}
      {judged ? (
        <Charts
          monitor={monitor}
          history={history}
          scores={scores}
          pick={(id) => {
            const hit = own.find(({ latest }) => latest.alertId === id)
            if (hit !== undefined) choose(hit)
          }}
        />
      ) : (
        <NoChart row={row} loading={!frozen && row !== undefined && history === undefined} />
      )}
      {alert === undefined ? (
        judged && <Lately features={latestFeatures(history)} />
      ) : (
        <Details alert={alert} now={dataNow} wallNow={now} own={own} choose={choose} />
      )}
    </section>
  )
}

interface ChartsProps {
  readonly monitor: MonitorView
  readonly history: StreamHistory
  readonly scores: boolean
  /** An alert was chosen on the chart. */
  readonly pick: (alertId: string) => void
}

function Charts({ monitor, history, scores, pick }: ChartsProps) {
  const [length, setLength] = useState<number>()
  const shown = useMemo(() => (length === undefined ? history : endOf(history, length)), [history, length])
  const choices = shorterThan(history)
  return (
    <div class="charts">
      {choices.length > 0 && (
        <select
          class="length"
          aria-label="Time that is shown"
          value={length ?? ''}
          onChange={({ currentTarget: { value } }) => setLength(value === '' ? undefined : Number(value))}
        >
          <option value="">all there is</option>
          {choices.map((ms) => (
            <option key={ms} value={ms}>
              last {lasting(ms)}
            </option>
          ))}
        </select>
      )}
      {scores ? (
        <Scores history={shown} />
      ) : (
        <RarityChart
          history={shown}
          axis={monitor.axis}
          budget={monitor.calibration.askedPerDay}
          changes={monitor.changes}
          pick={(time) => {
            const hit = shown.episodes.find(({ from, to }) => from <= time && time <= (to ?? Number.POSITIVE_INFINITY))
            if (hit !== undefined) pick(hit.alertId)
          }}
        />
      )}
      <Strip history={shown} />
    </div>
  )
}

const Title = ({ stream, row, alert, pinned, scores, now, frozen, follow, showScores }: Props) => (
  <div class="title">
    <Glyph
      shape={row === undefined ? (alert?.latest.severity ?? 'quiet') : row.status === 'open' ? (row.severity ?? 'info') : row.status}
    />
    <h2 id="stream-title">{stream}</h2>
    {row !== undefined && (
      <span class={row.severity === undefined ? 'quiet' : `ink-${row.severity}`}>
        {statusWords(row)}
        {row.status === 'no data' && (
          <>
            {' for '}
            <Ago at={row.seen} now={now} />
          </>
        )}
      </span>
    )}
    <span class="tools">
      {!frozen &&
        (pinned ? (
          <button type="button" onClick={follow} title="Esc">
            follow the most urgent
          </button>
        ) : (
          <span class="quiet">following the most urgent</span>
        ))}
      <button type="button" aria-pressed={scores} onClick={() => showScores(!scores)}>
        {scores ? 'rarity' : 'scores per detector'}
      </button>
    </span>
  </div>
)

const lastAt = ({ latest }: AlertView): number => Date.parse(latest.at)

interface DetailsProps {
  readonly alert: AlertView
  /** Data time. */
  readonly now: number
  readonly wallNow: number
  readonly own: readonly AlertView[]
  readonly choose: (alert: AlertView) => void
}

/** What an alert says. */
function Details({ alert, now, wallNow, own, choose }: DetailsProps) {
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
        since <Time at={Date.parse(latest.since)} now={now} />, for {lasting(lastAt(alert) - Date.parse(latest.since))}
        <br />
        {latest.summary}
      </p>
      {latest.contributions.length === 0 && first !== undefined && first.summary !== latest.summary && (
        <p class="summary quiet">When it opened: {first.summary}</p>
      )}
      {/* What a closed alert's last evaluation found is that nothing is unusual any more. */}
      {alert.open && <Sureness data={latest} />}
      {alert.suppressed !== undefined && <p class="quiet">Not paged: {alert.suppressed}.</p>}
      <div class="parts">
        {latest.contributions.length > 0 && <Why title="Why" contributions={latest.contributions} />}
        <Life alert={alert} dataNow={now} now={wallNow} />
        {alert.picture !== undefined && <Picture picture={alert.picture} stream={latest.stream} />}
        {latest.worst.length > 0 && <Worst alert={alert} now={now} />}
      </div>
    </article>
  )
}

/** How sure the finding is, and how big. */
function Sureness({ data }: { readonly data: AlertData }) {
  if (!isAnomalyData(data)) return null
  const { falseAlarmsPerDay, resolutionPerDay, pValue, effect, persistence } = data.evidence
  const how = rarity(falseAlarmsPerDay, resolutionPerDay)
  return (
    <dl class="sureness">
      <div>
        <dt>on clean data</dt>
        <dd title={how}>{how.replace(/ \(.*/, '')}</dd>
      </div>
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
