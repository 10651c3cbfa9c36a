import { compareEvents, storyFaults } from '../../tests/kit/comparison.js'
import type { Buried } from '../../tests/kit/stage.js'

/**
 * What must not be: records that are neither scored nor dead-lettered, alert events that are missing, that came with two
 * contents or that an undisturbed run does not raise, and processes that broke.
 */
export interface Finding {
  readonly kind: 'lost' | 'missing' | 'repeated' | 'defect'
  readonly count: number
  /** What, with offsets or ids. */
  readonly what: string
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** Deliveries and dead letters beyond the first, byte for byte the same: allowed. */
  readonly repetitions: number
}

const finding = (kind: Finding['kind'], ids: readonly string[], what: string): Finding[] =>
  ids.length === 0 ? [] : [{ kind, count: ids.length, what: `${what}: ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ', …' : ''}` }]

/** Judges the events of one sink. */
export function judgeEvents(where: string, found: readonly string[], expected: readonly string[]): Verdict {
  const { missing, extra, contradicted, repetitions } = compareEvents(found, expected)
  const findings = [
    ...finding('missing', missing, `events missing ${where}`),
    ...finding('repeated', contradicted, `events with two contents ${where}`),
    ...finding('repeated', extra, `events ${where} that an undisturbed run does not raise`),
    ...finding('repeated', storyFaults(found), `broken stories ${where}`),
  ]
  return { findings, repetitions }
}

/** The same where everything must come exactly once: a plain repetition is a fault, too. */
export function exactly({ findings, repetitions }: Verdict, where: string): Verdict {
  const repeated: Finding[] = repetitions === 0 ? [] : [{ kind: 'repeated', count: repetitions, what: `plain repetitions ${where}` }]
  return { findings: [...findings, ...repeated], repetitions: 0 }
}

/** Judges the dead letters against the places (`partition/offset`) of the records that cannot be used. */
export function judgeLetters(buried: readonly Buried[], unusable: ReadonlySet<string>): Verdict {
  const known = new Map<string, Set<string>>()
  for (const letter of buried) {
    const place = `${letter.origin.partition}/${letter.origin.offset}`
    known.set(place, (known.get(place) ?? new Set()).add(JSON.stringify([letter.reason, letter.detail, String(letter.value)])))
  }
  const distinct = [...known.values()].reduce((sum, { size }) => sum + size, 0)
  const places = [...known.keys()]
  const findings = [
    ...finding(
      'lost',
      [...unusable].filter((place) => !known.has(place)),
      'records without their dead letter',
    ),
    ...finding(
      'lost',
      places.filter((place) => !unusable.has(place)),
      'good records among the dead letters',
    ),
    ...finding(
      'repeated',
      places.filter((place) => known.get(place)?.size !== 1),
      'dead letters with two contents',
    ),
  ]
  return { findings, repetitions: buried.length - distinct }
}

/** Judges what the group has committed against the ends of the partitions. */
export function judgePlaces({ ends, committed }: { readonly ends: readonly number[]; readonly committed: readonly number[] }): Verdict {
  const left = ends.map((end, partition) => end - Math.max(0, committed[partition]))
  const what = `partition ${left.flatMap((count, partition) => (count === 0 ? [] : [`${partition}: ${count}`])).join(', ')}`
  const count = left.reduce((sum, records) => sum + Math.abs(records), 0)
  return { findings: count === 0 ? [] : [{ kind: 'lost', count, what: `records that are not committed, ${what}` }], repetitions: 0 }
}
