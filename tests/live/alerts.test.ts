import { describe, expect, it } from 'vitest'
import { Deploys } from '../../alerts/deploys.js'
import type { AlertEvent, WorstRecord } from '../../alerts/event.js'
import type { HeldPage } from '../../connectors/paging/known.js'
import type { StandingAlert } from '../../connectors/sink.js'
import { Changes } from '../../live/changes.js'
import { Live } from '../../live/live.js'
import type { MonitorView } from '../../live/view.js'
import { batchOf, eventOf, partitionOf, streamsOf, subject } from './batches.js'

function watched(heldBack: () => readonly HeldPage[] = () => []) {
  const live = new Live({ version: '1.2.3', streams: 10, described: 1e6, stateOf: () => ({ is: 'watching' }), heldBack })
  live.close()
  const collector = live.collector('m', 1024)
  collector.begin(subject)
  const partition = partitionOf()
  collector.adopted(partition, [])
  const states = streamsOf(partition, ['a'])
  collector.graded(batchOf(partition, states, 1000))
  return { live, collector, partition, states, monitor: () => live.view().monitors[0] }
}

const worst = (heatmap: string): WorstRecord => ({
  topic: 'pictures',
  partition: 0,
  offset: 3,
  time: '2026-01-01T00:00:00.000Z',
  score: 9,
  heatmap,
  heatmapImage: 'data:image/png;base64,AAAA',
})
const ofPicture = (stream: string, file: string): AlertEvent => eventOf(stream, { worst: [worst(`https://pictures.example/${file}`)] })
const picture = { image: Buffer.from('jpeg'), heatmap: Buffer.from('png') }

describe('alerts about pictures', () => {
  it('have the worst picture and its heatmap once it was drawn, and nothing of what the event had attached', () => {
    const { live, collector, monitor } = watched()
    const changes = new Changes()
    collector.raised({ events: [ofPicture('a', 'heatmap-1.png')] })
    expect(JSON.stringify(monitor())).not.toContain('data:')
    changes.next(live.view())
    collector.gallery.add('heatmap-1.png', picture)
    const [told] = changes.next(live.view()).monitors[0].alerts ?? []
    expect(told.picture).toEqual({ image: 'data:image/jpeg;base64,anBlZw==', heatmap: 'data:image/png;base64,cG5n' })
    expect(changes.next(live.view()).monitors[0].alerts).toBeUndefined()
  })

  it('have the worst one that is at hand where the very worst was not drawn', () => {
    const { collector, monitor } = watched()
    const records = ['undrawn.png', 'drawn.png'].map((file) => worst(`https://pictures.example/${file}`))
    collector.raised({ events: [eventOf('a', { worst: records })] })
    collector.gallery.add('drawn.png', picture)
    expect(monitor().alerts[0].picture).toBeDefined()
  })

  it('lose it when others were drawn since', () => {
    const { collector, monitor } = watched()
    collector.raised({ events: [ofPicture('a', 'heatmap-0.png')] })
    for (let i = 0; i < 20; i++) collector.gallery.add(`heatmap-${i}.png`, picture)
    expect(monitor().alerts[0].picture).toBeDefined()
    collector.gallery.add('heatmap-20.png', picture)
    expect(monitor().alerts[0].picture).toBeUndefined()
  })
})

describe('the command that explains the worst record', () => {
  it('holds in a shell whatever files and topics are called', () => {
    const { collector, monitor } = watched()
    collector.begin({ ...subject, file: "it's mine; rm -rf.yaml" })
    collector.raised({ events: [eventOf('a', { worst: [{ ...worst('x'), topic: '$(reboot)' }] })] })
    expect(monitor().alerts[0].explain).toBe("driftwatch explain --config 'it'\\''s mine; rm -rf.yaml' --monitor m --at '$(reboot)/0/3'")
  })

  it('is left out where there is no configuration file', () => {
    const { collector, monitor } = watched()
    collector.begin({ ...subject, file: undefined })
    collector.raised({ events: [eventOf('a')] })
    expect(monitor().alerts[0]).not.toHaveProperty('explain')
  })
})

describe('alerts whose pages are held back', () => {
  const page = (change: Partial<HeldPage> = {}): HeldPage => ({
    monitor: 'm',
    sink: 'slack',
    stream: 'a',
    kind: 'record',
    severity: 'error',
    since: '2026-01-01T00:00:00.000Z',
    by: 'quiet hours',
    ...change,
  })

  it('say by what, and from whom, until they are told of', () => {
    let held = [page(), page({ sink: 'pagerduty' }), page({ sink: 'tickets', by: 'the silence "lenses"' })]
    const { live, collector, monitor } = watched(() => held)
    const changes = new Changes()
    collector.raised({ events: [eventOf('a'), eventOf('b')] })
    expect(monitor().alerts.map(({ latest, suppressed }) => [latest.stream, suppressed])).toEqual([
      ['b', undefined],
      ['a', 'quiet hours (slack, pagerduty); the silence "lenses" (tickets)'],
    ])
    changes.next(live.view())
    held = []
    expect(changes.next(live.view()).monitors[0].alerts).toEqual([monitor().alerts[1]])
    expect(monitor().alerts[1]).not.toHaveProperty('suppressed')
  })

  it('are those of the same monitor and kind, and open', () => {
    const { collector, monitor } = watched(() => [page({ monitor: 'another' }), page({ kind: 'drift' }), page({ stream: 'over' })])
    collector.raised({ events: [eventOf('a'), eventOf('over', { transition: 'resolved' })] })
    expect(monitor().alerts.filter(({ suppressed }) => suppressed !== undefined)).toEqual([])
  })
})

describe('alerts of partitions that come and go', () => {
  const standing = (stream: string): StandingAlert => ({
    alertId: `alert of ${stream}`,
    dedupKey: `m/${stream}/record`,
    monitor: 'm',
    stream,
    kind: 'record',
    severity: 'error',
    peakSeverity: 'critical',
    since: '2026-01-01T00:00:00.000Z',
  })
  const shown = ({ alerts, standing }: MonitorView) => [alerts.map(({ latest }) => latest.stream), standing.map(({ stream }) => stream)]

  it('are shown that were open before a restart, until an event of theirs comes', () => {
    const { collector, partition, monitor } = watched(() => [{ ...standing('a'), sink: 'slack', by: 'quiet hours' }])
    collector.adopted(partition, [standing('a'), standing('b')])
    expect(monitor().standing[0]).toEqual({
      alertId: 'alert of a',
      stream: 'a',
      kind: 'record',
      severity: 'error',
      since: '2026-01-01T00:00:00.000Z',
      suppressed: 'quiet hours (slack)',
    })
    expect(monitor().standing[1]).not.toHaveProperty('suppressed')
    collector.raised({ events: [eventOf('a', { transition: 'updated' })] })
    expect(shown(monitor())).toEqual([['a'], ['b']])
    collector.raised({ events: [eventOf('b', { transition: 'resolved' })] })
    expect(shown(monitor())).toEqual([['a', 'b'], []])
  })

  it('are no longer open here once another process has the partition, whatever was still under way', () => {
    const { live, collector, partition, monitor } = watched()
    const changes = new Changes()
    collector.adopted(partition, [standing('c')])
    collector.raised({ events: [eventOf('a'), eventOf('over', { transition: 'resolved' })] })
    changes.next(live.view())
    collector.dropped(partition)
    collector.raised({ events: [eventOf('b')] })
    expect(shown(monitor())).toEqual([['over'], []])
    const [change] = changes.next(live.view()).monitors
    expect(change).toMatchObject({ left: ['alert of a'], standing: [] })
    expect(change.alerts).toBeUndefined()
  })

  it('are those that are still open when it comes back', () => {
    const { collector, partition, monitor } = watched()
    collector.raised({ events: [eventOf('a'), eventOf('b')] })
    collector.adopted(partition, [standing('b'), standing('c')])
    expect(shown(monitor())).toEqual([['b'], ['c']])
  })
})

describe('what changed lately', () => {
  it('are deploys, also those that are declared later, and references that took the place of others', () => {
    const { collector, monitor } = watched()
    const deploys = new Deploys()
    collector.begin({ ...subject, deploys })
    deploys.add({ at: 500, version: 'v42', note: 'faster' })
    deploys.add({ at: 2000, version: 'v43' })
    collector.begin({ ...subject, deploys, referenceVersion: 'r2' })
    expect(monitor().changes).toEqual([
      { what: 'deploy', version: 'v42', note: 'faster', at: 500 },
      { what: 'reference', version: 'r2', at: 1000 },
      { what: 'deploy', version: 'v43', at: 2000 },
    ])
  })

  it('keeps the histories of a reference with the same detectors, and begins them anew with others', () => {
    const { live, collector, partition, states } = watched()
    collector.begin({ ...subject, referenceVersion: 'r2' })
    expect(live.history('m', 'a')?.times).toEqual([1000])
    collector.begin({ ...subject, referenceVersion: 'r3', scales: { record: [{ detector: 'knn', limit: 1 }], drift: [] } })
    collector.graded(batchOf(partition, states, 5000))
    expect(live.history('m', 'a')).toMatchObject({ times: [5000], effects: [{ detector: 'knn', values: [1] }] })
  })
})

describe('a stream', () => {
  it('learns, is quiet, or lacks data, and is refused where the reference was', () => {
    const { collector, partition, states, monitor } = watched()
    const status = () => monitor().streams[0].status
    expect(status()).toBe('learning')
    for (let second = 2; second < 4; second++) collector.graded(batchOf(partition, states, 1000 * second))
    expect(status()).toBe('quiet')
    collector.begin({ ...subject, bar: { ...subject.bar, status: 'REFUSED' } })
    expect(status()).toBe('refused')
    // Silence is told of without a batch.
    const missing = eventOf('a')
    const data = { ...missing.data, kind: 'feed', evidence: { trouble: 'data_missing', silenceLimit: 60 } } as const
    collector.raised({ events: [{ ...missing, data }] })
    expect(monitor().streams[0]).toMatchObject({ status: 'no data', severity: 'warning', kinds: ['feed'] })
    collector.graded(batchOf(partition, states, 9000))
    expect(status()).toBe('refused')
  })

  it('has what stands out in its rarest record, and how far over its limit each detector was', () => {
    const { live } = watched()
    expect(live.history('m', 'a')?.features).toEqual([
      [
        { feature: 'memory', sigma: -3 },
        { feature: 'cpu', sigma: 1 },
      ],
    ])
    expect(live.history('m', 'a')?.effects).toEqual([{ detector: 'gaussian', values: [0.5] }])
  })
})

it('an alert that is over keeps the causes that its events named last', () => {
  const { collector, monitor } = watched()
  const contributions = [{ feature: 'cpu', share: 3, sigma: 4, value: 0.9 }]
  collector.raised({ events: [eventOf('a', { contributions })] })
  collector.raised({ events: [eventOf('a', { transition: 'resolved', reason: 'cleared', contributions: [] })] })
  expect(monitor().alerts[0]).toMatchObject({ open: false, latest: { contributions } })
})
