import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents, expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const partitions = 4
const vectors = scenario({ seed: 31, streams: 8, each: 500, faults: troubles(500) })

describe.skipIf(skip).each(drivers)(`two processes of one group, driver %s${skip ? ` (${skip})` : ''}`, (driver) => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let receiver: WebhookReceiver
  let stage: Stage
  let config = ''
  beforeAll(async () => {
    receiver = await WebhookReceiver.start(signingSecret)
    const source = { driver, maxBytesPerPartition: '16kB' }
    stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder), partitions, source })
    await stage.produce(vectors)
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions } }
    const sinks = [stage.alertTopic(), { webhook: { url: receiver.url, secret: signingSecret } }]
    config = await place.config('rebalance', stage.config({ state, sinks, limits: { inFlightRecords: 1024 } }))
  })
  afterAll(async () => {
    await receiver.close()
    await client.close()
  })

  it('one joins in mid-stream and the other leaves: the alerts are those of one that runs alone', async () => {
    const expected = await replayed(config)
    receiver.beforeAnswer = () => new Promise((done) => setTimeout(done, 60))

    const assigned = ({ lines }: Driftwatch) =>
      new Set(lines.filter(({ msg }) => msg === 'partition assigned').map(({ partition }) => partition))
    const first = new Driftwatch(['run', config])
    await receiver.different(0.2 * expected.length)
    const second = new Driftwatch(['run', config])
    await second.logged('partition assigned')
    await receiver.different(0.6 * expected.length)
    expect((await first.stop()).code).toBe(0)
    await expect.poll(() => assigned(second).size, { timeout: 30_000 }).toBe(partitions)
    await stage.caughtUp(second)
    expect((await second.stop()).code).toBe(0)

    expect(assigned(first).size).toBe(partitions)
    expect(assigned(second).size).toBe(partitions)
    expect(first.lines.some(({ msg }) => msg === 'partition given up')).toBe(true)

    const delivered = (await stage.delivered()).map(({ bytes }) => bytes)
    expectSameEvents(delivered, expected)
    expectWholeStories(delivered)
    expectSameEvents(
      receiver.accepted.map(({ body }) => body),
      expected,
    )
    const { ends, committed } = await stage.places()
    expect(committed).toEqual(ends)
  })
})
