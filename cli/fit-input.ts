import { z } from 'zod'
import { Choice } from '../config/choice.js'
import type { MonitorConfig } from '../config/monitor.js'
import { configSchema } from '../config/schema.js'
import type { Codec } from '../connectors/codec.js'
import type { CodecKind } from '../connectors/codecs/codec-kind.js'
import { lastSegment } from '../connectors/codecs/path.js'
import { codecs } from '../connectors/codecs/registry.js'
import type { ComponentContext } from '../connectors/component.js'
import { type FileLayout, readLayout } from '../connectors/files/file.js'
import type { RawRecord, Source } from '../connectors/source.js'
import { CommandError, unreachable } from './exit.js'
import { fileInput, finiteSources, type RangeOptions } from './finite.js'

/** What `fit` reads: finite sources, how to decode them, and what the features are called. */
export interface FitInput {
  readonly sources: readonly Source[]
  readonly codec: Codec
  readonly features: readonly string[]
  /** For people. */
  readonly description: string
}

/** Options of a fit without a configuration: how to read the file. */
export interface FileOptions {
  readonly features?: string | undefined
  readonly stream?: string | undefined
  readonly time?: string | undefined
  readonly delimiter?: string | undefined
}

type Decode = MonitorConfig['decode']

/** The monitor's own input, or a file of the same features in its place. */
export async function fitInput(
  config: MonitorConfig,
  data: string | undefined,
  range: RangeOptions,
  context: ComponentContext,
): Promise<FitInput> {
  if (data === undefined) {
    const make = () => finiteSources(config, range, context)
    const columns = undefined
    const names = featureNames(config, columns, undefined) ?? featureNames(config, columns, await firstRecord(make()[0]))
    return input(
      config,
      config.decode,
      make(),
      named(names, config),
      columns,
      context,
      `${config.source.type} source of monitor ${config.name}`,
    )
  }
  const layout = await readLayout(data, delimiterOf(config.decode)).catch(unreachable)
  const columns = layout.format === 'csv' ? layout.columns : undefined
  const sample = await firstRecord(fileInput(data, context))
  const decode = decodeFor(layout, config, featureNames(config, columns, sample))
  const names = config.features ?? kindOf(decode).featureNames(decode.options, { columns, sample })
  return input(config, decode, [fileInput(data, context)], named(names, config), columns, context, data)
}

/** A monitor's configuration with everything default, for a fit of a file alone. */
export async function fileConfig(data: string, out: string, budget: string, options: FileOptions): Promise<MonitorConfig> {
  const layout = await readLayout(data, options.delimiter).catch(unreachable)
  const meta = { ...(options.stream && { stream: options.stream }), ...(options.time && { time: options.time }) }
  const features = options.features?.split(',').map((name) => name.trim())
  const decode =
    layout.format === 'npy'
      ? { [layout.dtype]: {} }
      : layout.format === 'csv'
        ? { csv: { ...meta, ...(features && { features }), ...(options.delimiter && { delimiter: options.delimiter }) } }
        : { json: { ...meta, features: features ?? [] } }
  const parsed = configSchema.safeParse({
    monitors: [
      {
        name: 'fit',
        source: { file: { path: data } },
        decode,
        reference: { path: out },
        alerting: { falseAlarmsPerDay: budget },
        sinks: [{ stdout: {} }],
      },
    ],
  })
  if (!parsed.success)
    throw new CommandError('usage', parsed.error.issues.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`).join('\n'))
  return parsed.data.monitors[0]
}

function input(
  config: MonitorConfig,
  decode: Decode,
  sources: readonly Source[],
  features: readonly string[],
  columns: readonly string[] | undefined,
  context: ComponentContext,
  description: string,
): FitInput {
  const codec = decode.create({ ...context, features, columns, maxMessageBytes: config.limits.messageBytes })
  return { sources, codec, features, description }
}

const kindOf = (decode: Decode): CodecKind => {
  const kind = codecs.find(({ type }) => type === decode.type)
  if (kind === undefined) throw new Error(`no codec is called ${decode.type}`)
  return kind
}

const featureNames = (
  config: MonitorConfig,
  columns: readonly string[] | undefined,
  sample: RawRecord | undefined,
): readonly string[] | undefined => config.features ?? kindOf(config.decode).featureNames(config.decode.options, { columns, sample })

function named(names: readonly string[] | undefined, config: MonitorConfig): readonly string[] {
  if (names !== undefined) return names
  throw new CommandError('usage', `monitor ${config.name}: nothing tells what the features are called; list them under \`features\``)
}

const placesSchema = z.object({ stream: z.unknown().optional(), time: z.unknown().optional() })

/** How to decode a file that holds the monitor's features, whatever its messages look like. */
function decodeFor(layout: FileLayout, config: MonitorConfig, features: readonly string[] | undefined): Decode {
  if (layout.format === 'npy') return chosen(layout.dtype, {})
  if (layout.format === 'ndjson' || config.decode.type === 'csv') return config.decode
  const { stream, time } = placesSchema.parse(config.decode.options)
  const column = (place: unknown) =>
    typeof place === 'string' ? layout.columns.find((name) => name === place || name === lastSegment(place)) : undefined
  const options = {
    delimiter: delimiterOf(config.decode),
    features: features?.map((name) => column(name) ?? name),
    stream: column(stream),
    time: column(time),
  }
  return chosen('csv', Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)))
}

function chosen(type: string, options: object): Decode {
  const kind = codecs.find((codec) => codec.type === type)
  if (kind === undefined)
    throw new CommandError('usage', `there is no codec for ${type}; expected ${codecs.map((codec) => codec.type).join(', ')}`)
  return new Choice(kind, kind.schema.parse(options))
}

const delimiterOf = (decode: Decode): string | undefined => z.object({ delimiter: z.string().optional() }).parse(decode.options).delimiter

/** The first record of an input, to learn the length of its vectors. */
async function firstRecord(source: Source | undefined): Promise<RawRecord | undefined> {
  if (source === undefined) return undefined
  try {
    await source.connect().catch(unreachable)
    for await (const event of source.read()) {
      if (event.kind === 'assigned') event.begin(event.initial)
      if (event.kind === 'batch' && event.records.length > 0) return event.records[0]
    }
    return undefined
  } finally {
    await source.close()
  }
}
