import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { sharedReference } from '../kit/desk.js'
import { byId, expectSameEvents, expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage, signingSecret, unhurried } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const vectors = scenario({ seed: 51, streams: 6, each: 600, faults: troubles(600) })
const inFlightRecords = 1024

describe.skipIf(skip)(`a webhook${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let receiver: WebhookReceiver
  let reference = ''
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
  })
  beforeEach(async () => {
    receiver = await WebhookReceiver.start(signingSecret)
    return () => receiver.close()
  })
  afterAll(() => client.close())

  const setUp = async () => {
    const stage = await Stage.set({ client, brokers, reference, source: unhurried })
    await stage.produce(vectors)
    const policies = { retry: { initialDelay: '20ms', maxDelay: '100ms' }, breaker: { failures: 3, probeAfter: '50ms' } }
    // Long enough for a receiver on a busy machine: one that answers too late has accepted an event that is sent again.
    const sinks = [{ webhook: { url: receiver.url, secret: signingSecret, timeout: '2s' }, ...policies }]
    const config = await place.config(stage.input, stage.config({ sinks, limits: { inFlightRecords } }))
    return { stage, config, expected: await replayed(config) }
  }
  const finish = async (stage: Stage, process: Driftwatch) => {
    await stage.caughtUp(process)
    expect((await process.stop()).code).toBe(0)
    expect(receiver.refused).toEqual([])
  }

  it('that is down holds the consumer back; what it missed it gets when it is up, in order', async () => {
    const { stage, config, expected } = await setUp()
    const { url } = receiver
    await receiver.close()
    const process = new Driftwatch(['run', config])
    let most = 0
    const samples = await process.until((samples) => {
      most = Math.max(most, samples.sum('in_flight_records') || 0)
      return samples.sum('credit_records') === 0 && samples.sum('delivery_failures_total', { reason: 'connection' }) > 0
    })
    await process.untilReadyz(503, /^webhook: .*ECONNREFUSED/)
    expect(most).toBeLessThanOrEqual(2 * inFlightRecords)
    expect(samples.sum('records_received_total')).toBeLessThan(vectors.length)
    expect(samples.sum('deliveries_total', { sink: 'webhook' })).toBe(0)
    const events = expected.map((bytes) => JSON.parse(bytes) as AlertEvent)
    const { committed } = await stage.places()
    committed.forEach((offset, partition) => {
      const first = Math.min(...events.flatMap(({ data: { origin } }) => (origin.partition === partition ? [origin.offset] : [])))
      expect(offset).toBeLessThanOrEqual(first)
    })

    receiver = await WebhookReceiver.start(signingSecret, Number(new URL(url).port))
    const after = { status: 429, headers: { 'retry-after': '1' } }
    receiver.answers.push({ status: 500 }, { status: 503 }, 'stall', 'reset', after, { status: 500 }, { status: 200 }, 'stall', {
      status: 502,
    })
    await process.untilReadyz(200, /^watching$/)
    await finish(stage, process)
    const posted = receiver.accepted.map(({ body }) => body)
    expectSameEvents(posted, expected)
    expectWholeStories(posted)
    expect(posted.length).toBe(byId(posted).size)
    expectInOrder(posted)
    // Every try of an event has the same id and bytes.
    byId(receiver.verified.map(({ body }) => body))
    expect(receiver.verified.every(({ id, body }) => (JSON.parse(body) as AlertEvent).id === id)).toBe(true)
  })

  it('that refuses an alert for good does not stop the stream: the alert is a dead letter', async () => {
    const { stage, config, expected } = await setUp()
    receiver.answers.push({ status: 410 }, { status: 400, body: 'no such field' })
    const process = new Driftwatch(['run', config])
    await stage.caughtUp(process)
    const samples = await process.until((samples) => samples.sum('in_flight_records') === 0)
    await finish(stage, process)

    const refused = receiver.verified.slice(0, 2).map(({ body }) => body)
    const posted = receiver.accepted.map(({ body }) => body)
    expectSameEvents([...posted, ...refused], expected)
    expect(posted).toHaveLength(expected.length - 2)
    const buried = await stage.buried()
    expect(buried.map(({ value }) => String(value)).toSorted()).toEqual(refused.toSorted())
    for (const { reason, detail, origin, key, value } of buried) {
      const { data } = JSON.parse(String(value)) as AlertEvent
      expect(reason).toBe('alert_refused')
      expect(detail).toMatch(/^sink webhook refused it for good: .* answered (410|400)/)
      expect(origin).toEqual(data.origin)
      expect(String(key)).toBe(data.dedupKey)
    }
    expect(samples.sum('alert_events_lost_total', { sink: 'webhook' })).toBe(2)
    expect(samples.sum('dead_letters_total', { reason: 'alert_refused' })).toBe(2)
    expect(samples.sum('deliveries_total', { sink: 'webhook' })).toBe(expected.length - 2)
    expect((await stage.places()).committed).toEqual((await stage.places()).ends)
  })
})

/** Fails where an event of an alert came before an earlier one of the same stream and kind. */
function expectInOrder(posted: readonly string[]): void {
  const last = new Map<string, { offset: number; sequence: number }>()
  for (const body of posted) {
    const { id, data } = JSON.parse(body) as AlertEvent
    const now = { offset: data.origin.offset, sequence: Number(id.slice(id.lastIndexOf('-') + 1)) }
    const before = last.get(data.dedupKey) ?? { offset: -1, sequence: 0 }
    expect([now.offset >= before.offset, now.sequence === 1 || now.sequence === before.sequence + 1], id).toEqual([true, true])
    last.set(data.dedupKey, now)
  }
}
