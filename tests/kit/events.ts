import { expect } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'

/** Bytes of each event by its id. Fails where one id comes with two contents: a repetition must be identical. */
export function byId(deliveries: readonly string[]): Map<string, string> {
  const known = new Map<string, string>()
  for (const bytes of deliveries) {
    const { id } = JSON.parse(bytes) as AlertEvent
    expect(known.get(id) ?? bytes, `event ${id} came with other content`).toBe(bytes)
    known.set(id, bytes)
  }
  return known
}

/** The events of an NDJSON text. */
export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Fails unless both are the same events, byte for byte, whatever their order and repetitions. */
export function expectSameEvents(found: readonly string[], expected: readonly string[]): void {
  const [left, right] = [byId(found), byId(expected)]
  expect(
    [...left.keys()].filter((id) => !right.has(id)),
    'events that should not be',
  ).toEqual([])
  expect(
    [...right.keys()].filter((id) => !left.has(id)),
    'events that are missing',
  ).toEqual([])
  for (const [id, bytes] of left) expect(bytes, `event ${id}`).toBe(right.get(id))
}

/**
 * Fails unless the events tell whole stories: each alert opens once, its events follow each other in sequence, and a stream
 * has at most one open alert of a kind.
 */
export function expectWholeStories(deliveries: readonly string[]): void {
  const events = [...byId(deliveries).values()].map((bytes) => JSON.parse(bytes) as AlertEvent)
  for (const key of new Set(events.map(({ data }) => data.dedupKey))) {
    const story = events.filter(({ data }) => data.dedupKey === key).toSorted(byPlace)
    let open: string | undefined
    let next = 1
    for (const { id, data } of story) {
      if (data.transition === 'opened') {
        expect(open, `${key}: a second alert opened`).toBe(undefined)
        open = data.alertId
        next = 1
      }
      expect(id, `${key}: an event is missing or out of order`).toBe(`${open}-${next++}`)
      if (data.transition === 'resolved') open = undefined
    }
  }
}

const sequence = ({ id }: AlertEvent) => Number(id.slice(id.lastIndexOf('-') + 1))
const byPlace = (a: AlertEvent, b: AlertEvent) => a.data.origin.offset - b.data.origin.offset || sequence(a) - sequence(b)
