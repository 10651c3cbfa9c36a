import { expect } from 'vitest'
import { compareEvents, contents, storyFaults } from './comparison.js'

export { lines } from './comparison.js'

/** Bytes of each event by its id. Fails where one id comes with two contents: a repetition must be identical. */
export function byId(deliveries: readonly string[]): Map<string, string> {
  const known = contents(deliveries)
  expect(
    [...known].filter(([, { size }]) => size > 1).map(([id]) => id),
    'events that came with other content',
  ).toEqual([])
  return new Map([...known].map(([id, [bytes]]) => [id, bytes]))
}

/** Fails unless both are the same events, byte for byte, whatever their order and repetitions. */
export function expectSameEvents(found: readonly string[], expected: readonly string[]): void {
  byId(expected)
  const { missing, extra, contradicted } = compareEvents(found, expected)
  expect({ missing, extra, contradicted }).toEqual({ missing: [], extra: [], contradicted: [] })
}

/**
 * Fails unless the events tell whole stories: each alert opens once, its events follow each other in sequence, and a stream
 * has at most one open alert of a kind.
 */
export const expectWholeStories = (deliveries: readonly string[]): void => expect(storyFaults(deliveries)).toEqual([])
