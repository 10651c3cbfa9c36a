import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents, expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { type RunningKafka, startKafka } from '../kit/kafka-broker.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { messagesOf, scenario, troubles } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const { skip, jars } = await kafkaOrSkip()
const reason = skip ?? (jars === undefined ? 'the cluster of KAFKA_BROKERS is not ours to break' : undefined)

const vectors = scenario({ seed: 71, streams: 6, each: 300, faults: troubles(300) })
const half = vectors.length / 2

/** With the default driver: an outage over both is in tests/integration/kafka-outage.test.ts. */
describe.skipIf(reason)(`while it runs${reason ? ` (${reason})` : ''}`, () => {
  const place = useProcesses()
  let broker: RunningKafka
  let client: KafkaTestClient
  let reference = ''
  beforeAll(async () => {
    broker = await startKafka()
    client = new KafkaTestClient(broker.brokers)
    reference = await sharedReference(place.folder)
  })
  afterAll(async () => {
    await client.close()
    await broker.stop()
  })

  /** A monitor that has worked off the first `records` of its input. */
  const midway = async ({ records = half, source = {}, whole = {} }: { records?: number; source?: object; whole?: object } = {}) => {
    const { brokers } = broker
    const stage = await Stage.set({ client, brokers, reference, source: { sessionTimeout: '1s', ...source } })
    await stage.produce(vectors.slice(0, records))
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions: 4 } }
    const sinks = [{ kafka: { topic: stage.alerts }, retry: { maxDelay: '1s' } }]
    const config = await place.config(stage.input, stage.config({ state, sinks }, whole))
    const process = new Driftwatch(['run', config])
    await expect.poll(unread(stage), { timeout: 60_000 }).toBe(0)
    await process.untilReadyz(200, /^watching$/)
    return { stage, config, process }
  }
  /** Records that are not committed. */
  const unread = (stage: Stage) => async () => {
    const { ends, committed } = await stage.places()
    return ends.reduce((sum, end, partition) => sum + end - Math.max(0, committed[partition]), 0)
  }

  /** The rest was sent, and all is as if nothing had been. */
  const isWhole = async ({ stage, config, process }: Awaited<ReturnType<typeof midway>>) => {
    await expect.poll(unread(stage), { timeout: 60_000 }).toBe(0)
    expect((await process.stop()).code).toBe(0)
    const delivered = (await stage.delivered()).map(({ bytes }) => bytes)
    expectSameEvents(delivered, await replayed(config))
    expectWholeStories(delivered)
  }
  const sendRest = ({ stage }: { stage: Stage }) => stage.produce(vectors.slice(half))

  it('brokers that go away are waited for, though it can be ended meanwhile', { timeout: 150_000 }, async () => {
    const [run, other] = await Promise.all([midway(), midway({ whole: { shutdown: { timeout: '1s' } } })])
    await broker.kill()
    await run.process.untilReadyz(503, /source: group .*: no heartbeat was answered for 1 s/)
    await run.process.untilReadyz(503, /source: group .*: .*ECONNREFUSED/)
    const { code, stderr } = await other.process.stop()
    expect([0, 6], stderr).toContain(code)
    await broker.revive()
    await run.process.untilReadyz(200, /^watching$/)
    await sendRest(run)
    await isWhole(run)
  })

  it('a pause longer than its session only costs time', { timeout: 150_000 }, async () => {
    const run = await midway()
    const members = async () => (await client.admin.describeGroups([run.stage.group])).groups[0].members.length
    run.process.signal('SIGSTOP')
    await expect.poll(members, { timeout: 30_000 }).toBe(0)
    run.process.signal('SIGCONT')
    await sendRest(run)
    await isWhole(run)
  })

  it('partitions that are added are read from their beginning', { timeout: 150_000 }, async () => {
    const { stage, process } = await midway({ records: 0, source: { start: 'latest' } })
    await client.admin.createPartitions({ topicPartitions: [{ topic: stage.input, count: 3 }] })
    // A client that knows of them.
    const fresh = new KafkaTestClient(broker.brokers)
    await fresh.produce(
      stage.input,
      messagesOf(scenario({ seed: 72, streams: 1, each: 100 }), 1).map((message) => ({ ...message, partition: 2 })),
    )
    await expect.poll(async () => (await fresh.committed(stage.group, stage.input))[2], { timeout: 60_000 }).toBe(100)
    await fresh.close()
    expect((await process.stop()).code).toBe(0)
  })

  describe('a right that is taken away', () => {
    const secured = () => {
      const { ca, username, password, brokers } = broker.secure!
      return { brokers, tls: { ca }, sasl: { mechanism: 'scram-sha-256', username, password } }
    }
    const deny = (topic: string, operation: 'READ' | 'WRITE') =>
      client.deny(broker.secure!.username, topic, kafkajs.AclOperationTypes[operation])

    it('to read ends it with what to do; given back, the next start goes on', { timeout: 150_000 }, async () => {
      const run = await midway({ source: secured() })
      const allow = await deny(run.stage.input, 'READ')
      const { code, stderr } = await run.process.ended
      expect(code).toBe(7)
      expect(stderr).toMatch(/TOPIC_AUTHORIZATION_FAILED\); give this user its right to the topic/)
      await sendRest(run)
      await allow()
      await isWhole({ ...run, process: new Driftwatch(['run', run.config]) })
    })

    it('to write alerts holds it back until it is given back', { timeout: 150_000 }, async () => {
      const run = await midway({ source: secured() })
      const allow = await deny(run.stage.alerts, 'WRITE')
      await sendRest(run)
      await run.process.untilReadyz(503, /kafka: topic alerts-.* \(TOPIC_AUTHORIZATION_FAILED\); check sasl and that the user may write/)
      await allow()
      await isWhole(run)
      expect(await run.stage.buried()).toEqual([])
    })
  })

  // Last: a client that knew the topic stumbles over it ever after.
  it('a topic that is deleted is asked for; made anew, it ends it with what to do', { timeout: 150_000 }, async () => {
    const { stage, process } = await midway()
    await client.admin.deleteTopics({ topics: [stage.input] })
    await process.untilReadyz(503, /UNKNOWN_TOPIC_OR_PARTITION\); if the topic was deleted, create it again/)
    await client.admin.createTopics({ topics: [{ topic: stage.input, numPartitions: 2 }], waitForLeaders: false })
    const { code, stderr } = await process.ended
    expect(code).toBe(7)
    expect(stderr).toMatch(/ends at offset 0, but work up to offset \d+ is already recorded: .*Delete the state/)
  })
})
