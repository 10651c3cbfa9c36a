import type { AlertEvent } from '../../alerts/event.js'

/** How what was delivered differs from what an undisturbed run delivers; events by their ids. */
export interface Difference {
  readonly missing: readonly string[]
  /** Events that the undisturbed run does not raise. */
  readonly extra: readonly string[]
  /** Ids that came with two contents, or with another one than in the undisturbed run. */
  readonly contradicted: readonly string[]
  /** Deliveries beyond the first of each event, byte for byte the same. */
  readonly repetitions: number
}

/** The events of an NDJSON text. */
export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Compares events, byte for byte, whatever their order and repetitions. */
export function compareEvents(found: readonly string[], expected: readonly string[]): Difference {
  const [left, right] = [contents(found), contents(expected)]
  const ids = [...left.keys()]
  const isOne = (id: string) => left.get(id)?.size === 1 && (right.get(id) ?? left.get(id))?.has([...left.get(id)!][0])
  return {
    missing: [...right.keys()].filter((id) => !left.has(id)),
    extra: ids.filter((id) => !right.has(id)),
    contradicted: ids.filter((id) => !isOne(id)),
    repetitions: found.length - [...left.values()].reduce((sum, { size }) => sum + size, 0),
  }
}

/** The contents that each event came with: one, unless something is wrong. */
export function contents(deliveries: readonly string[]): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>()
  for (const bytes of deliveries) {
    const { id } = JSON.parse(bytes) as AlertEvent
    known.set(id, (known.get(id) ?? new Set()).add(bytes))
  }
  return known
}

/**
 * What is wrong with the stories that the events tell: each alert opens once, its events follow each other in sequence,
 * and a stream has at most one open alert of a kind.
 */
export function storyFaults(deliveries: readonly string[]): string[] {
  const events = [...contents(deliveries).values()].map(([bytes]) => JSON.parse(bytes) as AlertEvent)
  const keys = new Set(events.map(({ data }) => data.dedupKey))
  const story = (key: string) => events.filter(({ data }) => data.dedupKey === key).toSorted(byPlace)
  return [...keys].flatMap((key) => faultsOf(story(key)).map((fault) => `${key}: ${fault}`))
}

function faultsOf(story: readonly AlertEvent[]): string[] {
  const faults: string[] = []
  let open: string | undefined
  let next = 1
  for (const { id, data } of story) {
    if (data.transition === 'opened') {
      if (open !== undefined) faults.push(`a second alert opened (${data.alertId}) beside ${open}`)
      open = data.alertId
      next = 1
    }
    const expected = `${open}-${next++}`
    if (id !== expected) faults.push(`${id} came where ${expected} should be`)
    if (data.transition === 'resolved') open = undefined
  }
  return faults
}

const sequence = ({ id }: AlertEvent) => Number(id.slice(id.lastIndexOf('-') + 1))
const byPlace = (a: AlertEvent, b: AlertEvent) => a.data.origin.offset - b.data.origin.offset || sequence(a) - sequence(b)
