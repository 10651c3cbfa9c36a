import { useEffect, useRef, useState } from 'preact/hooks'
import { count, lasting } from '../../alerts/words.js'
import type { MonitorView, StreamRow } from '../../live/view.js'
import type { Link } from '../model/state.js'
import { Glyph } from './glyph.js'

/** What stands in the way of seeing what is: at the top, above what was seen last. */
export function Trouble({
  link,
  monitor,
  heard,
  clock,
  retry,
}: {
  readonly link: Link
  readonly monitor: MonitorView | undefined
  readonly heard: number
  readonly clock: number
  readonly retry: () => void
}) {
  if (link.is === 'lost') {
    const wait = Math.ceil((link.again - clock) / 1000)
    return (
      <p class="notice" role="status">
        <Glyph shape="no data" /> <b>Connection lost.</b> {heard > 0 ? `Last seen ${lasting(clock - heard)} ago; ` : ''}
        {wait > 0 ? `trying again in ${wait} s` : 'trying again'}{' '}
        <button type="button" onClick={retry}>
          try now
        </button>
      </p>
    )
  }
  if (monitor?.state.is === 'troubled') {
    return (
      <p class="notice" role="status">
        <Glyph shape="troubled" /> <b>Troubled.</b> {monitor.state.why}
      </p>
    )
  }
  return null
}

/** Before anything was seen: what the page waits for. */
export function Blank({ link, give }: { readonly link: Link; readonly give: (token: string) => void }) {
  if (link.is === 'locked') return <TokenForm wrong={link.wrong} give={give} />
  return (
    <main class="blank">
      <h1>Driftwatch</h1>
      <p>{link.is === 'live' ? 'The service is starting: no monitor has its reference yet.' : 'Asking the service…'}</p>
    </main>
  )
}

function TokenForm({ wrong, give }: { readonly wrong: boolean; readonly give: (token: string) => void }) {
  const [token, setToken] = useState('')
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current!.focus(), [])
  return (
    <main class="blank">
      <h1>Driftwatch</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (token !== '') give(token)
        }}
      >
        <label for="token">
          This page is locked. Its token (<code>page.token</code> in the configuration):
        </label>
        <input
          id="token"
          ref={box}
          type="password"
          autoComplete="off"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit">open</button>
        {wrong && <p role="alert">That is not the token.</p>}
        <p class="quiet">It is kept until this tab is closed.</p>
      </form>
    </main>
  )
}

/** In place of the chart while nothing can be drawn of a stream. */
export function NoChart({ row, loading }: { readonly row: StreamRow | undefined; readonly loading: boolean }) {
  if (row?.status === 'learning') {
    return (
      <div class="no-chart">
        <p>
          <Glyph shape="learning" /> learning: {count(row.records)} of {count(row.needed)} records
        </p>
        <progress max={row.needed} value={row.records} aria-label="Records learned from" />
        <p class="quiet">Every detector judges once that many records have come. Nothing is wrong with the stream.</p>
      </div>
    )
  }
  return (
    <div class="no-chart">
      {loading ? (
        <p>Asking for the history…</p>
      ) : (
        <>
          <p>No history of this stream is kept.</p>
          <p class="quiet">
            Of many streams only some have one (<code>page.streams</code>); one that raises an alert gets it.
          </p>
        </>
      )}
    </div>
  )
}
