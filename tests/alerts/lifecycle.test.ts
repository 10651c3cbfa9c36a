import { describe, expect, it } from 'vitest'
import { feedGrade } from '../../alerts/grade.js'
import { alertId } from '../../alerts/identity.js'
import type { Observation } from '../../alerts/lifecycle.js'
import { live, seen, source, told } from './builders.js'

const strong = { effect: 2 }
const lasting = { effect: 2, persistence: 0.5 }

const cases: [name: string, life: Observation[], events: string[]][] = [
  ['quiet says nothing', [seen(1, 'quiet'), seen(2, 'quiet')], []],
  ['opens once', [seen(1, 'quiet'), seen(2, 'opened'), seen(3, 'sustained')], ['opened first_alarm info']],
  ['opens on nothing but the alarm', [seen(1, 'sustained', lasting), seen(2, 'waiting'), seen(3, 'cleared'), seen(4, 'settled')], []],
  ['a second opening of an open alert is no second alert', [seen(1, 'opened'), seen(2, 'opened')], ['opened first_alarm info']],
  [
    'resolved once the alarm clears, then a new one',
    [seen(1, 'opened'), seen(2, 'cleared'), seen(3, 'quiet'), seen(4, 'opened')],
    ['opened first_alarm info', 'resolved cleared info', 'opened first_alarm info'],
  ],
  ['resolved when it settles', [seen(1, 'opened'), seen(2, 'settled')], ['opened first_alarm info', 'resolved settled info']],
  ['rises at once: stronger', [seen(1, 'opened'), seen(2, 'sustained', strong)], ['opened first_alarm info', 'escalated stronger warning']],
  [
    'rises at once: persisting',
    [seen(1, 'opened'), seen(2, 'sustained', { persistence: 0.5 })],
    ['opened first_alarm info', 'escalated persisting warning'],
  ],
  [
    'rises at once: more detectors, though effect gives as much',
    [seen(1, 'opened', strong), seen(2, 'sustained', { ...strong, detectors: ['gaussian', 'hotelling'] })],
    ['opened first_alarm warning', 'escalated more_detectors error'],
  ],
  [
    'rises two levels in one event',
    [seen(1, 'opened'), seen(2, 'sustained', { effect: 5 })],
    ['opened first_alarm info', 'escalated stronger error'],
  ],
  ['waiting never raises', [seen(1, 'opened'), seen(2, 'waiting', lasting), seen(3, 'waiting', lasting)], ['opened first_alarm info']],
  [
    'falls one level after three lower evaluations in a row, not before',
    [seen(1, 'opened', lasting), seen(2, 'waiting'), seen(3, 'waiting'), seen(4, 'waiting'), seen(5, 'waiting'), seen(6, 'waiting')],
    ['opened first_alarm error', 'updated lowered warning'],
  ],
  [
    'falls level by level down to info and no further',
    [seen(1, 'opened', lasting), ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((second) => seen(second, 'sustained'))],
    ['opened first_alarm error', 'updated lowered warning', 'updated lowered info'],
  ],
  [
    'one evaluation as bad as before starts the count again',
    [
      seen(1, 'opened', strong),
      seen(2, 'waiting'),
      seen(3, 'waiting'),
      seen(4, 'sustained', strong),
      seen(5, 'waiting'),
      seen(6, 'waiting'),
    ],
    ['opened first_alarm warning'],
  ],
  [
    'rises again after it fell',
    [seen(1, 'opened', strong), seen(2, 'waiting'), seen(3, 'waiting'), seen(4, 'waiting'), seen(5, 'sustained', strong)],
    ['opened first_alarm warning', 'updated lowered info', 'escalated stronger warning'],
  ],
  [
    'says that it goes on once a minute of data time, while it fires',
    [seen(0, 'opened'), seen(59, 'sustained'), seen(60, 'sustained'), seen(100, 'waiting'), seen(120, 'waiting'), seen(121, 'sustained')],
    ['opened first_alarm info', 'updated ongoing info', 'updated ongoing info'],
  ],
  [
    'any event counts as a sign of life',
    [seen(0, 'opened'), seen(40, 'sustained', strong), seen(80, 'sustained', strong), seen(100, 'sustained', strong)],
    ['opened first_alarm info', 'escalated stronger warning', 'updated ongoing warning'],
  ],
  [
    'a day without evaluations resolves nothing',
    [seen(0, 'opened'), seen(86_400, 'sustained')],
    ['opened first_alarm info', 'updated ongoing info'],
  ],
  [
    'an end outranks everything else',
    [seen(0, 'opened'), seen(600, 'cleared', lasting)],
    ['opened first_alarm info', 'resolved cleared info'],
  ],
]

describe('the life of an alert', () => {
  it.each(cases)('%s', (_, observations, events) => {
    expect(told(live(observations).changes)).toEqual(events)
  })

  it('numbers its events and keeps its identity, opening and peak to the end', () => {
    const { changes, state } = live([
      seen(7, 'opened'),
      seen(8, 'sustained', lasting),
      seen(9, 'waiting'),
      seen(10, 'waiting'),
      seen(11, 'waiting'),
      seen(12, 'cleared'),
    ])
    expect(state).toBeUndefined()
    expect(changes.map(({ alert }) => alert.sequence)).toEqual([1, 2, 3, 4])
    expect(new Set(changes.map(({ alert }) => alert.id))).toEqual(new Set([alertId(source, 7)]))
    expect(changes.at(-1)?.alert).toMatchObject({ peak: 'error', severity: 'warning', opened: { offset: 7 } })
  })

  it('remembers its peak when it rises again to less', () => {
    const fall = [2, 3, 4, 5, 6, 7].map((second) => seen(second, 'waiting'))
    const { changes } = live([seen(1, 'opened', lasting), ...fall, seen(8, 'sustained', strong)])
    expect(changes.at(-1)).toMatchObject({ type: 'escalated', alert: { severity: 'warning', peak: 'error' } })
  })

  it('keeps the five highest scores, each record once, and every detector that took part', () => {
    const scores = [10, 50, 20, 40, 50, 30, 5]
    const { state } = live(
      scores.map((score, i) => seen(i, i === 0 ? 'opened' : 'sustained', { score, detectors: [i % 2 === 0 ? 'hotelling' : 'gaussian'] })),
    )
    expect(state?.worst.map(({ offset, score }) => [offset, score])).toEqual([
      [1, 50],
      [4, 50],
      [3, 40],
      [5, 30],
      [2, 20],
    ])
    expect(state?.detectors).toEqual(['gaussian', 'hotelling'])
    const again = live([seen(0, 'opened'), seen(0, 'sustained')])
    expect(again.state?.worst).toHaveLength(1)
  })

  it('bounds what a record says of itself', () => {
    const opening = { ...seen(1, 'opened'), records: [{ offset: 1, time: 0, score: 1, decades: 0, id: '😀'.repeat(5000) }] }
    expect(live([opening]).state?.worst[0].id?.length).toBeLessThanOrEqual(256)
  })

  it.each([
    ['data_missing', 'data_returned'],
    ['rejects_high', 'rejects_normal'],
  ] as const)('trouble with the feed has reasons of its own: %s to %s', (cause, end) => {
    const at = (second: number, outcome: Observation['outcome'], severity: 'warning' | 'error'): Observation => ({
      ...seen(second, outcome),
      cause,
      grade: feedGrade(severity),
    })
    expect(told(live([at(1, 'opened', 'warning'), at(2, 'sustained', 'error'), at(3, 'cleared', 'warning')]).changes)).toEqual([
      `opened ${cause} warning`,
      `escalated ${cause} error`,
      `resolved ${end} error`,
    ])
  })
})
