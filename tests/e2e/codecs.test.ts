import { CloudEvent } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertData } from '../../alerts/event.js'
import { sharedReference } from '../kit/desk.js'
import { byId, expectSameEvents, expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { encodings, scenario, troubles } from '../kit/scenario.js'
import { type Delivered, Stage, unhurried } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const effectOf = ({ evidence }: AlertData): number => ('effect' in evidence ? evidence.effect : 0)
const vectors = scenario({ seed: 7, streams: 6, each: 300, faults: troubles(300) })

describe.skipIf(skip)(`from a topic to the alert topic${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())
  const stages = new Map<string, Stage>()
  const delivered = new Map<string, Delivered[]>()
  let configuration = ''

  /** One process watches one topic per codec, each with the same vectors. */
  beforeAll(async () => {
    const reference = await sharedReference(place.folder)
    for (const [codec, encoding] of Object.entries(encodings)) {
      const name = codec.replace(' ', '-')
      const stage = await Stage.set({ client, brokers, reference, encoding, name, source: unhurried, monitor: { features: undefined } })
      stages.set(codec, stage)
    }
    await Promise.all([...stages.values()].map((stage) => stage.produce(vectors)))
    configuration = await place.config('codecs', { metrics: { port: 0 }, monitors: [...stages.values()].map((stage) => stage.monitor()) })
    const process = new Driftwatch(['run', configuration])
    await Promise.all([...stages.values()].map((stage) => stage.caughtUp(process)))
    expect((await process.stop()).code).toBe(0)
    for (const [codec, stage] of stages) delivered.set(codec, await stage.delivered())
  })

  describe.each(Object.keys(encodings))('with %s', (codec) => {
    it('every record is scored, and each fault raises its alert', async () => {
      const { ends, committed } = await stages.get(codec)!.places()
      expect(committed).toEqual(ends)
      expect(await stages.get(codec)!.buried()).toEqual([])
      const opened = delivered.get(codec)!.filter(({ event }) => event.data.transition === 'opened')
      const of = (stream: string, kind: string) => opened.filter(({ event: { data } }) => data.stream === stream && data.kind === kind)
      expect(of('tenant-0', 'record')).toHaveLength(5)
      expect(of('tenant-1', 'record')).toHaveLength(4)
      expect(of('tenant-2', 'drift').length).toBeGreaterThan(0)
      expect(of('tenant-3', 'drift').length).toBeGreaterThan(0)
      expectWholeStories(delivered.get(codec)!.map(({ bytes }) => bytes))
    })

    it('the explanation begins with the feature that was wrong, where the stream is the farthest off', () => {
      const first = (stream: string, kind: string) => {
        const explained = delivered
          .get(codec)!
          .map(({ event: { data } }) => data)
          .filter((data) => data.stream === stream && data.kind === kind && data.contributions.length > 0)
        return explained.toSorted((one, other) => effectOf(other) - effectOf(one))[0]?.contributions[0]
      }
      expect(first('tenant-0', 'record')).toMatchObject({ feature: 'latency' })
      expect(first('tenant-1', 'record')).toMatchObject({ feature: 'errors' })
      expect(first('tenant-2', 'drift')).toMatchObject({ feature: 'queue' })
      expect(first('tenant-3', 'drift')).toMatchObject({ feature: 'amount' })
      expect(first('tenant-0', 'record')!.sigma).toBeGreaterThan(5)
      expect(first('tenant-1', 'record')!.sigma).toBeLessThan(-5)
    })

    it('alerts are CloudEvents, keyed by what they are about', () => {
      for (const { key, bytes, type, event } of delivered.get(codec)!) {
        expect(type).toBe('application/cloudevents+json; charset=UTF-8')
        expect(new CloudEvent(JSON.parse(bytes), true).validate()).toBe(true)
        expect(key).toBe(event.data.dedupKey)
        expect(new Set(event.data.detectors).size).toBe(event.data.detectors.length)
        expect(key).toBe(`${stages.get(codec)!.name}/${event.data.stream}/${event.data.kind}`)
      }
    })

    it('a replay of the topic raises the same alerts, byte for byte', async () => {
      expectSameEvents(
        delivered.get(codec)!.map(({ bytes }) => bytes),
        await replayed(configuration, '--monitor', stages.get(codec)!.name),
      )
    })
  })

  it('what a codec does not change, the alerts do not show', () => {
    const stories = (codec: string) =>
      [...byId(delivered.get(codec)!.map(({ bytes }) => bytes)).values()]
        .map((bytes) => JSON.parse(bytes) as Delivered['event'])
        .map(({ data: { stream, kind, transition, at, severity } }) => [stream, kind, transition, at, severity].join(' '))
        .toSorted()
    for (const codec of Object.keys(encodings)) expect(stories(codec), codec).toEqual(stories('json'))
  })
})
