import { describe, expect, it } from 'vitest'
import { reportSummary } from '../../cli/report-summary.js'
import { Changes } from '../../live/changes.js'
import { Live } from '../../live/live.js'
import { batchOf, eventOf, partitionOf, streamsOf, subject } from './batches.js'

const CREDITS = 16_384
const names = (n: number) => Array.from({ length: n }, (_, i) => `stream-${String(i).padStart(4, '0')}`)

function liveOf(streams: number) {
  const live = new Live({ version: '1.2.3', streams, described: 1e6, stateOf: () => ({ is: 'watching' }) })
  live.close()
  const collector = live.collector('m', CREDITS)
  collector.begin(subject)
  const partition = partitionOf()
  collector.adopted(partition, [])
  return { live, collector, partition }
}

describe('many streams', () => {
  it('are told of in changes that do not grow with their number: what means something new at once, the others in turns', () => {
    const { live, collector, partition } = liveOf(1000)
    const states = streamsOf(partition, names(1000))
    const changes = new Changes()
    const next = () => changes.next(live.view()).monitors[0]
    for (let second = 0; second < 5; second++) collector.graded(batchOf(partition, states, 1000 * second))
    expect(next().streams).toHaveLength(1000)
    const told = new Set<string>()
    for (let second = 5; second < 15; second++) {
      collector.graded(batchOf(partition, states, 1000 * second))
      const change = next()
      expect(change.streams?.length).toBeLessThanOrEqual(100)
      expect(JSON.stringify(change).length).toBeLessThan(40_000)
      for (const { name } of change.streams ?? []) told.add(name)
    }
    expect(told.size).toBe(1000)
    states[500].folded.alerts.feed = alertState
    collector.graded(batchOf(partition, states, 15_000))
    expect(next().streams?.[0]).toMatchObject({ name: 'stream-0500', status: 'no data' })
    expect(JSON.stringify(next())).not.toContain('pValues')
  })

  it('are counted, though no more than a bound are listed and fewer have a history', () => {
    const { live, collector, partition } = liveOf(100)
    collector.graded(batchOf(partition, streamsOf(partition, names(12_000)), 0))
    const [monitor] = live.view().monitors
    expect(monitor.streamCount).toBe(12_000)
    expect(monitor.streams).toHaveLength(10_000)
    expect(monitor.streams.filter(({ spark }) => spark.length > 0)).toHaveLength(100)
  })

  it('give the place of a history to a stream that raises an alert', () => {
    const { live, collector, partition } = liveOf(2)
    const states = streamsOf(partition, ['a', 'b', 'c'])
    collector.graded(batchOf(partition, states, 0))
    expect(live.history('m', 'c')).toBeUndefined()
    collector.raised({ events: [eventOf('c')] })
    collector.graded(batchOf(partition, states, 1000))
    expect(live.history('m', 'c')?.times).toEqual([1000])
    expect(['a', 'b'].filter((stream) => live.history('m', stream) !== undefined)).toHaveLength(1)
  })

  it('are gone when the pipeline has forgotten them', () => {
    const { live, collector, partition } = liveOf(10)
    const changes = new Changes()
    collector.graded(batchOf(partition, streamsOf(partition, ['a', 'b']), 0))
    changes.next(live.view())
    partition.streams.delete('a')
    for (let look = 0; look < 10; look++) live.look()
    expect(changes.next(live.view()).monitors[0].gone).toEqual(['a'])
    expect(live.history('m', 'a')).toBeUndefined()
  })

  it('are told of by their latest alert, each alert once until it changes', () => {
    const { live, collector, partition } = liveOf(10)
    const changes = new Changes()
    collector.graded(batchOf(partition, streamsOf(partition, ['a', 'b']), 0))
    collector.raised({ events: [eventOf('a'), eventOf('b')] })
    expect(changes.next(live.view()).monitors[0].alerts).toHaveLength(2)
    expect(changes.next(live.view()).monitors[0].alerts).toBeUndefined()
    collector.raised({ events: [eventOf('b', { transition: 'resolved', reason: 'cleared', at: '2026-01-01T01:00:00.000Z' })] })
    const { alerts } = changes.next(live.view()).monitors[0]
    expect(alerts?.map(({ latest, open, life }) => [latest.stream, open, life.length])).toEqual([['b', false, 2]])
    expect(live.history('m', 'b')?.episodes).toEqual([expect.objectContaining({ to: Date.UTC(2026, 0, 1, 1) })])
  })

  it('do not fill memory with what happens to one alert, or with alerts', () => {
    const { live, collector, partition } = liveOf(10)
    collector.graded(batchOf(partition, streamsOf(partition, ['a']), 0))
    collector.raised({ events: [eventOf('a')] })
    for (let i = 0; i < 100; i++) collector.raised({ events: [eventOf('a', { transition: 'updated', summary: `update ${i}` })] })
    const [{ life }] = live.view().monitors[0].alerts
    expect(life).toHaveLength(32)
    expect(life[0].transition).toBe('opened')
    expect(life.at(-1)?.summary).toBe('update 99')
    for (let i = 0; i < 3000; i++) collector.raised({ events: [eventOf(`s${i}`)] })
    const [monitor] = live.view().monitors
    expect([monitor.alerts.length, monitor.alertCount]).toEqual([200, 3001])
    expect(reportSummary(live.view())).toContain('alerts   3,001: the 200 open or latest are 200 warning')
  })
})

const alertState = {
  id: 'x',
  cause: 'data_missing',
  severity: 'error',
  severityReason: 'feed',
  steps: { rarity: 0, effect: 0, persistence: 0, detectors: 0 },
  peak: 'error',
  opened: { offset: 0, time: 0 },
  sequence: 1,
  lastEvent: 0,
  below: 0,
  detectors: [],
  worst: [],
} as const
