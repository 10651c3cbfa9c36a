import { createRef, render } from 'preact'
import type { StreamHistory, View } from '../live/view.js'
import { Connection, fetchHistory, keepToken } from './client/connection.js'
import { onKeys } from './client/keys.js'
import { startTheme } from './client/theme.js'
import { tally } from './model/life.js'
import { type Action, firstState, monitorOf, type PageState, reduce } from './model/state.js'
import { App } from './parts/app.js'

/** Every how often the clock is looked at, and the shown stream's history asked for, ms. */
const TICK_MS = 1000

const root = document.getElementById('page')!
const searchBox = createRef<HTMLInputElement | null>()
/** A report has its view, and all histories, inside. */
const view = inside<View>('view')
const histories = inside<StreamHistory[]>('histories') ?? []

let state: PageState = firstState
let drawing = false
let asking = false
let shownRecords = -1

function inside<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent
  return text == null ? undefined : JSON.parse(text)
}

function dispatch(action: Action): void {
  const before = state
  state = reduce(state, action)
  if (state.stream !== before.stream || state.monitor !== before.monitor) shownRecords = -1
  void bringHistory()
  // Several actions of one moment are one picture.
  if (!drawing) requestAnimationFrame(draw)
  drawing = true
}

function draw(): void {
  drawing = false
  const monitor = monitorOf(state)
  const open = monitor === undefined ? 0 : tally(monitor).reduce((sum, [, n]) => sum + n, 0)
  document.title = [open > 0 ? `(${open})` : '', monitor?.name, 'Driftwatch'].filter(Boolean).join(' ')
  render(
    <App
      state={state}
      clock={Date.now()}
      searchBox={searchBox}
      dispatch={dispatch}
      retry={() => connection?.retry()}
      give={(token) => {
        keepToken(token)
        connection?.retry()
      }}
    />,
    root,
  )
}

/** The history of the shown stream, whenever more of its records have come. */
async function bringHistory(): Promise<void> {
  const monitor = monitorOf(state)
  const { stream, history } = state
  if (asking || monitor === undefined || stream === undefined) return
  const records = monitor.streams.find(({ name }) => name === stream)?.records ?? 0
  if (records === shownRecords) return
  asking = true
  const found =
    connection === undefined
      ? histories.find((one) => one.monitor === monitor.name && one.stream === stream)
      : await fetchHistory(monitor.name, stream, history)
  asking = false
  if (state.stream !== stream) return bringHistory()
  shownRecords = records
  if (found !== undefined) dispatch({ do: 'history', history: found })
}

startTheme()
onKeys(() => state, dispatch, searchBox)
const connection = view === undefined ? new Connection(dispatch) : undefined
if (view === undefined) setInterval(draw, TICK_MS)
else dispatch({ do: 'view', view, heard: Date.now() })
dispatch({ do: 'link', link: { is: view === undefined ? 'connecting' : 'frozen' } })
