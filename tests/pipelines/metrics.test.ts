import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { rejectReasons } from '../../connectors/codec.js'
import { sinkReasons } from '../../connectors/sink.js'
import { stages } from '../../pipelines/metric-labels.js'
import { Metrics } from '../../pipelines/metrics.js'
import type { MonitorMetrics } from '../../pipelines/monitor-metrics.js'

const labels = { detectors: ['gaussian', 'hotelling'], sinks: ['webhook'], maxStreams: 2 }

describe('metrics', () => {
  let metrics: Metrics
  let monitor: MonitorMetrics
  beforeEach(() => {
    metrics = new Metrics()
    monitor = metrics.forMonitor('payments', labels)
  })

  /** The sample lines of the exposition as `name{labels}` -> value. */
  const read = async (): Promise<Map<string, number>> => {
    const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
  }
  const value = async (series: string) => (await read()).get(`driftwatch_${series}`)

  it('keep to the conventions of Prometheus and explain themselves in sentences', () => {
    for (const { name, help, type } of metrics.registry.getMetricsAsArray()) {
      expect(name).toMatch(/^driftwatch_[a-z_]+$/)
      expect(name.endsWith('_total')).toBe(String(type) === 'counter')
      expect(help).toMatch(/^[A-Z].*[a-z0-9")]\.$/)
    }
  })

  it('live in a registry of their own', () => {
    const registry = new Registry()
    expect(new Metrics(registry).registry).toBe(registry)
    expect(() => new Metrics(registry)).toThrow(/already been registered/)
  })

  it('start at zero in every bounded series', async () => {
    const samples = await read()
    for (const sample of samples.values()) expect(sample).toBe(0)
    const series = [...samples.keys()]
    for (const reason of rejectReasons) expect(series).toContain(`driftwatch_records_rejected_total{monitor="payments",reason="${reason}"}`)
    for (const reason of sinkReasons)
      expect(series).toContain(`driftwatch_delivery_failures_total{monitor="payments",sink="webhook",reason="${reason}"}`)
    for (const stage of stages) expect(series).toContain(`driftwatch_stage_duration_seconds_count{monitor="payments",stage="${stage}"}`)
    for (const detector of labels.detectors)
      expect(series).toContain(`driftwatch_score_log_rate_count{monitor="payments",detector="${detector}"}`)
    expect(series).toContain('driftwatch_alerts_open{monitor="payments",kind="feed",severity="critical"}')
    expect(series).toContain('driftwatch_alerts_opened_total{monitor="payments",stream="other",kind="drift",severity="info"}')
    expect(series).toContain('driftwatch_stream_states{monitor="payments",state="no_data"}')
  })

  it('are the same view for the same monitor, and apart for another', async () => {
    expect(metrics.forMonitor('payments', labels)).toBe(monitor)
    metrics.forMonitor('search', labels).received(3)
    expect(await value('records_received_total{monitor="search"}')).toBe(3)
    expect(await value('records_received_total{monitor="payments"}')).toBe(0)
  })

  it('count a batch by its streams, with a series for the first ones only', async () => {
    monitor.received(6)
    monitor.scored({ n: 5, streams: ['a', 'b', 'c', 'd'], streamOf: Int32Array.of(0, 0, 1, 2, 3, 3, 3) })
    monitor.alertOpened('d', 'drift', 'error')
    expect(await value('batches_total{monitor="payments"}')).toBe(1)
    expect(await value('records_received_total{monitor="payments"}')).toBe(6)
    const scored = await Promise.all(
      ['a', 'b', 'c', 'other'].map((stream) => value(`records_scored_total{monitor="payments",stream="${stream}"}`)),
    )
    expect(scored).toEqual([2, 1, undefined, 2])
    expect(await value('alerts_opened_total{monitor="payments",stream="other",kind="drift",severity="error"}')).toBe(1)
    expect(await value('alerts_opened_total{monitor="payments",stream="a",kind="drift",severity="error"}')).toBe(0)
  })

  it('count what happens to alerts and deliveries', async () => {
    monitor.rejected('dimension', 3)
    monitor.deadLettered('dimension', 2)
    monitor.deadLettered('alert_refused')
    monitor.alertResolved('record', 'warning')
    monitor.delivered('webhook')
    monitor.deliveryFailed('webhook', 'timeout')
    monitor.lost('webhook')
    const samples = await read()
    expect([...samples].filter(([name, count]) => count > 0 && name.includes('_total')).map(([name, count]) => `${name} ${count}`)).toEqual(
      [
        'driftwatch_records_rejected_total{monitor="payments",reason="dimension"} 3',
        'driftwatch_dead_letters_total{monitor="payments",reason="dimension"} 2',
        'driftwatch_dead_letters_total{monitor="payments",reason="alert_refused"} 1',
        'driftwatch_alerts_resolved_total{monitor="payments",kind="record",severity="warning"} 1',
        'driftwatch_deliveries_total{monitor="payments",sink="webhook"} 1',
        'driftwatch_delivery_failures_total{monitor="payments",sink="webhook",reason="timeout"} 1',
        'driftwatch_alert_events_lost_total{monitor="payments",sink="webhook"} 1',
      ],
    )
  })

  it('observe durations and rarities', async () => {
    monitor.stage('score', 0.002)
    monitor.finished(0.4)
    monitor.logRates('gaussian', Float64Array.of(-3, 0.2, 2.7))
    const samples = await read()
    expect(samples.get('driftwatch_stage_duration_seconds_bucket{le="0.0025",monitor="payments",stage="score"}')).toBe(1)
    expect(samples.get('driftwatch_end_to_end_latency_seconds_sum{monitor="payments"}')).toBe(0.4)
    expect(samples.get('driftwatch_score_log_rate_bucket{le="0.5",monitor="payments",detector="gaussian"}')).toBe(2)
  })

  it('never throw at the pipeline for a value that is not finite, and say so', async () => {
    monitor.stage('score', Number.NaN)
    monitor.finished(Number.POSITIVE_INFINITY)
    monitor.budgetSpent(Number.NaN)
    monitor.logRates('gaussian', [Number.NaN, 1, Number.NaN])
    monitor.pValues('gaussian', [Number.NaN, 0.5])
    expect(await value('observations_not_finite_total{metric="driftwatch_stage_duration_seconds"}')).toBe(1)
    expect(await value('observations_not_finite_total{metric="driftwatch_end_to_end_latency_seconds"}')).toBe(1)
    expect(await value('observations_not_finite_total{metric="driftwatch_expected_false_alarms_total"}')).toBe(1)
    expect(await value('observations_not_finite_total{metric="driftwatch_score_log_rate"}')).toBe(2)
    expect(await value('observations_not_finite_total{metric="driftwatch_score_p_value"}')).toBe(1)
    expect(await value('score_log_rate_count{monitor="payments",detector="gaussian"}')).toBe(1)
    expect(await value('score_p_value_bucket{le="0.5",monitor="payments",detector="gaussian"}')).toBe(1)
  })

  it('read gauges when asked, each from whoever knows', async () => {
    let records = 7
    monitor.sample({ inFlightRecords: () => records, commitAge: () => 1.5 })
    monitor.sample({
      open: (kind, severity) => (kind === 'drift' && severity === 'error' ? 2 : 0),
      streamStates: (state) => (state === 'warming' ? 4 : 0),
    })
    expect(await value('in_flight_records{monitor="payments"}')).toBe(7)
    records = 8
    const samples = await read()
    expect(samples.get('driftwatch_in_flight_records{monitor="payments"}')).toBe(8)
    expect(samples.get('driftwatch_commit_age_seconds{monitor="payments"}')).toBe(1.5)
    expect(samples.get('driftwatch_alerts_open{monitor="payments",kind="drift",severity="error"}')).toBe(2)
    expect(samples.get('driftwatch_stream_states{monitor="payments",state="warming"}')).toBe(4)
    expect(samples.get('driftwatch_credit_records{monitor="payments"}')).toBe(0)
  })

  it('forget the lag of a partition that went to another owner', async () => {
    monitor.lag('features', 3, 120)
    expect(await value('consumer_lag_records{monitor="payments",topic="features",partition="3"}')).toBe(120)
    monitor.partitionGone('features', 3)
    expect(await value('consumer_lag_records{monitor="payments",topic="features",partition="3"}')).toBeUndefined()
  })

  it('show one reference and one provider of each part at a time', async () => {
    const { setup } = monitor
    setup.reference('r1', { bar: 0.7, status: 'PROVISIONAL', resolutionPerDay: 0.5 }, {})
    setup.reference('r2', { bar: 0.4, status: 'OK', resolutionPerDay: 0.25 }, {})
    setup.config('c1')
    setup.provider('scorer', 'cuda', 'cuda')
    setup.provider('scorer', 'cpu', 'cuda')
    setup.provider('backbone', 'webgpu', 'webgpu')
    metrics.build('1.2.3')
    const infos = [...(await read())].filter(([name]) => name.includes('_info')).map(([name, one]) => `${name} ${one}`)
    expect(infos).toEqual([
      `driftwatch_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
      'driftwatch_reference_info{monitor="payments",version="r2",calibration="OK"} 1',
      'driftwatch_config_info{monitor="payments",version="c1"} 1',
      'driftwatch_execution_provider_info{monitor="payments",part="scorer",provider="cpu"} 1',
      'driftwatch_execution_provider_info{monitor="payments",part="backbone",provider="webgpu"} 1',
    ])
    expect(await value('resolution_alerts_per_day{monitor="payments"}')).toBe(0.25)
    expect(await value('rarity_limit{monitor="payments"}')).toBe(0.4)
    expect(await value('execution_provider_fallback{monitor="payments",part="scorer",wanted="cuda"}')).toBe(1)
    expect(await value('execution_provider_fallback{monitor="payments",part="backbone",wanted="webgpu"}')).toBe(0)
  })

  it('tell when the reference was fitted, and how old the rows are that it was fitted to, as long as that is known', async () => {
    const rowsEnd = () => value('reference_rows_end_timestamp_seconds{monitor="payments"}')
    monitor.setup.reference(
      'r1',
      { bar: 0.4, status: 'OK', resolutionPerDay: 0.25 },
      { rowsEnd: '2026-03-01T00:00:00.500Z', fittedAt: '2026-03-02T00:00:00Z' },
    )
    expect(await rowsEnd()).toBe(Date.UTC(2026, 2, 1) / 1000 + 0.5)
    expect(await value('reference_fitted_timestamp_seconds{monitor="payments"}')).toBe(Date.UTC(2026, 2, 2) / 1000)
    monitor.setup.reference('r2', { bar: 0.4, status: 'OK', resolutionPerDay: 0.25 }, {})
    expect(await rowsEnd()).toBeUndefined()
  })

  it('show the deploy with the latest time, in whatever order they are declared', async () => {
    for (const [version, at] of [
      ['v1', 1000],
      ['v3', 3000],
      ['v2', 2000],
    ] as const)
      monitor.setup.deployed({ version, at })
    const shown = [...(await read())].filter(([name]) => name.startsWith('driftwatch_deploy'))
    expect(shown).toEqual([['driftwatch_deploy_timestamp_seconds{monitor="payments",version="v3"}', 3]])
  })

  it('count restarts of workers, from 0 where pictures are embedded', async () => {
    const restarts = (part: string) => value(`worker_restarts_total{monitor="payments",part="${part}"}`)
    monitor.setup.embedding('cuda', 'cuda')
    monitor.setup.workerRestarted('backbone')
    expect([await restarts('backbone'), await restarts('preparation')]).toEqual([1, 0])
  })

  it('show budget beside what was spent of it', async () => {
    monitor.budget(2)
    monitor.budgetSpent(0.25)
    monitor.budgetSpent(0.5)
    expect(await value('budget_alerts_per_day{monitor="payments"}')).toBe(2)
    expect(await value('expected_false_alarms_total{monitor="payments"}')).toBe(0.75)
  })

  it('count rounds of state and their bytes', async () => {
    monitor.stateSaved(100)
    monitor.stateSaved(50)
    expect(await value('state_rounds_total{monitor="payments"}')).toBe(2)
    expect(await value('state_bytes_total{monitor="payments"}')).toBe(150)
  })

  it('show the delay of the event loop once it is watched', async () => {
    expect(await value('event_loop_delay_seconds{quantile="0.99"}')).toBeUndefined()
    const delay = metrics.watchEventLoop()
    try {
      for (const quantile of ['0.5', '0.99', '1'])
        expect(await value(`event_loop_delay_seconds{quantile="${quantile}"}`)).toBeGreaterThanOrEqual(0)
    } finally {
      delay.close()
    }
  })
})
