import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { sharedReference } from '../kit/desk.js'
import { lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, type Samples, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { encodings, features, messagesOf, scenario, troubles } from '../kit/scenario.js'
import { type Buried, Stage, unhurried } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const good = scenario({ seed: 61, streams: 6, each: 300, faults: troubles(300) })

const row = { tenant: 'tenant-0', ts: '2026-03-01T00:00:00Z', amount: 100, latency: 20, queue: 5, errors: 1 }
const json = (changes: object, text = (value: string) => value): Message => ({ value: text(JSON.stringify({ ...row, ...changes })) })
/** The row with a token that JSON does not know in place of a number. */
const token = (word: string): Message => json({ amount: 'TOKEN' }, (text) => text.replace('"TOKEN"', word))
const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

/** Every kind of bad message, with the reason that its dead letter must give. */
const poison: readonly (readonly [name: string, reason: string, message: Message])[] = [
  ['bytes that are no text', 'undecodable', { value: Buffer.from([0xff, 0xfe, 0x00, 0x80]) }],
  ['text that is no JSON', 'undecodable', { value: '{"amount": 1' }],
  ['JSON that is no object', 'undecodable', { value: '42' }],
  ['NaN', 'undecodable', token('NaN')],
  ['Infinity', 'undecodable', token('-Infinity')],
  ['a number beyond double precision', 'not_finite', token('1e999')],
  ['null', 'missing_feature', json({ queue: null })],
  ['a missing feature', 'missing_feature', json({ queue: undefined })],
  ['an extra feature', 'extra_feature', json({ colour: 3 })],
  ['a number as text', 'not_a_number', json({ errors: '1' })],
  ['an object for a number', 'not_a_number', json({ errors: {} })],
  [
    'features that only __proto__ has',
    'extra_feature',
    { value: '{"__proto__":{"amount":1,"latency":2,"queue":3,"errors":4},"tenant":"tenant-0","ts":1772323200}' },
  ],
  ['__proto__ beside the features', 'extra_feature', json({}, (text) => text.replace('{', '{"__proto__":{"polluted":true},'))],
  ['an empty value', 'empty', { value: '' }],
  ['a tombstone', 'empty', { key: 'tenant-0', value: null }],
  ['no stream', 'no_stream', json({ tenant: undefined })],
  ['a stream that is an object', 'no_stream', json({ tenant: { toString: 1 } })],
  ['a stream with an endless name', 'no_stream', json({ tenant: 'x'.repeat(10_000) })],
  ['a time that is none', 'bad_time', json({ ts: 'yesterday' })],
  ['a time far ahead', 'time_out_of_range', json({ ts: '2999-01-01T00:00:00Z' })],
  ['a time long ago', 'time_out_of_range', json({ ts: '1970-01-01T00:00:01Z' })],
  ['a time beyond all calendars, from a producer without a clock', 'time_out_of_range', { ...json({ ts: 1e300 }), timestamp: '0' }],
  ['a million levels of JSON', 'too_deep', { value: nested(1_000_000) }],
  ['5 MB', 'too_large', json({ note: 'x'.repeat(5_000_000) })],
]

/** The good messages with the bad ones among them, all of partition 0. */
const mixed = (): Message[] => {
  const messages = messagesOf(good, 2)
  for (const [i, [, , message]] of poison.entries()) messages.splice(40 + 60 * i, 0, { partition: 0, ...message })
  return messages
}

describe.skipIf(skip)(`bad messages${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())
  /** Two monitors read the same kinds of messages: one buries them in a topic, one in a file. */
  let toTopic: Stage
  let toFile: Stage
  let reference = ''
  let config = ''
  let samples: Samples
  const file = () => join(place.folder, 'letters.ndjson')

  beforeAll(async () => {
    reference = await sharedReference(place.folder)
    const monitor = { decode: { json: { features, stream: 'tenant', time: 'ts', extra: 'reject' } }, limits: { messageBytes: '4MB' } }
    toTopic = await Stage.set({ client, brokers, reference, monitor, name: 'to-topic', source: unhurried })
    toFile = await Stage.set({
      client,
      brokers,
      reference,
      monitor: { ...monitor, deadLetters: { file: { path: file() } } },
      name: 'to-file',
      source: unhurried,
    })
    for (const stage of [toTopic, toFile]) await stage.send(mixed())
    config = await place.config('poison', { metrics: { port: 0 }, monitors: [toTopic.monitor(), toFile.monitor()] })
    const process = new Driftwatch(['run', config])
    await Promise.all([toTopic.caughtUp(process), toFile.caughtUp(process)])
    samples = await process.until((samples) => samples.sum('in_flight_records') === 0)
    expect((await process.stop()).code).toBe(0)
  })

  const inFile = async (): Promise<Buried[]> => {
    const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))
    return lines(await readFile(file(), 'utf8')).map((line) => {
      const { key, value, ...letter } = JSON.parse(line)
      return { ...letter, key: bytes(key), value: bytes(value) }
    })
  }
  const bytesOf = (value: Message['value']) => (value === null ? null : Buffer.from(value))
  /** Where the i-th bad message ended up in partition 0. */
  const places = mixed()
    .filter(({ partition }) => partition === 0)
    .flatMap(({ value }, offset) => (poison.some(([, , message]) => message.value === value) ? [offset] : []))

  it.each(['topic', 'file'])('become dead letters in a %s, each once, with reason, origin and original bytes', async (where) => {
    const stage = where === 'topic' ? toTopic : toFile
    const buried = where === 'topic' ? await toTopic.buried() : await inFile()
    const found = buried.map(({ reason, origin, value, key }) => [reason, origin, value?.length, key])
    const expected = poison.map(([, reason, { key = null, value }], i) => [
      reason,
      { topic: stage.input, partition: 0, offset: places[i] },
      bytesOf(value)?.length,
      key === null ? null : Buffer.from(key),
    ])
    expect(found).toEqual(expected)
    buried.forEach(({ value }, i) => {
      const original = bytesOf(poison[i][2].value)
      expect(value === original || value!.equals(original!), poison[i][0]).toBe(true)
    })
    expect(buried.every(({ detail }) => detail.length > 0 && detail.length <= 200)).toBe(true)
  })

  it('are counted by reason', () => {
    for (const monitor of ['to-topic', 'to-file']) {
      for (const reason of new Set(poison.map(([, reason]) => reason))) {
        const count = poison.filter((one) => one[1] === reason).length
        expect(samples.sum('records_rejected_total', { monitor, reason }), reason).toBe(count)
        expect(samples.sum('dead_letters_total', { monitor, reason }), reason).toBe(count)
      }
      expect(samples.sum('records_rejected_total', { monitor })).toBe(poison.length)
      expect(samples.sum('records_scored_total', { monitor })).toBe(good.length)
      expect(samples.sum('records_received_total', { monitor })).toBe(good.length + poison.length)
    }
  })

  it('change nothing about the alerts of the good ones', async () => {
    const data = join(place.folder, 'good.ndjson')
    await writeFile(
      data,
      messagesOf(good, 2)
        .map(({ value }) => `${value}\n`)
        .join(''),
    )
    const stories = (events: readonly AlertEvent[]) =>
      events.map(({ data: { stream, kind, transition, at, summary } }) => [at, stream, kind, transition, summary].join(' ')).toSorted()
    const expected = stories((await replayed(config, '--monitor', 'to-topic', '-i', data)).map((line) => JSON.parse(line) as AlertEvent))
    expect(expected.length).toBeGreaterThan(30)
    for (const stage of [toTopic, toFile]) expect(stories((await stage.delivered()).map(({ event }) => event))).toEqual(expected)
  })

  it('that are vectors of the wrong length are dead letters, and the others are scored', async () => {
    const wrong = [[1], features.map((_, i) => i).slice(1), Array.from({ length: 400 }, () => 1)]
    const stages = await Promise.all(
      ['float32', 'float64', 'json vector'].map(async (name) => {
        const encoding = encodings[name]
        const stage = await Stage.set({ client, brokers, reference, encoding, name: name.replace(' ', '-'), partitions: 1 })
        const messages = messagesOf(good.slice(0, 120), 1, encoding)
        const bad = wrong.map((values) => ({ partition: 0, ...encoding.encode({ ...good[0], values }) }))
        for (const [i, message] of bad.entries()) messages.splice(20 * (i + 1), 0, message)
        await stage.send(messages)
        return { stage, bad }
      }),
    )
    const config = { metrics: { port: 0 }, monitors: stages.map(({ stage }) => stage.monitor()) }
    const process = new Driftwatch(['run', await place.config('dimension', config)])
    await Promise.all(stages.map(({ stage }) => stage.caughtUp(process)))
    const samples = await process.until((samples) => samples.sum('in_flight_records') === 0)
    expect((await process.stop()).code).toBe(0)
    for (const { stage, bad } of stages) {
      const buried = await stage.buried()
      expect(buried.map(({ reason, origin, value }) => [reason, origin.offset, value])).toEqual(
        bad.map(({ value }, i) => ['dimension', 20 * (i + 1), Buffer.from(value!)]),
      )
      expect(
        buried.every(({ detail }) => /; expected (4|16|32)\b/.test(detail)),
        'says what was expected',
      ).toBe(true)
      expect(samples.sum('records_rejected_total', { monitor: stage.name, reason: 'dimension' })).toBe(wrong.length)
      expect(samples.sum('records_scored_total', { monitor: stage.name })).toBe(120)
    }
  })

  it('leave the process its prototypes', () => {
    expect(features.every((feature) => !(feature in {}))).toBe(true)
    expect('polluted' in {}).toBe(false)
  })

  it('with impossible timestamps of their own are dead letters where those are the event time', async () => {
    const topic = await client.topic('timestamps', 1, { 'message.timestamp.after.max.ms': '9223372036854775807' })
    const { ts: _, ...values } = row
    const value = (latency: number) => JSON.stringify({ ...values, latency })
    const message = (latency: number, timestamp?: string): Message => ({ value: value(latency), ...(timestamp && { timestamp }) })
    await client.produce(topic, [message(20), message(90, '9000000000000000000'), message(90, '253402300800000'), message(90)])
    const stage = toTopic
    const source = { kafka: { brokers, topics: [topic], group: topic, start: 'earliest' } }
    const monitor = stage.monitor({ source, decode: { json: { features, stream: 'tenant' } } })
    const process = new Driftwatch(['run', await place.config('timestamps', { metrics: { port: 0 }, monitors: [monitor] })])
    const samples = await process.until((samples) => samples.sum('records_received_total') === 4 && samples.sum('in_flight_records') === 0)
    expect(samples.sum('records_rejected_total', { reason: 'time_out_of_range' })).toBe(2)
    expect(samples.sum('alerts_opened_total', { kind: 'record' })).toBe(1)
    expect((await process.stop()).code).toBe(0)
  })
})
