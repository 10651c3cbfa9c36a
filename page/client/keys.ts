import type { RefObject } from 'preact'
import { nextAlert, shownAlert } from '../model/life.js'
import { foundStreams } from '../model/order.js'
import { type Action, monitorOf, type PageState } from '../model/state.js'

/** ↑ and ↓ go through the streams, `/` to the search, `a` to the next alert, Esc back to the most urgent. */
export function onKeys(stateNow: () => PageState, dispatch: (action: Action) => void, searchBox: RefObject<HTMLInputElement | null>): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || needsKeys(event.target, searchBox)) return
    const typing = event.target === searchBox.current
    const action = actionOf(event.key, stateNow())
    if (typing && event.key.length === 1) return
    if (event.key === '/') searchBox.current?.focus()
    else if (action === undefined) return
    else dispatch(action)
    if (event.key === 'Escape') searchBox.current?.blur()
    event.preventDefault()
  })
}

function actionOf(key: string, state: PageState): Action | undefined {
  switch (key) {
    case 'ArrowDown':
      return step(state, 1)
    case 'ArrowUp':
      return step(state, -1)
    case 'Escape':
      return { do: 'follow' }
    case 'a':
      return toNextAlert(state)
    default:
      return undefined
  }
}

function step(state: PageState, by: number): Action | undefined {
  const rows = foundStreams(monitorOf(state)?.streams ?? [], state.search)
  const at = rows.findIndex(({ name }) => name === state.stream)
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]
  return next && { do: 'choose', stream: next.name }
}

function toNextAlert(state: PageState): Action | undefined {
  const alerts = monitorOf(state)?.alerts ?? []
  const next = nextAlert(alerts, shownAlert(alerts, state.stream, state.alert)?.latest.alertId)
  return next && { do: 'choose', stream: next.latest.stream, alert: next.latest.alertId }
}

/** Whether keys mean something else there: a slider, a choice, a token. */
const needsKeys = (target: EventTarget | null, searchBox: RefObject<HTMLInputElement | null>): boolean =>
  target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target !== searchBox.current)
