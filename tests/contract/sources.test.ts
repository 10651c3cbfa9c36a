import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll } from 'vitest'
import { generatorSource, toRecord } from '../../connectors/generator/generator.js'
import { sceneRecord, scenesSource } from '../../connectors/generator/scenes.js'
import { samples } from '../../connectors/generator/system.js'
import type { drivers } from '../../connectors/kafka/fetch.js'
import { sources } from '../../connectors/registry.js'
import { npy, temporaryFolder, writeTemporary } from '../connectors/files/write.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { describeRegistry } from './registry.js'
import { describeSourceContract, type Input, type SourceCase } from './source-contract.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const client = new KafkaTestClient(brokers)
afterAll(() => client.close())

const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const csvLines = (count: number) => lines(count, (i) => `${i},${i / 3},text ${'é'.repeat(i % 7)}`)
const buffers = (texts: readonly string[]) => texts.map((text) => Buffer.from(text))

/** A kind of file; `write` gives its content for so many rows. */
const file = (name: string, write: (count: number) => { content: string | Uint8Array; values: readonly Buffer[] }): SourceCase => ({
  finite: true,
  remembers: false,
  input: async (count): Promise<Input> => {
    const { content, values } = write(count)
    return { values, options: { path: await writeTemporary(name, content) } }
  },
})

const kafka = (driver: (typeof drivers)[number]): SourceCase => ({
  skip,
  finite: false,
  remembers: true,
  input: async (count) => {
    const topic = await client.topic('contract')
    const messages = lines(count, (i) => `value ${i}`).map((value, i) => ({ key: `key ${i}`, value: Buffer.from(value) }))
    await client.produce(topic, messages)
    const options = { brokers, topics: [topic], group: unique('contract'), start: 'earliest', maxWait: '50ms', driver }
    return { values: messages.map(({ value }) => value), options }
  },
})

/** Each source's input; every way to write one where there are several. */
const cases: Readonly<Record<string, SourceCase>> = {
  'kafka, driver kafkajs': kafka('kafkajs'),
  'kafka, driver columnar': kafka('columnar'),
  'file, csv': file('rows.csv', (count) => {
    const rows = csvLines(count)
    return { content: `a,b,c\n${rows.map((row) => `${row}\n`).join('')}`, values: buffers(rows) }
  }),
  'file, csv.gz with \\r\\n and no last line break': file('rows.CSV.gz', (count) => {
    const rows = csvLines(count)
    return { content: gzipSync(['a,b,c', ...rows].join('\r\n')), values: buffers(rows) }
  }),
  'file, ndjson': file('rows.ndjson', (count) => {
    const rows = lines(count, (i) => JSON.stringify({ i, text: 'x'.repeat(i % 900) }))
    return { content: rows.map((row) => `${row}\n`).join(''), values: buffers(rows) }
  }),
  'file, npy': file('rows.npy', (count) => {
    const rows = Array.from({ length: count }, (_, i) => Buffer.from(Float64Array.of(i, -i, 1 / (i + 1)).buffer))
    return { content: npy("'<f8'", `(${count}, 3)`, Buffer.concat(rows)), values: rows }
  }),
  folder: {
    finite: true,
    remembers: false,
    input: async (count) => {
      const path = await temporaryFolder()
      const values = buffers(lines(count, (i) => `picture ${i}`))
      await mkdir(join(path, 'line-1'))
      // The first half in a subfolder, whose name comes before those of the others.
      const name = (i: number) => join(i < count / 2 ? 'line-1' : '', `shot-${String(i).padStart(5, '0')}.jpg`)
      await Promise.all(values.map((value, i) => writeFile(join(path, name(i)), value)))
      await writeFile(join(path, 'notes.txt'), 'no picture')
      return { values, options: { path } }
    },
  },
  generator: {
    finite: true,
    remembers: false,
    input: async (count) => {
      const options = { rows: count, rate: 0 }
      const values: Buffer[] = []
      for (const sample of samples(generatorSource.schema.parse(options), 0)) {
        if (values.length === count) break
        values.push(toRecord(sample).value ?? Buffer.alloc(0))
      }
      return { values, options }
    },
  },
  scenes: {
    finite: true,
    remembers: false,
    many: 40,
    input: async (count) => {
      const options = { rows: count, rate: 0 }
      const parsed = scenesSource.schema.parse(options)
      const records = await Promise.all(lines(count, String).map((_, at) => sceneRecord(parsed, at)))
      return { values: records.map(({ value }) => value ?? Buffer.alloc(0)), options }
    },
  },
}

describeRegistry('sources', sources, cases, describeSourceContract)
