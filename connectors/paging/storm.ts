import type { AlertEvent } from '../../alerts/event.js'
import { rank } from '../../alerts/severity.js'
import type { Page, PageTransition } from '../pager.js'
import type { Storm } from './known.js'

export const newStorm = (key: string, lastJoined: number): Storm => ({
  key,
  members: new Set(),
  ended: [],
  told: undefined,
  size: 0,
  lastJoined,
  last: Promise.resolve(),
})

/** The page of the storm as it is; undefined where no event of it is known. `call`: somebody is to hear of it, whatever it told before. */
export function stormPage(storm: Storm, call: boolean): Page | undefined {
  const { key, members, ended, told, size } = storm
  const open = [...members].flatMap(({ latest }) => latest ?? [])
  const [first, ...others] = bySeverity(members.size > 0 ? open : ended)
  if (first === undefined) return undefined
  const { severity } = first.data
  const heldBack = [...members].find((member) => member.heldBack !== undefined)?.heldBack
  const grown = call || members.size >= 2 * size || (told !== undefined && rank(severity) > rank(told))
  const transition: PageTransition = members.size === 0 ? 'resolved' : told === undefined ? 'opened' : grown ? 'escalated' : 'updated'
  return { key, transition, severity, events: [first, ...others], ...(heldBack !== undefined && { heldBack }) }
}

/** Takes down that the page was accepted. */
export function noteTold(storm: Storm, { transition, severity }: Page): void {
  if (transition === 'updated') return
  const isOver = transition === 'resolved'
  if (isOver) storm.ended.length = 0
  storm.told = isOver ? undefined : rank(severity) > rank(storm.told ?? 'info') ? severity : (storm.told ?? severity)
  storm.size = isOver ? 0 : storm.members.size
}

const bySeverity = (events: readonly AlertEvent[]): AlertEvent[] =>
  events.toSorted(
    ({ data: one }, { data: other }) =>
      rank(other.severity) - rank(one.severity) || (one.since < other.since ? -1 : 1) * Number(one.since !== other.since),
  )
