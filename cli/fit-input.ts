import type { PatchBank } from '../backbones/patch-bank.js'
import type { MonitorConfig } from '../config/monitor.js'
import { configSchema } from '../config/schema.js'
import type { Codec } from '../connectors/codec.js'
import { encoded } from '../connectors/codecs/encoded.js'
import type { ComponentContext } from '../connectors/component.js'
import { readLayout } from '../connectors/files/file.js'
import type { RawRecord } from '../connectors/records.js'
import type { Source } from '../connectors/source.js'
import { type FeatureMap, featureMap, plainMap } from '../kinds/feature-map.js'
import { KindsFault } from '../kinds/inputs.js'
import type { Pictures } from '../pipelines/pictures.js'
import { nothingToRead } from './empty-input.js'
import { CommandError, unreachable } from './exit.js'
import { finiteSources, type RangeOptions } from './finite.js'
import { checkSubfolders, headerColumns, kindOf, withFile } from './own-file.js'
import { type Backbone, backboneOf, openPictures } from './picture-backbone.js'

/** What tells the group of a picture in a folder. */
const SUBFOLDER = 'subfolder'

/** What `fit` reads: finite sources, how to decode them, and what the features are. */
export interface FitInput {
  /** The monitor's own source, or the file or folder in its place. */
  readonly origin: MonitorConfig['source']
  readonly sources: readonly Source[]
  readonly codec: Codec
  readonly map: FeatureMap
  /** Only where records are pictures. */
  readonly pictures?: PictureInput | undefined
  /** For people. */
  readonly description: string
  /** What to say when the sources gave no record. */
  nothing(): Promise<string>
}

/** What makes features of pictures. */
export interface PictureInput {
  readonly pictures: Pictures
  readonly backbone: Backbone
  /** The same backbone, and patches that pictures are compared with. */
  open(banks: readonly PatchBank[]): Promise<Pictures>
  /** The same sources once more. */
  again(): readonly Source[]
  /** How many of them are degraded, at most; default: as many as teach anything. */
  readonly degraded?: number | undefined
}

/** Options of a fit without a configuration: how to read the file. */
export interface FileOptions {
  readonly features?: string | undefined
  readonly stream?: string | undefined
  readonly time?: string | undefined
  readonly group?: string | undefined
  readonly delimiter?: string | undefined
}

/** The monitor's own input, or a file of the same features in its place. */
export async function fitInput(
  config: MonitorConfig,
  data: string | undefined,
  range: RangeOptions,
  context: ComponentContext,
): Promise<FitInput> {
  const actual = data === undefined ? config : await withFile(config, data)
  await checkSubfolders(actual)
  const columns = await headerColumns(actual)
  const make = () => finiteSources(actual, range, context)
  const nothing = () => nothingToRead(actual, range, context)
  const backbone = await backboneOf(actual)
  const known = backbone?.features ?? featureNames(actual, columns, undefined)
  const sample = known === undefined ? await firstRecord(make()[0]) : undefined
  if (known === undefined && sample === undefined) throw new CommandError('reference', await nothing())
  const features = known ?? featureNames(actual, columns, sample)
  if (features === undefined)
    throw new CommandError('usage', `monitor ${config.name}: nothing tells what the features are called; list them under \`features\``)
  const map = mapFor(config, features)
  const codec = actual.decode.create({
    ...context,
    features,
    mayMiss: map.mayMiss,
    columns,
    maxMessageBytes: config.limits.messageBytes,
    groups: true,
  })
  return {
    origin: actual.source,
    sources: make(),
    codec: encoded(codec, map),
    map,
    ...(backbone && { pictures: await pictureInput(actual, backbone, codec, make) }),
    nothing,
    description: data ?? `${config.source.type} source of monitor ${config.name}`,
  }
}

const pictureInput = async (
  config: MonitorConfig,
  backbone: Backbone,
  codec: Codec,
  again: () => readonly Source[],
): Promise<PictureInput> => {
  const open = (banks?: readonly PatchBank[]) => openPictures(config, backbone, codec, banks)
  return { backbone, pictures: await open(), open, again }
}

function mapFor({ name, kinds }: MonitorConfig, features: readonly string[]): FeatureMap {
  if (kinds === undefined) return plainMap(features)
  try {
    return featureMap({ features, ...kinds })
  } catch (error) {
    if (error instanceof KindsFault) throw new CommandError('usage', `monitor ${name}: ${error.message}`, { cause: error })
    throw error
  }
}

const featureNames = (
  { features, decode }: MonitorConfig,
  columns: readonly string[] | undefined,
  sample: RawRecord | undefined,
): readonly string[] | undefined => features ?? kindOf(decode).featureNames(decode.options, { columns, sample })

/** A monitor's configuration with everything default, for a fit of a file alone. */
export async function fileConfig(data: string, out: string, budget: string, options: FileOptions): Promise<MonitorConfig> {
  const layout = await readLayout(data, options.delimiter).catch(unreachable)
  const meta = {
    ...(options.stream && { stream: options.stream }),
    ...(options.time && { time: options.time }),
    ...(options.group && { group: options.group }),
  }
  const features = options.features?.split(',').map((name) => name.trim())
  const decode =
    layout.format === 'npy'
      ? { [layout.dtype]: {} }
      : layout.format === 'csv'
        ? { csv: { ...meta, ...(features && { features }), ...(options.delimiter && { delimiter: options.delimiter }) } }
        : { json: { ...meta, features: features ?? [] } }
  return monitorOf({ file: { path: data } }, decode, out, budget)
}

/** The same for a fit of a folder of pictures alone. */
export function folderConfig(
  folder: string,
  out: string,
  budget: string,
  { interval, group }: { readonly interval?: string | undefined; readonly group?: string | undefined } = {},
): MonitorConfig {
  if (group !== undefined && group !== SUBFOLDER)
    throw new CommandError(
      'usage',
      `--group ${group}: a file has no columns; with --images only "${SUBFOLDER}" can tell what a picture is of`,
    )
  const source = { folder: { path: folder, ...(interval !== undefined && { interval }) } }
  return monitorOf(source, { image: group === undefined ? {} : { group: { key: true } } }, out, budget)
}

/** @throws CommandError with what is wrong with the fields */
function monitorOf(source: object, decode: object, out: string, budget: string): MonitorConfig {
  const monitor = {
    name: 'fit',
    source,
    decode,
    reference: { path: out },
    alerting: { falseAlarmsPerDay: budget },
    sinks: [{ stdout: {} }],
  }
  const parsed = configSchema.safeParse({ monitors: [monitor] })
  if (parsed.success) return parsed.data.monitors[0]
  throw new CommandError('usage', parsed.error.issues.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`).join('\n'))
}

/** The first record of an input, to learn the length of its vectors. */
async function firstRecord(source: Source | undefined): Promise<RawRecord | undefined> {
  if (source === undefined) return undefined
  try {
    await source.connect().catch(unreachable)
    for await (const event of source.read()) {
      if (event.kind === 'assigned') event.begin(event.initial)
      if (event.kind === 'batch' && event.records.length > 0) return event.records.at(0)
    }
    return undefined
  } finally {
    await source.close()
  }
}
