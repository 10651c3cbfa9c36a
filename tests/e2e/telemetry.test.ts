import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, type Samples, useProcesses } from '../kit/process.js'
import { normal } from '../kit/reference.js'
import { scenario, troubles } from '../kit/scenario.js'
import { type Delivered, Stage, unhurried } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const vectors = scenario({ seed: 71, streams: 6, each: 300, faults: troubles(300) })

/** Stands before the broker and lets nobody through until it is opened. */
const gateTo = async (broker: string): Promise<{ server: Server; address: string; open(): void }> => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const [host, port] = broker.split(':')
  const server = createServer(async (client) => {
    await opened
    const upstream = connect(Number(port), host)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, open }
}

describe.skipIf(skip)(`what a process says of itself${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let stage: Stage
  let delivered: Delivered[]
  let samples: Samples
  const health: string[] = []

  beforeAll(async () => {
    stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder), source: unhurried })
    await stage.produce(vectors)
    const gate = await gateTo(brokers[0])
    const source = { kafka: { brokers: [gate.address], topics: [stage.input], group: stage.group, start: 'earliest', ...unhurried } }
    const process = new Driftwatch(['run', await place.config('telemetry', stage.config({ source }))])
    const look = async (when: string) => {
      const { status, body } = await process.get('/readyz')
      health.push(`${when}: readyz ${status} ${JSON.parse(body).checks.watch.detail}, healthz ${(await process.get('/healthz')).status}`)
    }
    await look('before')
    gate.open()
    await process.untilReadyz(200, /./)
    await look('after')
    await stage.caughtUp(process)
    // What is open is counted anew only now and then.
    const open = (now: Samples) => now.sum('alerts_opened_total') - now.sum('alerts_resolved_total')
    samples = await process.until((now) => now.sum('in_flight_records') === 0 && now.sum('alerts_open') === open(now))
    expect((await process.get('/nothing')).status).toBe(404)
    expect((await process.stop()).code).toBe(0)
    gate.server.close()
    delivered = await stage.delivered()
  })
  afterAll(() => client.close())

  const count = (transition: string, kind: string) =>
    delivered.filter(({ event: { data } }) => data.transition === transition && data.kind === kind).length

  it('ready only when everything is connected; alive all the time', () => {
    expect(health).toEqual(['before: readyz 503 starting, healthz 200', 'after: readyz 200 watching, healthz 200'])
  })

  it('the records, by stream', () => {
    expect(samples.sum('records_received_total')).toBe(vectors.length)
    for (const stream of new Set(vectors.map(({ stream }) => stream))) expect(samples.sum('records_scored_total', { stream })).toBe(300)
    expect(samples.sum('records_rejected_total')).toBe(0)
    expect(samples.sum('end_to_end_latency_seconds_count')).toBe(samples.sum('batches_total'))
    expect(samples.sum('stage_duration_seconds_count', { stage: 'decode' })).toBe(samples.sum('batches_total'))
    const rarest = ['gaussian', 'near3'].map((detector) => samples.sum('score_log_rate_count', { detector }))
    expect(rarest[0] + rarest[1]).toBe(vectors.length)
  })

  it('the alerts, by kind, and those that are open', () => {
    for (const kind of ['record', 'drift']) {
      expect(count('opened', kind)).toBeGreaterThan(0)
      expect(samples.sum('alerts_opened_total', { kind })).toBe(count('opened', kind))
      expect(samples.sum('alerts_resolved_total', { kind })).toBe(count('resolved', kind))
      expect(samples.sum('alerts_open', { kind })).toBe(count('opened', kind) - count('resolved', kind))
    }
    expect(samples.sum('streams')).toBe(6)
    expect(samples.sum('stream_states', { state: 'alarming' })).toBeGreaterThan(0)
    expect(samples.sum('stream_states')).toBe(6)
  })

  it('the deliveries, and none that failed', () => {
    expect(samples.sum('deliveries_total', { sink: 'kafka' })).toBe(delivered.length)
    expect(samples.sum('delivery_failures_total')).toBe(0)
    expect(samples.sum('alert_events_lost_total')).toBe(0)
  })

  it('nothing left to read, and nothing between the source and the commit', () => {
    for (const partition of ['0', '1']) expect(samples.sum('consumer_lag_records', { topic: stage.input, partition })).toBe(0)
    expect(samples.sum('in_flight_bytes')).toBe(0)
    expect(samples.sum('credit_records')).toBe(16_384)
  })

  it('the realised rate of alerts beside the budget', () => {
    const times = normal().map(({ time }) => time)
    const rowsPerDay = ((times.length - 1) * 86_400_000) / (Math.max(...times) - Math.min(...times))
    const opened = count('opened', 'record') + count('opened', 'drift')
    expect(samples.sum('budget_alerts_per_day')).toBe(1)
    expect(samples.sum('realised_alerts_per_day')).toBeCloseTo((opened * rowsPerDay) / vectors.length, 6)
    expect(samples.sum('expected_false_alarms_total')).toBeCloseTo(vectors.length / rowsPerDay, 6)
    expect(samples.sum('time_in_alarm_ratio')).toBeGreaterThan(0)
    expect(samples.sum('time_in_alarm_ratio')).toBeLessThan(1)
  })

  it('what runs: version, reference, provider', () => {
    const { event } = delivered[0]
    expect(samples.sum('build_info', { node: process.versions.node })).toBe(1)
    expect(samples.sum('reference_info', { version: event.data.referenceVersion, calibration: 'PROVISIONAL' })).toBe(1)
    expect(samples.sum('execution_provider_info', { provider: 'cpu' })).toBe(1)
    // Zero when the page was read twice in a moment; not a number when the metric is missing.
    expect(samples.sum('event_loop_delay_seconds')).toBeGreaterThanOrEqual(0)
    expect(samples.sum('observations_not_finite_total')).toBeNaN()
  })
})
