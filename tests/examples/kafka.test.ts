import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerCodecs } from '../../connectors/kafka/compression.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { Driftwatch, type ProcessOptions, useProcesses } from '../kit/process.js'
import { tinyBackbone } from '../kit/tiny-backbone.js'
import { example, makeData, onFreePort, opened, succeed } from './example.js'

// To read back what an example packs with lz4.
registerCodecs()
const { skip, brokers = [], secure } = await kafkaOrSkip()

describe.skipIf(skip)(`the examples with Kafka, as their comments say${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  const here = (): ProcessOptions => ({ cwd: place.folder })
  beforeAll(() => makeData(place.folder))
  afterAll(() => client.close())

  const produce = (topic: string, file: string, ...args: string[]) =>
    succeed(['produce', `data/${file}.csv`, '--brokers', brokers.join(','), '--topic', topic, ...args], here())

  interface Watching extends ProcessOptions {
    /** Of each topic. */
    readonly records?: number
  }

  /** Runs the monitors, writes to their topics once all partitions are assigned, and returns the alerts when all was read. */
  const watch = async (
    config: string,
    alerts: string,
    inputs: readonly string[],
    feed: () => Promise<unknown>,
    { records = 1728, ...options }: Watching = here(),
  ) => {
    const process = new Driftwatch(['run', config], options)
    const places = inputs.flatMap((topic) => [0, 1].map((partition) => ({ topic, partition })))
    for (const { topic, partition } of places) {
      await process.logged('partition assigned', (line) => line.topic === topic && line.partition === partition)
    }
    await feed()
    await process.until(
      (samples) =>
        samples.sum('records_scored_total') === records * inputs.length &&
        samples.sum('in_flight_records') === 0 &&
        samples.sum('alerts_opened_total') > 0,
    )
    expect((await process.stop()).code).toBe(0)
    const messages = await client.readAll(alerts)
    return messages.map(({ value }) => String(value))
  }

  it('kafka-json.yaml', async () => {
    const [features, alerts] = [await client.topic('features', 2), unique('alerts')]
    const replacements = {
      'localhost:9092': brokers.join(', '),
      'topics: [features]': `topics: [${features}]`,
      'group: driftwatch': `group: ${unique('group')}`,
      'topic: alerts': `topic: ${alerts}`,
    }
    const config = await place.config('kafka-json', onFreePort(example('kafka-json', replacements)))
    await succeed(['fit', '--config', config, 'data/normal.csv'], here())
    expect(await succeed(['doctor', '--create', config], here())).toContain('0 FAILED')
    const events = await watch(config, alerts, [features], () => produce(features, 'watched', '--stream', 'tenant'))
    expect(opened(events)).toEqual(expect.arrayContaining(['south record', 'west drift']))
  })

  it('float32-vectors.yaml', async () => {
    const [vectors, alerts] = [await client.topic('vectors', 2), await client.topic('alerts')]
    const replacements = {
      'localhost:9092': brokers.join(', '),
      'topics: [vectors]': `topics: [${vectors}]`,
      'group: driftwatch': `group: ${unique('group')}`,
      'topic: alerts': `topic: ${alerts}`,
    }
    const config = await place.config('float32-vectors', onFreePort(example('float32-vectors', replacements)))
    const format = ['--format', 'float32', '--key-column', 'tenant', '--time-column', 'ts']
    await produce(vectors, 'normal', ...format)
    expect(await succeed(['fit', '--config', config], here())).toContain('8,640 of 3 streams')
    const events = await watch(config, alerts, [vectors], () => produce(vectors, 'watched', ...format))
    expect(opened(events)).toEqual(expect.arrayContaining(['south record', 'west drift']))
  })

  it('kafka-pictures.yaml, with a small backbone', async () => {
    makeData(place.folder, 'make-pictures.mjs')
    await writeFile(join(place.folder, 'tiny.onnx'), (await tinyBackbone(64)).bytes)
    const [frames, alerts] = [await client.topic('frames', 2), await client.topic('alerts')]
    const replacements = {
      'localhost:9092': brokers.join(', '),
      'topics: [frames]': `topics: [${frames}]`,
      'group: driftwatch': `group: ${unique('group')}`,
      'topic: alerts': `topic: ${alerts}`,
      'detectors: [angular, corruption]': 'detectors: [angular, corruption]\n    pictures: { backbone: tiny.onnx, tap: early }',
    }
    const config = await place.config('kafka-pictures', onFreePort(example('kafka-pictures', replacements)))
    const send = (name: string) =>
      succeed(['produce', `data/${name}.pictures.ndjson`, '--brokers', brokers.join(','), '--topic', frames, '--stream', 'camera'], here())
    await send('normal')
    expect(await succeed(['fit', '--config', config], here())).toContain('288 of 3 streams')
    const events = await watch(config, alerts, [frames], () => send('watched'), { ...here(), records: 72 })
    expect(opened(events)).toEqual(expect.arrayContaining(['camera-1 record', 'camera-2 record']))
  }, 120_000)

  it('several-monitors.yaml', async () => {
    const [payments, search] = [await client.topic('payments', 2), await client.topic('search', 2)]
    const alerts = await client.topic('alerts')
    const replacements = {
      'localhost:9092': brokers.join(', '),
      'topics: [payments]': `topics: [${payments}]`,
      'topics: [search]': `topics: [${search}]`,
      'group: driftwatch-': `group: ${unique('group')}-`,
      'topic: alerts': `topic: ${alerts}`,
      'topic: driftwatch-state': `topic: ${unique('state')}`,
    }
    const config = await place.config('several-monitors', onFreePort(example('several-monitors', replacements)))
    for (const monitor of ['payments', 'search']) {
      await succeed(['fit', '--config', config, '--monitor', monitor, 'data/normal.csv'], here())
    }
    const both = () => Promise.all([payments, search].map((topic) => produce(topic, 'watched', '--stream', 'tenant')))
    const events = await watch(config, alerts, [payments, search], both)
    const monitors = events.map((event) => JSON.parse(event).data.monitor)
    expect(new Set(monitors)).toEqual(new Set(['payments', 'search']))
  })

  it.skipIf(secure === undefined)('kafka-tls-sasl.yaml', async () => {
    const { ca, username, password } = secure!
    const [features, alerts, letters] = [await client.topic('features', 2), await client.topic('alerts'), await client.topic('letters')]
    const file = join(place.folder, 'kafka-password')
    await writeFile(file, `${password}\n`)
    const replacements = {
      'broker-1.example.org:9094, broker-2.example.org:9094': secure!.brokers.join(', '),
      'topics: [features]': `topics: [${features}]`,
      'group: driftwatch': `group: ${unique('group')}`,
      '/etc/kafka/ca.pem': ca,
      '/run/secrets/kafka-password': file,
      'topic: alerts': `topic: ${alerts}`,
      'topic: dead-letters': `topic: ${letters}`,
      'topic: driftwatch-state': `topic: ${unique('state')}`,
      'host: 0.0.0.0': 'port: 0',
    }
    const config = await place.config('kafka-tls-sasl', example('kafka-tls-sasl', replacements))
    const options = { ...here(), env: { KAFKA_USERNAME: username } }
    await succeed(['fit', '--config', config, 'data/normal.csv'], options)
    expect(await succeed(['doctor', config], options)).toContain('0 FAILED')
    const feed = () => produce(features, 'watched', '--stream', 'tenant', '--compression', 'lz4')
    const events = await watch(config, alerts, [features], feed, options)
    expect(opened(events)).toEqual(expect.arrayContaining(['south record', 'west drift']))
  })
})
