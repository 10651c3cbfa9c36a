import { expect } from 'vitest'
import type { StreamSnapshot } from '../../connectors/store.js'
import { shapeOf } from '../../pipelines/fitted.js'
import { decodePartition, decodeStream, PARTITION } from '../../pipelines/snapshot.js'
import { expectSameEvents, expectWholeStories } from '../kit/events.js'
import type { World } from '../kit/world.js'
import type { Subject } from './lives.js'
import { d } from './reference.js'

/**
 * Fails unless a world ended as the undisturbed one did: the same events and dead letters, everything read and committed,
 * every record folded once into its stream, and the same state stored: of streams byte for byte.
 */
export function expectSameEnd(world: World, undisturbed: World, subject: Subject): void {
  const told = world.delivered()
  expectSameEvents(told, undisturbed.delivered())
  expectWholeStories(told)
  expect(places(world)).toEqual(places(undisturbed))
  const ends = world.log.map((records, partition) => [partition, records.length])
  expect([...world.committed].toSorted()).toEqual(ends)
  expect([...world.markers].toSorted()).toEqual(ends)
  expect(folded(world, subject)).toEqual(usable(world, subject))
  expect(states(world)).toEqual(states(undisturbed))
}

/** Where the dead letters come from, each once. */
const places = ({ letters }: World) => [...new Set(letters.map(({ origin: { partition, offset } }) => `${partition}/${offset}`))].toSorted()

/** How many records of each stream the log holds that can be decoded. */
function usable({ log }: World, { dtype }: Subject): Record<string, number> {
  const counts: Record<string, number> = {}
  const whole = log.flat().filter(({ value }) => value?.length === (dtype === 'float32' ? 4 : 8) * d)
  for (const { key } of whole) counts[String(key)] = (counts[String(key)] ?? 0) + 1
  return counts
}

/** How many records each stored state reflects. */
function folded({ streams }: World, { reference }: Subject): Record<string, number> {
  const states = [...streams.values()].flatMap((partition) => [...partition]).filter(([name]) => name !== PARTITION)
  const shape = shapeOf(reference)
  return Object.fromEntries(
    states.map(([name, snapshot]) => [name, decodeStream(name, snapshot, reference.version, shape, 0).folded.count]),
  )
}

/** All stored states, as they will be read. */
export const states = ({ streams, markers }: World) =>
  [...streams]
    .toSorted()
    .map(([partition, names]) => [partition, [...names].map((one) => restored(one, markers.get(partition))).toSorted(byName)])

/** A stored state as it will be read. The partition's also holds the clock of the checkpoint before, which was anywhere. */
export const restored = ([name, snapshot]: readonly [string, StreamSnapshot], marker: number | undefined): readonly [string, unknown] => [
  name,
  name === PARTITION ? decodePartition(snapshot, marker) : snapshot,
]

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1)
