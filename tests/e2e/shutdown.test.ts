import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { byId, expectSameEvents } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const vectors = scenario({ seed: 41, streams: 6, each: 500, faults: troubles(500) })

describe.skipIf(skip)(`asked to end${skip ? ` (${skip})` : ''}`, () => {
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

  /** A monitor under load, whose webhook is the only sink; its records in flight are far fewer than its topic holds. */
  const underLoad = async (timeout: string) => {
    const stage = await Stage.set({ client, brokers, reference, source: { maxBytesPerPartition: '16kB' } })
    await stage.produce(vectors)
    const policies = { retry: { initialDelay: '20ms', maxDelay: '100ms' } }
    const sinks = [{ webhook: { url: receiver.url, secret: signingSecret }, ...policies }]
    const state = { file: { path: `${place.folder}/${stage.input}` } }
    const changes = { sinks, state, limits: { inFlightRecords: 1024 } }
    const config = await place.config(stage.input, stage.config(changes, { shutdown: { timeout } }))
    return { stage, config, expected: await replayed(config) }
  }
  const posted = () => receiver.accepted.map(({ body }) => body)

  it('drains, commits, and goes on after a restart without repeating or missing anything', async () => {
    const { stage, config, expected } = await underLoad('30s')
    let process = new Driftwatch(['run', config])
    receiver.beforeAnswer = async () => {
      if (receiver.verified.length === Math.round(expected.length / 3)) process.signal('SIGTERM')
      await new Promise((done) => setTimeout(done, 20))
    }
    expect((await process.ended).code).toBe(0)
    const before = await stage.places()
    expect(before.committed.some((offset, partition) => offset < before.ends[partition])).toBe(true)

    process = new Driftwatch(['run', config])
    await stage.caughtUp(process)
    expect((await process.stop()).code).toBe(0)
    expectSameEvents(posted(), expected)
    expect(posted().length).toBe(byId(posted()).size)
    const { ends, committed } = await stage.places()
    expect(committed).toEqual(ends)
  })

  it('waits no longer than it may for a group that still waits for a dead member', { timeout: 30_000 }, async () => {
    const stage = await Stage.set({ client, brokers, reference, source: { sessionTimeout: '2m' } })
    const config = await place.config(stage.input, stage.config({}, { shutdown: { timeout: '500ms' } }))
    const dead = new Driftwatch(['run', config])
    await dead.logged('partition assigned')
    await dead.kill()
    const waiting = new Driftwatch(['run', config])
    await waiting.logged('watching')
    expect(await waiting.stop()).toMatchObject({ code: 0, signal: null })
  })

  it('ends at once when it is asked twice', async () => {
    const { config } = await underLoad('30s')
    receiver.answers.push(...Array.from({ length: 100 }, () => 'stall' as const))
    const arrival = receiver.arrival()
    const process = new Driftwatch(['run', config])
    await arrival
    // Two different signals: two of the same kind may be delivered as one.
    process.signal('SIGTERM')
    process.signal('SIGINT')
    expect(await process.ended).toMatchObject({ code: 130, signal: null })
  })

  it('gives up what it cannot deliver in time, says so, and delivers it after a restart', async () => {
    const { stage, config, expected } = await underLoad('500ms')
    const { url } = receiver
    await receiver.close()
    let process = new Driftwatch(['run', config])
    // Who looks at the log while the sink is down learns which alert is held up.
    const held = await process.logged('delivery failed, will try again')
    expect(expected.some((bytes) => bytes.includes(String(held.alert)))).toBe(true)
    await process.logged('alert opened', ({ alert }) => alert === held.alert)
    const { code, stderr } = await process.stop()
    expect(code).toBe(6)
    expect(stderr).toMatch(/error: not drained within shutdown\.timeout; what was unfinished is read again at the next start/)
    expect(stderr).not.toMatch(/This is not expected/)

    receiver = await WebhookReceiver.start(signingSecret, Number(new URL(url).port))
    process = new Driftwatch(['run', config])
    // All of it must be delivered within the short time: let it finish first.
    await stage.caughtUp(process)
    expect((await process.stop()).code).toBe(0)
    expectSameEvents(posted(), expected)
  })
})
