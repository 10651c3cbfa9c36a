import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { sharedReference } from '../kit/desk.js'
import { expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()

describe.skipIf(skip)(`no data${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let reference = ''
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
  })
  afterAll(() => client.close())
  const alerting = { falseAlarmsPerDay: 1, noData: '2s' }
  const feedEvents = (events: readonly AlertEvent[]) => events.filter(({ data }) => data.kind === 'feed')

  it('is an alert of the stream, which outlives a crash and ends with its next record', async () => {
    const stage = await Stage.set({ client, brokers, reference, monitor: { alerting } })
    const vectors = scenario({ seed: 81, streams: 2, each: 60 })
    await stage.produce(vectors)
    const state = { file: { path: `${place.folder}/${stage.input}` } }
    const config = await place.config('silent', stage.config({ state }))
    let process = new Driftwatch(['run', config])
    // Both streams fall silent, and the state that says so is saved.
    await process.until((samples) => samples.sum('alerts_opened_total', { kind: 'feed' }) === 2)
    const { ends } = await stage.places()
    await process.until((samples) => samples.sum('alerts_open', { kind: 'feed' }) === 2 && samples.sum('state_rounds_total') >= 2)
    expect((await process.metrics()).sum('stream_states', { state: 'no_data' })).toBe(2)
    await process.kill()

    process = new Driftwatch(['run', config])
    await process.logged('partition assigned', ({ partition }) => partition === 0)
    await stage.produce(scenario({ seed: 82, streams: 2, each: 1 }))
    await process.until((samples) => samples.sum('alerts_resolved_total', { kind: 'feed' }) === 2)
    expect((await process.stop()).code).toBe(0)

    const delivered = await stage.delivered()
    expectWholeStories(delivered.map(({ bytes }) => bytes))
    const told = feedEvents(delivered.map(({ event }) => event)).map(
      ({ data: { stream, transition, reason, origin } }) => `${stream} ${transition} ${reason} ${origin.offset}`,
    )
    // On a slow machine they may fall silent once more before the end.
    const again = [`tenant-0 opened data_missing ${ends[0]}`, `tenant-1 opened data_missing ${ends[1]}`]
    expect([...new Set(told)].filter((line) => !again.includes(line)).toSorted()).toEqual([
      `tenant-0 opened data_missing ${ends[0] - 1}`,
      `tenant-0 resolved data_returned ${ends[0]}`,
      `tenant-1 opened data_missing ${ends[1] - 1}`,
      `tenant-1 resolved data_returned ${ends[1]}`,
    ])
  })

  it('is not what a slow sink makes of a stream', async () => {
    const receiver = await WebhookReceiver.start(signingSecret)
    const { url } = receiver
    await receiver.close()
    const stage = await Stage.set({ client, brokers, reference, monitor: { alerting } })
    await stage.produce(scenario({ seed: 83, streams: 6, each: 600, faults: troubles(600) }))
    const sinks = [{ webhook: { url, secret: signingSecret }, retry: { initialDelay: '50ms', maxDelay: '100ms' } }, stage.alertTopic()]
    const process = new Driftwatch(['run', await place.config('held', stage.config({ sinks, limits: { inFlightRecords: 1024 } }))])
    await process.until((samples) => samples.sum('credit_records') === 0)
    // Longer than a silent stream is given: time itself is what must make no difference here.
    await sleep(3500)
    const up = await WebhookReceiver.start(signingSecret, Number(new URL(url).port))
    await stage.caughtUp(process)
    await process.stop()
    await up.close()
    // At its very end a stream does fall silent; no sooner.
    const { ends } = await stage.places()
    const early = ({ data: { origin } }: AlertEvent) => origin.offset < ends[origin.partition] - 3
    expect(feedEvents((await stage.delivered()).map(({ event }) => event)).filter(early)).toEqual([])
    expect(up.accepted.length).toBeGreaterThan(30)
  })
})
