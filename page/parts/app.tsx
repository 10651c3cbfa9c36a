import type { RefObject } from 'preact'
import { useMemo } from 'preact/hooks'
import type { AlertView } from '../../live/view.js'
import { bringIntoSight } from '../client/small-screen.js'
import { shownAlert } from '../model/life.js'
import { foundStreams } from '../model/order.js'
import { type Action, monitorOf, type PageState } from '../model/state.js'
import { Alerts } from './alerts.js'
import { Calibration, PValueCharts, Reference } from './calibration.js'
import { Header } from './header.js'
import { Blank, Trouble } from './notices.js'
import { Pipeline } from './pipeline.js'
import { Summary } from './report.js'
import { Stream } from './stream.js'
import { Streams } from './streams.js'

interface Props {
  readonly state: PageState
  /** This machine's clock. */
  readonly clock: number
  readonly searchBox: RefObject<HTMLInputElement | null>
  readonly dispatch: (action: Action) => void
  readonly retry: () => void
  readonly give: (token: string) => void
}

export function App({ state, clock, searchBox, dispatch, retry, give }: Props) {
  const monitor = monitorOf(state)
  const rows = useMemo(() => foundStreams(monitor?.streams ?? [], state.search), [monitor?.streams, state.search])
  if (state.view === undefined || monitor === undefined || state.link.is === 'locked') {
    return (
      <>
        <Trouble link={state.link} monitor={undefined} heard={state.heard} clock={clock} retry={retry} />
        <Blank link={state.link} give={give} />
      </>
    )
  }
  const { view, link, stream, history } = state
  // The service's clock, for this machine's may be wrong; it stands still while nothing is heard.
  const now = link.is === 'live' ? view.now + (clock - state.heard) : view.now
  const dataNow = monitor.period?.[1] ?? now
  const row = monitor.streams.find(({ name }) => name === stream)
  const alert = shownAlert(monitor.alerts, stream, state.alert)
  const choose = ({ latest }: AlertView) => dispatch({ do: 'choose', stream: latest.stream, alert: latest.alertId })
  const chooseFromList = (stream: string, alert?: AlertView) => {
    if (alert === undefined) dispatch({ do: 'choose', stream })
    else choose(alert)
    bringIntoSight('stream-title')
  }
  return (
    <div class={link.is === 'lost' ? 'page lost' : 'page'}>
      <Trouble link={link} monitor={monitor} heard={state.heard} clock={clock} retry={retry} />
      <Header view={{ ...view, now }} monitor={monitor} link={link} choose={(name) => dispatch({ do: 'choose', monitor: name })} />
      {view.frozen && <Summary monitor={monitor} choose={choose} />}
      <div class="columns">
        <nav class="side" aria-label="Streams and alerts">
          <Streams
            monitor={monitor}
            now={view.frozen ? undefined : now}
            rows={rows}
            chosen={stream}
            search={state.search}
            box={searchBox}
            setSearch={(text) => dispatch({ do: 'search', text })}
            choose={(name) => chooseFromList(name)}
          />
          <Alerts
            monitor={monitor}
            dataNow={dataNow}
            chosen={alert?.latest.alertId}
            choose={(one) => chooseFromList(one.latest.stream, one)}
          />
        </nav>
        <main class="middle">
          {stream === undefined ? (
            <section class="blank">
              <p>No streams yet: they appear with their first record.</p>
            </section>
          ) : (
            <Stream
              key={`${monitor.name}/${stream}`}
              monitor={monitor}
              stream={stream}
              row={row}
              history={history}
              alert={alert}
              pinned={state.pinned}
              scores={state.scores}
              now={now}
              dataNow={dataNow}
              frozen={view.frozen}
              choose={choose}
              follow={() => dispatch({ do: 'follow' })}
              showScores={(shown) => dispatch({ do: 'scores', shown })}
            />
          )}
          <div class="sure">
            <Calibration calibration={monitor.calibration} />
            <PValueCharts pValues={monitor.pValues} />
            <Reference reference={monitor.reference} now={now} />
          </div>
        </main>
      </div>
      <Pipeline monitor={monitor} eventLoopDelay={view.eventLoopDelay} />
      <p class="unseen" aria-live="polite">
        {state.announcement}
      </p>
    </div>
  )
}
