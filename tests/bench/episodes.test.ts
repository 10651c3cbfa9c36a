import { describe, expect, it } from 'vitest'
import type { Transition } from '../../alerts/transition.js'
import { flaggedRows, type Opening, openings } from '../../bench/episodes.js'

const event = (alertId: string, transition: Transition, offset: number, kind: Opening['kind'] = 'record'): Opening => ({
  alertId,
  kind,
  transition,
  origin: { offset },
})
const flags = (events: readonly Opening[], rows: number) => [...flaggedRows(events, rows)].join('')

describe('rows flagged by alerts', () => {
  it('go from the row that opened an alert until before the one that resolved it', () => {
    expect(flags([event('a', 'opened', 2), event('a', 'escalated', 3), event('a', 'resolved', 5)], 8)).toBe('00111000')
  })

  it('go on to the end while nothing resolves the alert', () => {
    expect(flags([event('a', 'opened', 2)], 5)).toBe('00111')
  })

  it('are those of record and drift alerts together', () => {
    const record = [event('a', 'opened', 1), event('a', 'resolved', 3)]
    const drift = [event('b', 'opened', 2, 'drift'), event('b', 'resolved', 4, 'drift')]
    expect(flags([record[0], drift[0], record[1], drift[1]], 6)).toBe('011100')
  })

  it('say nothing of trouble with the feed', () => {
    const events = [event('a', 'opened', 1, 'feed')]
    expect(flags(events, 3)).toBe('000')
    expect(openings(events)).toEqual([])
  })

  it('are the same when an event comes twice', () => {
    const events = [event('a', 'opened', 1), event('a', 'opened', 1), event('a', 'resolved', 2), event('b', 'opened', 3)]
    expect(flags(events, 5)).toBe('01011')
    expect(openings(events)).toEqual([1, 3])
  })
})
