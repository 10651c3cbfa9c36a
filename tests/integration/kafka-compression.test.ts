import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { compressions } from '../../connectors/kafka/compression.js'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafkaRange } from '../../connectors/kafka/range.js'
import { kafkaSink } from '../../connectors/kafka/sink.js'
import { silent } from '../contract/silent-logger.js'
import { sampleEvent } from '../contract/sink-contract.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { shortLived } from '../kit/kafka-broker.js'
import { SourceReader } from '../kit/source-reader.js'

const { skip, brokers = [], jars } = await kafkaOrSkip()
const reason = skip ?? (jars === undefined ? "Kafka's own tools are not at hand with KAFKA_BROKERS" : undefined)
const context = { monitor: 'test', logger: silent }
const writesZstd = 'zstdCompressSync' in zlib

describe.skipIf(reason)(`Kafka's compressions${reason ? ` (${reason})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())

  /** Runs one of Kafka's own tools and returns what it printed. */
  const tool = async (name: string, args: string[], input = ''): Promise<string> => {
    const java = spawn('java', [
      ...shortLived,
      '-cp',
      `${jars}/*`,
      '-Xmx128m',
      `org.apache.kafka.tools.${name}`,
      '--bootstrap-server',
      brokers.join(','),
      ...args,
    ])
    java.stdin.end(input)
    const [output, errors, code] = await Promise.all([
      text(java.stdout),
      text(java.stderr),
      new Promise((done) => java.once('close', done)),
    ])
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${errors}`)
    return output
  }

  // Partly repeating, partly not, so that blocks of both kinds occur; several batches of up to 900 kB.
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `${i} ${createHash('sha256').update(String(i)).digest('hex')} ${'ab'.repeat(i % 60)}`,
  )

  it.each(compressions)('reads what the Java producer packed with %s, with either driver', async (compression) => {
    const topic = await client.topic('packed')
    const large = ['--batch-size', '900000', '--timeout', '200', '--max-block-ms', '60000']
    await tool('ConsoleProducer', ['--topic', topic, '--compression-codec', compression, ...large], `${lines.join('\n')}\n`)
    for (const driver of drivers) {
      const source = kafkaRange.create(kafkaRange.schema.parse({ brokers, topic, driver, checkCrcs: true }), context)
      await source.connect()
      const records = await new SourceReader(source).run()
      await source.close()
      expect(records.map(({ value }) => String(value))).toEqual(lines)
    }
  })

  it('packs with each what the Java consumer reads', async () => {
    const prefix = unique('packs')
    // More than one block of LZ4.
    const eventsOf = (compression: string) =>
      ['short', 'long '.repeat(40_000)].map((summary, i) => sampleEvent(`${compression} ${i}`, { summary }))
    const packing = compressions.filter((compression) => compression !== 'zstd' || writesZstd)
    for (const compression of packing) {
      const topic = await client.topic(prefix)
      const sink = kafkaSink.create(kafkaSink.schema.parse({ brokers, topic, compression }), context)
      await sink.connect()
      for (const event of eventsOf(compression)) await sink.write(event, new AbortController().signal)
      await sink.close()
    }
    const sent = packing.flatMap(eventsOf)
    const all = ['--include', `${prefix}-.*`, '--from-beginning', '--max-messages', String(sent.length)]
    const printed = await tool('consumer.ConsoleConsumer', all)
    const read: (typeof sent)[number][] = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    // The topics come in any order, the messages of each in theirs.
    const rank = ({ id }: { readonly id: string }) => packing.findIndex((compression) => id.startsWith(compression))
    expect(read.toSorted((one, other) => rank(one) - rank(other))).toEqual(sent)
  })

  it.skipIf(writesZstd)('names what is missing to pack with zstd', () => {
    expect(() => kafkaSink.create(kafkaSink.schema.parse({ brokers, topic: 't', compression: 'zstd' }), context)).toThrow(
      /zstd needs Node 22\.15 or newer/,
    )
  })
})
