import { describe, expect, it } from 'vitest'
import { exactly, judgeEvents, judgeLetters, judgePlaces, type Verdict } from '../../bench/chaos/verdict.js'
import type { Buried } from '../kit/stage.js'

const kinds = ({ findings }: Verdict) => findings.map(({ kind, count }) => `${count} ${kind}`)

/** Event `sequence` of an alert of stream s, at this offset. */
const event = (alertId: string, sequence: number, transition: string, offset: number, summary = '') =>
  JSON.stringify({ id: `${alertId}-${sequence}`, data: { alertId, dedupKey: 's/record', transition, origin: { offset }, summary } })

const story = [event('a', 1, 'opened', 3), event('a', 2, 'resolved', 9), event('b', 1, 'opened', 20)]

describe('the verdict on events', () => {
  const judged = (found: readonly string[]) => judgeEvents('here', found, story)

  it('allows repetitions that are the same', () => {
    expect(judged([...story, story[0], story[1]])).toEqual({ findings: [], repetitions: 2 })
    expect(kinds(exactly(judged([...story, story[0]]), 'here'))).toEqual(['1 repeated'])
    expect(exactly(judged(story), 'here')).toEqual({ findings: [], repetitions: 0 })
  })

  it('finds what is missing', () => {
    expect(kinds(judged(story.slice(0, 2)))).toEqual(['1 missing'])
    // And the gap in its story.
    expect(kinds(judged([story[0], story[2]]))).toEqual(['1 missing', '1 repeated'])
  })

  it('finds other contents, as a second one or as the only one', () => {
    const other = event('b', 1, 'opened', 20, 'otherwise')
    expect(kinds(judged([...story, other]))).toEqual(['1 repeated'])
    expect(kinds(judged([story[0], story[1], other]))).toEqual(['1 repeated'])
  })

  it('finds a second alert for one episode', () => {
    const { findings } = judged([...story, event('c', 1, 'opened', 21)])
    expect(findings.map(({ what }) => what)).toEqual([
      'events here that an undisturbed run does not raise: c-1',
      'broken stories here: s/record: a second alert opened (c) beside b',
    ])
  })
})

describe('the verdict on records', () => {
  const letter = (offset: number, detail = 'no JSON'): Buried => ({
    origin: { topic: 't', partition: 0, offset },
    reason: 'undecodable',
    detail,
    key: null,
    value: Buffer.from('x'),
  })
  const judged = (...letters: Buried[]) => judgeLetters(letters, new Set(['0/1', '0/2']))

  it('wants each dead letter of each record that cannot be used', () => {
    expect(judged(letter(1), letter(2), letter(1))).toEqual({ findings: [], repetitions: 1 })
    expect(kinds(judged(letter(1)))).toEqual(['1 lost'])
    expect(kinds(judged(letter(1), letter(2), letter(3)))).toEqual(['1 lost'])
    expect(kinds(judged(letter(1), letter(2), letter(2, 'otherwise')))).toEqual(['1 repeated'])
  })

  it('wants every offset committed', () => {
    expect(judgePlaces({ ends: [5, 0], committed: [5, -1] }).findings).toEqual([])
    const { findings } = judgePlaces({ ends: [5, 7], committed: [5, 3] })
    expect(findings).toEqual([{ kind: 'lost', count: 4, what: 'records that are not committed, partition 1: 4' }])
  })
})
