import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newStreamAlarm } from '../../calibration/alarm.js'
import type { Batch } from '../../pipelines/batch.js'
import { takeCensus } from '../../pipelines/census.js'
import { grade } from '../../pipelines/grade.js'
import { Metrics } from '../../pipelines/metrics.js'
import type { MonitorMetrics } from '../../pipelines/monitor-metrics.js'
import { Observer } from '../../pipelines/observe.js'
import type { Partition } from '../../pipelines/streams.js'
import { silent } from '../contract/silent-logger.js'
import { batchOf, eventsOf, leaseOf, letterAt, outcomeOf, partitionAt } from './builders.js'
import { calibratedOf, findings, grading, type RowSketch } from './findings.js'

/** An observer and the page that it fills. */
function scene() {
  const all = new Metrics()
  const metrics: MonitorMetrics = all.forMonitor('watch', {
    detectors: ['gaussian', 'other', 'hotelling'],
    sinks: ['main'],
    maxStreams: 10,
  })
  const observer = new Observer({
    metrics,
    logger: silent,
    credits: { records: 100, bytes: 1000 },
    detectors: { record: ['gaussian', 'other'], drift: ['hotelling'] },
    measures: { scales: findings.scales, pValue: findings.pValue },
    budgetPerDay: 2,
    rowsPerDay: 1000,
    recordsNeeded: 4,
  })
  /** Values of the page's lines that begin with the metric's name and hold all the labels. */
  const read = async (metric: string, ...labels: string[]): Promise<number | undefined> => {
    const lines = (await all.registry.metrics()).split('\n')
    const line = lines.find((one) => one.startsWith(`driftwatch_${metric}{`) && labels.every((label) => one.includes(label)))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  /** The lines of the page about metrics that begin so. */
  const page = async (prefix: string): Promise<string[]> =>
    (await all.registry.metrics()).split('\n').flatMap((line) => (new RegExp(`^driftwatch_${prefix}`).test(line) ? [line.slice(11)] : []))
  return { observer, read, page }
}

const fires = (stream: string): RowSketch => ({ stream, a: 1 })
const quiet = (stream: string): RowSketch => ({ stream })

describe('the observer', () => {
  /** A batch of the partition that ends before `end` was read. */
  const readUpTo = (partition: Partition, end: number): Batch => ({ ...calibratedOf(partition, [quiet('a')]), end })

  it('counts records, lag and credits as they come and go', async () => {
    const { observer, read } = scene()
    const partition = partitionAt()
    const lag = () => read('consumer_lag_records', 'topic="input"', 'partition="0"')
    observer.adopted(partition)
    const records = [0, 1, 2].map((offset) => ({ offset, timestamp: 0, key: null, value: null }))
    observer.received({ batch: { ...batchOf(partition.lease, records), lag: 7 }, release: () => undefined })
    observer.decoded(readUpTo(partition, 3))
    const finish = partition.ledger.begin(3)
    observer.onLoan(30, 1200)
    expect(await read('records_received_total')).toBe(3)
    expect(await read('batches_total')).toBe(1)
    expect(await lag()).toBe(10)
    finish()
    observer.finished(outcomeOf(partition))
    expect(await lag()).toBe(7)
    expect(await read('in_flight_records')).toBe(30)
    expect(await read('credit_records')).toBe(70)
    expect(await read('credit_bytes')).toBe(0)
    observer.dropped(partition)
    expect(await lag()).toBeUndefined()
  })

  it('sets the alerts that really opened beside those that the budget allows', async () => {
    const { observer, read } = scene()
    const partition = partitionAt()
    const batch = grade(grading)(calibratedOf(partition, [fires('a'), quiet('a'), quiet('a'), quiet('b'), fires('b')]))
    observer.graded(batch)
    observer.raised(outcomeOf(partition, { events: batch.events }))
    expect(await read('records_scored_total', 'stream="a"')).toBe(3)
    expect(await read('expected_false_alarms_total')).toBeCloseTo(5 * (2 / 1000))
    expect(await read('realised_alerts_per_day')).toBeCloseTo(2 * (1000 / 5))
    expect(await read('time_in_alarm_ratio')).toBeCloseTo(3 / 5)
    expect(await read('alerts_opened_total', 'stream="a"', 'kind="record"', 'severity="warning"')).toBe(1)
    expect(await read('alerts_resolved_total', 'kind="record"', 'severity="warning"')).toBe(1)
    expect(await read('score_log_rate_count', 'detector="gaussian"')).toBe(5)
    expect(await read('score_log_rate_count', 'detector="other"')).toBe(0)
  })

  it('counts the records that are too late for windows by time', async () => {
    const { observer, read } = scene()
    expect(await read('records_too_late_total')).toBe(0)
    const batch = grade(grading)(calibratedOf(partitionAt(), [quiet('a'), quiet('a')]))
    observer.graded({ ...batch, byTime: { starts: [0], late: [1], blocks: [undefined] } })
    expect(await read('records_too_late_total')).toBe(1)
  })

  it('counts each rarity for the detector that was the rarest', async () => {
    const { observer, read } = scene()
    const rows: RowSketch[] = [{ ...fires('a'), detector: 1 }, { ...quiet('a'), drift: { a: -2 } }, quiet('a')]
    observer.graded(grade(grading)(calibratedOf(partitionAt(), rows)))
    expect(await read('score_log_rate_count', 'detector="gaussian"')).toBe(2)
    expect(await read('score_log_rate_count', 'detector="other"')).toBe(1)
    expect(await read('score_log_rate_count', 'detector="hotelling"')).toBe(1)
  })

  it('shows the alerts of the records that the calibration alert looks at over those allowed, and not that alert itself', async () => {
    const { observer, read } = scene()
    const partition = partitionAt()
    observer.adopted(partition)
    expect(await read('budget_use_ratio')).toBe(0)
    const budget = { version: 'r1', block: 4, allowed: 0.25, shortest: 0, dispersion: 1 }
    const burst = [fires('a'), quiet('a'), quiet('a'), quiet('a')]
    const batch = grade({ ...grading, budget })(calibratedOf(partition, Array.from({ length: 20 }, () => burst).flat()))
    observer.raised(outcomeOf(partition, { events: batch.events }))
    expect(await read('budget_use_ratio')).toBe(4)
    expect(await read('alerts_opened_total', 'stream="input[0]"', 'kind="calibration"', 'severity="info"')).toBe(1)
    observer.graded(batch)
    expect(await read('realised_alerts_per_day')).toBeCloseTo(20 * (1000 / 80))
  })

  it('counts no alert about the feed against the budget of the detectors', async () => {
    const { observer, read } = scene()
    const partition = partitionAt()
    const batch = grade(grading)(calibratedOf(partition, [quiet('a')], [1, 2, 3]))
    observer.graded(batch)
    observer.raised(outcomeOf(partition, { events: batch.events }))
    expect(await read('alerts_opened_total', 'stream="input[0]"', 'kind="feed"', 'severity="warning"')).toBe(1)
    expect(await read('realised_alerts_per_day')).toBe(0)
  })

  describe('on a clock that the test moves', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
    afterEach(() => void vi.useRealTimers())

    it('shows how long the oldest record that was read has waited for its commit, partition by partition', async () => {
      const { observer, read } = scene()
      const [first, second] = [partitionAt(), partitionAt(0, 0, leaseOf(1))]
      for (const partition of [first, second]) observer.adopted(partition)
      expect(await read('commit_age_seconds')).toBe(0)
      observer.decoded(readUpTo(first, 3))
      const finish = first.ledger.begin(3)
      vi.advanceTimersByTime(2000)
      observer.decoded(readUpTo(first, 5))
      observer.decoded(readUpTo(second, 1))
      expect(await read('commit_age_seconds')).toBe(2)
      vi.advanceTimersByTime(1000)
      finish()
      observer.committed(first, 10)
      expect(await read('commit_age_seconds')).toBe(1)
      second.ledger.begin(1)()
      observer.committed(second, 10)
      vi.advanceTimersByTime(500)
      expect(await read('commit_age_seconds')).toBe(0.5)
      first.ledger.begin(5)()
      observer.committed(first, 10)
      expect(await read('commit_age_seconds')).toBe(0)
      expect(await read('state_rounds_total')).toBe(3)
      expect(await read('state_bytes_total')).toBe(30)
    })

    it('waits for no commit of a partition that has another owner', async () => {
      const { observer, read } = scene()
      const partition = partitionAt()
      observer.adopted(partition)
      observer.decoded(readUpTo(partition, 3))
      observer.dropped(partition)
      observer.finished(outcomeOf(partition))
      vi.advanceTimersByTime(1000)
      expect(await read('commit_age_seconds')).toBe(0)
    })
  })

  it('counts deliveries, losses and dead letters', async () => {
    const { observer, read } = scene()
    observer.delivered('main')
    observer.lost('main', 'a', new Error('gone'))
    observer.deadLettered([letterAt(1), letterAt(2)])
    expect(await read('deliveries_total', 'sink="main"')).toBe(1)
    expect(await read('alert_events_lost_total', 'sink="main"')).toBe(1)
    expect(await read('dead_letters_total', 'reason="undecodable"')).toBe(2)
  })

  it('shows the streams by what they do', async () => {
    const { observer, read } = scene()
    observer.adopted(known())
    expect(await read('streams')).toBe(5)
    expect(await read('stream_states', 'state="alarming"')).toBe(1)
    expect(await read('alerts_open', 'kind="record"', 'severity="warning"')).toBe(1)
  })
})

describe('what is told of each stream', () => {
  const watched = () => {
    const { observer, page } = scene()
    const partition = partitionAt()
    observer.adopted(partition)
    const see = (rows: readonly RowSketch[]) => {
      const batch = grade(grading)(calibratedOf(partition, rows))
      observer.graded(batch)
      observer.raised(outcomeOf(partition, { events: batch.events }))
    }
    return { observer, page, partition, see }
  }
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('is its state, its rarity, its open alerts and the features that they name, until they end', async () => {
    const { page, see } = watched()
    see([quiet('b'), { ...fires('a'), a: 0.5, values: [3, 0] }, { ...quiet('a'), a: -0.5, drift: { a: -2, effect: 0.5 } }])
    expect(await page('stream_(?!states)')).toEqual([
      'stream_status{monitor="watch",stream="b"} 0',
      'stream_status{monitor="watch",stream="a"} 4',
      'stream_alert_open{monitor="watch",stream="a",kind="record",severity="warning"} 1',
      'stream_rarity{monitor="watch",stream="b",kind="record"} -1',
      'stream_rarity{monitor="watch",stream="a",kind="record"} 0.5',
      'stream_rarity{monitor="watch",stream="a",kind="drift"} -2',
      'stream_window_effect_ratio{monitor="watch",stream="a",detector="hotelling"} 0',
    ])
    expect(await page('alert_contribution_sigma')).toEqual([
      'alert_contribution_sigma{monitor="watch",stream="a",kind="record",feature="amount"} 3',
      'alert_contribution_sigma{monitor="watch",stream="a",kind="record",feature="latency"} 0',
    ])
    see(Array<RowSketch>(20).fill(quiet('a')))
    vi.advanceTimersByTime(1000)
    expect(await page('stream_status')).toEqual([
      'stream_status{monitor="watch",stream="b"} 0',
      'stream_status{monitor="watch",stream="a"} 1',
    ])
    expect(await page('stream_alert_open')).toEqual([])
    expect(await page('alert_contribution')).toEqual([])
  })

  it('is of a rarity that every scraper sees for half a minute at least, and none for more than a minute', async () => {
    const { page, see } = watched()
    see([{ ...quiet('a'), a: -0.25 }])
    vi.advanceTimersByTime(29_000)
    see([{ ...quiet('a'), a: -3 }])
    for (let scraper = 0; scraper < 2; scraper++)
      expect(await page('stream_rarity')).toEqual(['stream_rarity{monitor="watch",stream="a",kind="record"} -0.25'])
    vi.advanceTimersByTime(31_001)
    expect(await page('stream_rarity')).toEqual([])
  })

  it('is no more when its partition has gone to another owner', async () => {
    const { observer, page, partition, see } = watched()
    see([{ ...fires('a'), drift: { a: -2 } }])
    expect(await page('stream_status')).toHaveLength(1)
    observer.dropped(partition)
    vi.advanceTimersByTime(1000)
    expect([...(await page('stream_(?!states)')), ...(await page('alert_contribution'))]).toEqual([])
  })

  it('is told of the first streams only; the others are one, with the highest state and rarity of them', async () => {
    const { page, see } = watched()
    see([...Array.from({ length: 10 }, (_, i) => quiet(`s${i}`)), { ...quiet('x'), a: -2 }, { ...fires('y'), drift: { a: -2 } }])
    const others = (await page('stream_(?!states)')).filter((line) => line.includes('stream="other"'))
    expect(others).toEqual([
      'stream_status{monitor="watch",stream="other"} 4',
      'stream_rarity{monitor="watch",stream="other",kind="record"} 1',
      'stream_rarity{monitor="watch",stream="other",kind="drift"} -2',
    ])
    expect((await page('stream_status')).length).toBe(11)
    expect(await page('alert_contribution')).toEqual([])
  })

  it('counts p of scores and windows, of few of a large batch', async () => {
    const { page, see } = watched()
    see([{ ...quiet('a'), effect: 0.1, drift: { a: -2 } }, quiet('a')])
    const counts = async () => (await page('score_p_value')).filter((line) => /le="0.2"|count/.test(line))
    expect(await counts()).toEqual([
      'score_p_value_bucket{le="0.2",monitor="watch",detector="gaussian"} 1',
      'score_p_value_count{monitor="watch",detector="gaussian"} 2',
      'score_p_value_bucket{le="0.2",monitor="watch",detector="other"} 0',
      'score_p_value_count{monitor="watch",detector="other"} 2',
      'score_p_value_bucket{le="0.2",monitor="watch",detector="hotelling"} 0',
      'score_p_value_count{monitor="watch",detector="hotelling"} 1',
    ])
    see(Array<RowSketch>(1000).fill(quiet('a')))
    expect(await counts()).toContain('score_p_value_count{monitor="watch",detector="gaussian"} 18')
  })
})

/** Five streams: one new, one at work, one with two alerts, one silent with an alert still open, one pegged. */
function known(): Partition {
  const partition = partitionAt()
  const rows = [
    ...Array<RowSketch>(5).fill(quiet('quiet')),
    quiet('new'),
    { ...fires('loud'), drift: { a: 1 } },
    fires('silent'),
    ...Array<RowSketch>(4).fill(quiet('pegged')),
  ]
  grade(grading)(calibratedOf(partition, rows))
  const { alerts } = partition.streams.get('silent')!.folded
  alerts.feed = { ...alerts.record!, severity: 'error' }
  Object.assign(partition.streams.get('pegged')!.folded.alarm, { ...newStreamAlarm(), theta: 1 })
  delete alerts.record
  alerts.drift = { ...alerts.feed, severity: 'critical' }
  return partition
}

describe('the census', () => {
  it('counts streams by what they do, and open alerts by kind and severity', () => {
    const partition = known()
    partition.feed = {
      ...partition.feed,
      alerts: { feed: { ...partition.streams.get('silent')!.folded.alerts.feed!, severity: 'warning' } },
    }
    const census = takeCensus([partition, partitionAt()], 4)
    expect(census).toMatchObject({ streams: 5, pegged: 1 })
    const states = (['warming', 'watching', 'alarming', 'no_data'] as const).map((state) => census.inState(state))
    expect(states).toEqual([1, 2, 1, 1])
    expect(census.open('record', 'warning')).toBe(1)
    expect(census.open('drift', 'error')).toBe(1)
    expect(census.open('drift', 'critical')).toBe(1)
    expect(census.open('feed', 'error')).toBe(1)
    expect(census.open('feed', 'warning')).toBe(1)
    expect(census.open('record', 'critical')).toBe(0)
  })

  it('counts nothing where nothing is', () => {
    expect(takeCensus([], 4)).toMatchObject({ streams: 0, pegged: 0 })
    expect(takeCensus([], 4).inState('warming')).toBe(0)
  })
})

describe('events', () => {
  it('are noted once each, opened and resolved', async () => {
    const { observer, read } = scene()
    observer.raised(outcomeOf(partitionAt(), { events: eventsOf('checkout', 3) }))
    expect(await read('alerts_opened_total', 'stream="checkout"', 'kind="record"', 'severity="info"')).toBe(1)
  })
})
