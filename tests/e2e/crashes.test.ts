import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents, expectWholeStories, lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, type Ended, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { isPoison, messagesOf, poisoned, scenario, troublesAllAlong } from '../kit/scenario.js'
import { type Buried, Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [], jars } = await kafkaOrSkip()

const input = poisoned(messagesOf(scenario({ seed: 11, streams: 6, each: 1200, faults: troublesAllAlong(1200) }), 2))

const mostKills = 4

describe.skipIf(skip)(`killed again and again${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  /** Two monitors of one process, which share its fate: one keeps its state in Kafka, one in files and reads with the other driver. */
  const stages = new Map<string, Stage>()
  const expected = new Map<string, string[]>()
  let config = ''
  let receiver: WebhookReceiver

  beforeAll(async () => {
    const reference = await sharedReference(place.folder)
    receiver = await WebhookReceiver.start(signingSecret)
    const monitors = await Promise.all(['kafka', 'file'].map((store) => setUp(store, reference)))
    config = await place.config('crashes', { metrics: { port: 0 }, monitors })
    for (const name of stages.keys()) {
      expected.set(name, await replayed(config, '--monitor', name, '--scores', join(place.folder, `${name}-scores.ndjson`)))
      expect(expected.get(name)!.length).toBeGreaterThan(30)
    }
  })
  afterAll(async () => {
    await receiver.close()
    await client.close()
  })

  const setUp = async (store: string, reference: string): Promise<object> => {
    // The test's own broker allows short sessions, so that a dead member's partitions are soon given to the next.
    const driver = store === 'file' ? 'columnar' : 'kafkajs'
    const source = { driver, maxBytesPerPartition: '16kB', ...(jars && { sessionTimeout: '1s' }) }
    const stage = await Stage.set({ client, brokers, reference, source, name: `in-${store}` })
    stages.set(stage.name, stage)
    await stage.send(input)
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions: 2 }, file: { path: join(place.folder, 'state') } }[store]
    const sinks = [stage.alertTopic(), { webhook: { url: receiver.url, secret: signingSecret } }]
    // As few records in flight as may be: what is delivered slowly is also read slowly, and its state saved on the way.
    return stage.monitor({ state: { [store]: state }, sinks, limits: { inFlightRecords: 1024 } })
  }

  it('it goes on every time, to the end', { timeout: 120_000 }, async () => {
    const seen = new Set<string>()
    const ends: Ended[] = []
    let current: Driftwatch
    let armed = false
    receiver.beforeAnswer = async ({ id }) => {
      const kill = armed && !seen.has(id)
      seen.add(id)
      if (kill) armed = false
      // In turns before the receiver answers, and just after.
      if (kill && ends.length % 2 === 0) current.signal('SIGKILL')
      else if (kill) setImmediate(() => current.signal('SIGKILL'))
      else await new Promise((done) => setTimeout(done, 60))
    }
    do {
      current = new Driftwatch(['run', config])
      const dead = current.ended.then(() => undefined)
      // Killed at the first new event after both monitors have saved state.
      const saved = current.until((samples) => [...stages.keys()].every((monitor) => samples.sum('state_rounds_total', { monitor }) > 0))
      saved.then(
        () => (armed = ends.length < mostKills),
        () => {},
      )
      await Promise.race([dead, Promise.all([...stages.values()].map((stage) => stage.caughtUp(current).catch(() => dead)))])
      ends.push(await current.stop())
    } while (ends.at(-1)?.signal === 'SIGKILL')
    expect(ends.at(-1)?.code).toBe(0)
    expect(ends.length).toBeGreaterThan(3)
    // The last one did not begin anew: it found streams in the middle of their ways.
    for (const monitor of stages.keys()) {
      const resumed = current.lines.filter((line) => line.monitor === monitor && line.msg === 'partition assigned')
      expect(resumed.some(({ offset, streams }) => Number(offset) > 0 && Number(streams) > 0)).toBe(true)
    }
  })

  describe.each(['in-kafka', 'in-file'])('a monitor with its state %s', (name) => {
    it('raises what an undisturbed run raises, in every sink', async () => {
      const delivered = (await stages.get(name)!.delivered()).map(({ bytes }) => bytes)
      expectSameEvents(delivered, expected.get(name)!)
      expectWholeStories(delivered)
      const posted = receiver.accepted.map(({ body }) => body).filter((body) => (JSON.parse(body) as AlertEvent).data.monitor === name)
      expectSameEvents(posted, expected.get(name)!)
    })

    it('leaves no record unread', async () => {
      const { ends, committed } = await stages.get(name)!.places()
      expect(committed).toEqual(ends)
      const scored = lines(await readFile(join(place.folder, `${name}-scores.ndjson`), 'utf8'))
      const buried = await stages.get(name)!.buried()
      expect(buried.every(({ reason, value }) => reason === 'undecodable' && isPoison({ value }))).toBe(true)
      const letters = new Set(buried.map(where))
      expect(letters.size).toBe(input.filter(isPoison).length)
      expect(scored.length + letters.size).toBe(input.length)
    })
  })
})

const where = ({ origin: { partition, offset } }: Buried) => `${partition}/${offset}`
