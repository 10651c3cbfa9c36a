import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { uniforms } from '../detectors/samples.js'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents, expectWholeStories, lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { isPoison, messagesOf, poisoned, scenario, troublesAllAlong } from '../kit/scenario.js'
import { type Buried, Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const partitions = 4
const input = poisoned(messagesOf(scenario({ seed: 17, streams: 8, each: 750, faults: troublesAllAlong(750, 250) }), partitions))
const unusable = input.filter(isPoison).length
const tail = input.slice(0.9 * input.length)
const lives = 6

describe.skipIf(skip)(`exactly once${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let receiver: WebhookReceiver
  let stage: Stage
  /** One per driver: members of one group may differ in it. */
  const configs: string[] = []
  beforeAll(async () => {
    receiver = await WebhookReceiver.start(signingSecret)
    stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder), partitions })
    await stage.send(input.slice(0, input.length - tail.length))
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions } }
    const sinks = [stage.alertTopic(), { webhook: { url: receiver.url, secret: signingSecret } }]
    const changes = { exactlyOnce: true, state, sinks, limits: { inFlightRecords: 1024 } }
    for (const driver of drivers) {
      configs.push(await place.config(driver, stage.config(changes, {}, { driver, maxBytesPerPartition: '16kB' })))
    }
  })
  afterAll(async () => {
    await receiver.close()
    await client.close()
  })

  it('killed, joined and left, a reader of committed events sees each once', { timeout: 120_000 }, async () => {
    const scores = join(place.folder, 'scores.ndjson')
    const undisturbed = () => replayed(configs[0], '--scores', scores)
    const most = (await undisturbed()).length
    expect(most).toBeGreaterThan(60)
    // A sink of another type, which also slows the reading down: lives end in the middle of it.
    receiver.beforeAnswer = () => new Promise((done) => setTimeout(done, 40))

    const uniform = uniforms(3)
    let current = new Driftwatch(['run', configs[0]])
    for (let life = 1; life < lives; life++) {
      await receiver.different((0.9 * most * life) / lives)
      await new Promise((done) => setTimeout(done, 500 * uniform()))
      const next = new Driftwatch(['run', configs[life % configs.length]])
      // Every other one joins while the one before is still at work, which then leaves in order or is killed.
      if (life % 2 === 0) await next.logged('partition assigned')
      if (life % 4 === 0) expect((await current.stop()).code).toBe(0)
      else await current.kill()
      current = next
    }
    // Whoever begins transactions in a partition's name, such as a former owner that wakes up, ends those of its owner.
    await current.logged('partition assigned', ({ partition }) => partition === 0)
    await stage.caughtUp(current)
    await client.fence(`driftwatch-${stage.group}-${stage.input}-0`)
    await stage.send(tail)
    await current.logged('transaction failed: the partition is taken up anew from what is committed')
    await stage.caughtUp(current)
    expect((await current.stop()).code).toBe(0)
    const expected = await undisturbed()

    const delivered = (await stage.delivered()).map(({ bytes }) => bytes)
    expectSameEvents(delivered, expected)
    expectWholeStories(delivered)
    expect(delivered).toHaveLength(expected.length)
    expectSameEvents(
      receiver.accepted.map(({ body }) => body),
      expected,
    )
    const buried = await stage.buried()
    expect(new Set(buried.map(where)).size).toBe(unusable)
    expect(buried).toHaveLength(unusable)
    expect(lines(await readFile(scores, 'utf8')).length + buried.length).toBe(input.length)
    const { ends, committed } = await stage.places()
    expect(committed).toEqual(ends)
  })
})

const where = ({ origin: { partition, offset } }: Buried) => `${partition}/${offset}`
