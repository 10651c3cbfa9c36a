import type { AlertView, MonitorView, StreamHistory, StreamRow } from '../../live/view.js'
import { latestFeatures } from '../model/columns.js'
import { statusWords } from '../model/life.js'
import { Charts } from './charts.js'
import { Details } from './details.js'
import { Glyph } from './glyph.js'
import { NoChart } from './notices.js'
import { Ago } from './time.js'
import { Lately } from './why.js'

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
        <>
          {row?.status === 'open' && <p class="alert">An alert is open from before this process began; it shows with its next event.</p>}
          {judged && <Lately features={latestFeatures(history)} quiet={row?.status !== 'open'} />}
        </>
      ) : (
        <Details alert={alert} unit={monitor.unit} now={dataNow} wallNow={now} own={own} choose={choose} />
      )}
    </section>
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
      <button type="button" onClick={() => showScores(!scores)}>
        {scores ? 'show the rarity' : 'scores per detector'}
      </button>
    </span>
  </div>
)
