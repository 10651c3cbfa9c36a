import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { messagesOf, scenario, troubles } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const partitions = 2
const each = 300
const vectors = scenario({ seed: 17, streams: 6, each, faults: troubles(each) })
const half = vectors.length / 2
const at = (share: number) => new Date(vectors[Math.floor(share * vectors.length)].time).toISOString()
const deploy = (version: string, share: number) => ({ value: JSON.stringify({ type: 'deploy', version, at: at(share) }) })

describe.skipIf(skip)(`deploys on a topic${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let stage: Stage
  let control: string
  let config: string
  beforeAll(async () => {
    stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder), partitions })
    control = await client.topic('control')
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions } }
    config = await place.config('watch', stage.config({ exactlyOnce: true, state, control: { kafka: { topic: control, nameFor: '3h' } } }))
  })
  afterAll(() => client.close())

  it('are named in alerts, the same after a crash as in a replay; a broken message ends nothing', { timeout: 120_000 }, async () => {
    await client.produce(control, [deploy('1.4.1', 0.2)])
    await stage.send(messagesOf(vectors.slice(0, half), partitions))
    const first = new Driftwatch(['run', config])
    await first.logged('deploy declared')
    await stage.caughtUp(first)
    await client.produce(control, [{ value: 'broken' }, deploy('1.4.2', 0.5)])
    await first.logged('deploy declared', ({ version }) => version === '1.4.2')
    await stage.send(messagesOf(vectors.slice(half), partitions))
    await first.logged('alert opened')
    await first.kill()
    const second = new Driftwatch(['run', config])
    await stage.caughtUp(second)
    expect((await second.stop()).code).toBe(0)

    const expected = await replayed(config)
    expectSameEvents(
      (await stage.delivered()).map(({ bytes }) => bytes),
      expected,
    )
    for (const version of ['1.4.1', '1.4.2']) expect(expected.some((line) => line.includes(`after deploy ${version}`))).toBe(true)
    const buried = (await stage.buried()).map(({ origin, reason }) => [origin.topic, origin.offset, reason])
    expect(buried).toEqual([[control, 1, 'undecodable']])
  })
})
