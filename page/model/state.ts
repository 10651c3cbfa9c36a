import type { MonitorView, StreamHistory, View, ViewChange } from '../../live/view.js'
import { merged, newlyOpened, ordered } from './merge.js'
import { followed } from './order.js'
import { counted } from './words.js'

/** How the page stands with the service. */
export type Link =
  | { readonly is: 'connecting' | 'live' | 'frozen' }
  /** `again`: when the next try is, on this machine's clock. */
  | { readonly is: 'lost'; readonly again: number }
  /** A token is needed; `wrong`: the one given was refused. */
  | { readonly is: 'locked'; readonly wrong: boolean }

export interface PageState {
  readonly link: Link
  readonly view: View | undefined
  /** This machine's clock when the last message came. */
  readonly heard: number
  readonly monitor: string | undefined
  readonly stream: string | undefined
  /** The user has chosen the stream; otherwise the most urgent is followed. */
  readonly pinned: boolean
  readonly alert: string | undefined
  readonly search: string
  /** Scores per detector in place of the rarity. */
  readonly scores: boolean
  readonly history: StreamHistory | undefined
  /** Said by screen readers, once. */
  readonly announcement: string
}

export type Action =
  | { readonly do: 'link'; readonly link: Link }
  | { readonly do: 'view'; readonly view: View; readonly heard: number }
  | { readonly do: 'change'; readonly change: ViewChange; readonly heard: number }
  | { readonly do: 'history'; readonly history: StreamHistory }
  | { readonly do: 'choose'; readonly monitor: string }
  | { readonly do: 'choose'; readonly stream: string; readonly alert?: string }
  | { readonly do: 'follow' }
  | { readonly do: 'search'; readonly text: string }
  | { readonly do: 'scores'; readonly shown: boolean }

export const firstState: PageState = {
  link: { is: 'connecting' },
  view: undefined,
  heard: 0,
  monitor: undefined,
  stream: undefined,
  pinned: false,
  alert: undefined,
  search: '',
  scores: false,
  history: undefined,
  announcement: '',
}

/** The monitor that is shown. */
export const monitorOf = ({ view, monitor }: PageState): MonitorView | undefined =>
  view?.monitors.find(({ name }) => name === monitor) ?? view?.monitors[0]

export function reduce(state: PageState, action: Action): PageState {
  switch (action.do) {
    case 'link':
      return { ...state, link: action.link }
    case 'view':
      return withView(state, ordered(action.view), action.heard)
    case 'change':
      return state.view === undefined ? state : withView(state, merged(state.view, action.change), action.heard)
    case 'history':
      return action.history.stream === state.stream ? { ...state, history: action.history } : state
    case 'choose':
      return 'monitor' in action
        ? following({ ...state, stream: undefined, alert: undefined, history: undefined, monitor: action.monitor, pinned: false })
        : { ...onStream(state, action.stream), pinned: true, alert: action.alert }
    case 'follow':
      return following({ ...state, alert: undefined, pinned: false, search: '' })
    case 'search':
      return { ...state, search: action.text }
    case 'scores':
      return { ...state, scores: action.shown }
  }
}

function withView(state: PageState, view: View, heard: number): PageState {
  const before = monitorOf(state)
  const next = following({ ...state, view, heard })
  const after = monitorOf(next)
  if (before === undefined || after === undefined || before.name !== after.name) return next
  const opened = newlyOpened(before, after)
  if (opened.length === 0) return next
  const more = opened.length > 1 ? `; ${counted(opened.length - 1, 'other')} opened too` : ''
  return { ...next, announcement: `${opened[0].latest.severity} alert opened: ${opened[0].latest.summary}${more}` }
}

function following(state: PageState): PageState {
  const { streams: rows = [], alerts = [] } = monitorOf(state) ?? {}
  // An alert may be about a partition, which is no row.
  const there = rows.some(({ name }) => name === state.stream) || alerts.some(({ latest }) => latest.stream === state.stream)
  const name = state.pinned && there ? state.stream : followed(state.stream, rows)
  return name === undefined || name === state.stream ? state : onStream(state, name)
}

const onStream = (state: PageState, stream: string): PageState => ({
  ...state,
  stream,
  alert: undefined,
  history: stream === state.stream ? state.history : undefined,
})
