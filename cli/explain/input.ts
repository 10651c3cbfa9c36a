import { pino } from 'pino'
import { z } from 'zod'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Codec } from '../../connectors/codec.js'
import { csv } from '../../connectors/codecs/csv.js'
import { encoded } from '../../connectors/codecs/encoded.js'
import { float32, float64 } from '../../connectors/codecs/floats.js'
import { json } from '../../connectors/codecs/json.js'
import type { CodecContext, ComponentContext } from '../../connectors/component.js'
import { type FileLayout, readLayout } from '../../connectors/files/file.js'
import { kafkaRange } from '../../connectors/kafka/range.js'
import type { Records } from '../../connectors/records.js'
import type { Origin, Source } from '../../connectors/source.js'
import { mapOf } from '../../kinds/feature-map.js'
import type { Reference } from '../../references/reference.js'
import { harmless } from '../../telemetry/terminal.js'
import { kafkaSourceOf } from '../chosen-options.js'
import { CommandError } from '../exit.js'
import { fileInput } from '../finite.js'
import { makeCodec } from '../host.js'
import { Decoder, type Found, findRecord } from './find.js'

/** How to read a record that comes without a configuration. */
export interface Reading {
  /** Where the reference's features stand, in its order. */
  readonly features?: readonly string[] | undefined
  readonly stream?: string | undefined
  readonly delimiter?: string | undefined
}

export const contextOf = (monitor: string): ComponentContext => ({ monitor, logger: pino({ level: 'silent' }) })
const longestMessage = 64 * 1024 * 1024

/** A record as JSON text: an object with named features, or an array of numbers in the reference's order. */
export async function recordOfText(text: string, reference: Reference, reading: Reading): Promise<Found> {
  if (reference.detrend > 0) {
    throw new CommandError(
      'usage',
      `this reference subtracts the slow mean of a stream (over about ${Math.round(1 / reference.detrend)} records), so a record by itself says nothing; ` +
        'give it with the records before it: FILE --row, or --config and --at',
    )
  }
  const codec = asAsked(() => encoded(anyJson(reference, reading), mapOf(reference)))
  return new Decoder(codec, reference).subject(
    { offset: 0, timestamp: Date.now(), key: null, value: Buffer.from(text) },
    'the given record',
  )
}

/** One row of a csv, ndjson or npy file. */
export async function recordOfFile(path: string, row: number, reference: Reference, reading: Reading): Promise<Found> {
  const layout = await readLayout(path, reading.delimiter).catch((error: Error) => {
    throw new CommandError('unreachable', error.message, { cause: error })
  })
  const codec = asAsked(() => encoded(codecFor(layout, reference, reading), mapOf(reference)))
  return findRecord(fileInput(path, contextOf('explain')), { topic: path, partition: 0, offset: row }, new Decoder(codec, reference))
}

/** The record that an alert names, from the monitor's own input and decoded as the monitor does. `embed`: of pictures, what comes before that. */
export async function recordOfInput(
  config: MonitorConfig,
  at: string,
  reference: Reference,
  embed?: (records: Records) => Promise<Records>,
): Promise<Found> {
  const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(at) ?? []
  if (topic === undefined) throw new CommandError('usage', `--at ${at}: expected topic/partition/offset, as alerts name their records`)
  const origin = { topic, partition: Number(partition), offset: Number(offset) }
  const context = contextOf(config.name)
  const decoder = new Decoder(await makeCodec(config, mapOf(reference), context), reference, `${topic}-${partition}`, embed)
  return findRecord(sourceOf(config, origin, context), origin, decoder)
}

function sourceOf(config: MonitorConfig, { topic, partition }: Origin, context: ComponentContext): Source {
  const options = kafkaSourceOf(config)
  if (options === undefined) {
    if (partition !== 0) throw new CommandError('usage', `--at: a ${config.source.type} source has partition 0 only, not ${partition}`)
    return config.source.create(context)
  }
  if (!options.topics.includes(topic))
    throw new CommandError('usage', `--at: monitor ${config.name} reads ${options.topics.join(', ')}, not ${topic}`)
  return kafkaRange.create({ ...options, topic, from: 'earliest', to: 'now' }, context)
}

const codecContext = (reference: Reference, columns?: readonly string[]): CodecContext => {
  const { features, mayMiss } = mapOf(reference)
  return { ...contextOf('explain'), features, mayMiss, columns, maxMessageBytes: longestMessage }
}

function codecFor(layout: FileLayout, reference: Reference, reading: Reading): Codec {
  switch (layout.format) {
    case 'npy':
      return (layout.dtype === 'float32' ? float32 : float64).create(float32.schema.parse({}), codecContext(reference))
    case 'csv':
      return csv.create(csv.schema.parse(given(reading)), codecContext(reference, layout.columns))
    case 'ndjson':
      return anyJson(reference, reading)
  }
}

/** JSON as an object of named features or as an array of numbers, whichever the record begins like. */
function anyJson(reference: Reference, { features = mapOf(reference).features, stream }: Reading): Codec {
  const context = codecContext(reference)
  const objects = json.create(json.schema.parse(given({ features, stream })), context)
  const arrays = json.create(json.schema.parse({ vector: '$' }), context)
  const isArray = (value: Buffer | null) => value?.toString('latin1', 0, 64).trimStart().startsWith('[') === true
  const codecOf = (value: Buffer | null) => (isArray(value) ? arrays : objects)
  return { dtype: 'float64', decode: (records, index, row) => codecOf(records.values.at(index)).decode(records, index, row) }
}

/** Makes a codec from what was given on the command line; what does not fit there is a mistake in the usage. */
function asAsked(make: () => Codec): Codec {
  try {
    return make()
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error)
    throw new CommandError('usage', harmless(message, 1000), { cause: error })
  }
}

/** The options that were given, without those that are undefined: a codec's defaults stand for them. */
const given = (options: Reading): object => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
