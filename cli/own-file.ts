import { z } from 'zod'
import { Choice } from '../config/choice.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { CodecKind } from '../connectors/codecs/codec-kind.js'
import { lastSegment } from '../connectors/codecs/path.js'
import { codecs } from '../connectors/codecs/registry.js'
import { type FileLayout, fileSource, readLayout } from '../connectors/files/file.js'
import { folderSource, hasSubfolders } from '../connectors/files/folder.js'
import { readHeader } from '../connectors/files/text-file.js'
import { CommandError, unreachable } from './exit.js'

type Decode = MonitorConfig['decode']

/**
 * A monitor that reads a file of its features in place of its own input, decoded as the file needs it: the fields of a JSON
 * message are the columns of a csv file that are called like the last segment of their path, a row of an npy file is a vector.
 * @throws CommandError when the file cannot be read, or cannot hold what the monitor decodes
 */
export async function withFile(config: MonitorConfig, path: string): Promise<MonitorConfig> {
  if (config.decode.type === 'image') return withFolder(config, path)
  const layout = await readLayout(path, delimiterOf(config.decode)).catch(unreachable)
  return { ...config, source: new Choice(fileSource, fileSource.schema.parse({ path })), decode: decodeFor(layout, config, path) }
}

/** A folder of pictures in place of the input of a monitor of pictures. */
const withFolder = (config: MonitorConfig, path: string): MonitorConfig => ({
  ...config,
  source: new Choice(folderSource, folderSource.schema.parse({ path })),
  decode: chosen('image', keyed(config.decode)),
})

/** A file of a folder has a key, its subfolder, but neither fields nor headers of a message. */
function keyed({ options }: Decode): object {
  const places = Object.entries(placesSchema.parse(options))
  return Object.fromEntries(places.filter(([, where]) => typeof where === 'object' && where !== null && 'key' in where))
}

function decodeFor(layout: FileLayout, config: MonitorConfig, path: string): Decode {
  const { decode } = config
  if (layout.format === 'npy') return chosen(layout.dtype, {})
  if (layout.format === 'ndjson') {
    if (decode.type === 'json') return decode
    throw new CommandError('usage', `${path}: holds JSON, but monitor ${config.name} decodes ${decode.type}; give a csv or npy file`)
  }
  if (decode.type === 'csv') return decode
  const { stream, time, label, group } = placesSchema.parse(decode.options)
  const column = (where: unknown) =>
    typeof where === 'string' ? layout.columns.find((name) => name === where || name === lastSegment(where)) : undefined
  const features = config.features ?? kindOf(decode).featureNames(decode.options, { columns: layout.columns, sample: undefined })
  const options = {
    delimiter: delimiterOf(decode),
    features: features?.map((name) => column(name) ?? name),
    stream: column(stream),
    time: column(time),
    label: column(label),
    group: column(group),
  }
  return chosen('csv', Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)))
}

const place = z.unknown().optional()
const placesSchema = z.object({ stream: place, time: place, label: place, group: place })

/** @throws CommandError where groups are the subfolders of a folder that has none, before anything is read */
export async function checkSubfolders({ source, decode }: MonitorConfig): Promise<void> {
  const { group } = placesSchema.parse(decode.options)
  if (source.type !== folderSource.type || !z.object({ key: z.unknown() }).safeParse(group).success) return
  if (await hasSubfolders(source.options).catch(unreachable)) return
  const { path } = z.object({ path: z.string() }).parse(source.options)
  throw new CommandError('usage', `${path} has no subfolders to tell the groups of pictures by; put the pictures of each group into one`)
}

/** Whether a decoding says where the group of a record stands. */
export const readsGroups = ({ options }: Decode): boolean => placesSchema.parse(options).group !== undefined

const delimiterOf = (decode: Decode): string | undefined => z.object({ delimiter: z.string().optional() }).parse(decode.options).delimiter

function chosen(type: string, options: object): Decode {
  const kind = codecs.find((codec) => codec.type === type)
  if (kind === undefined)
    throw new CommandError('usage', `there is no codec for ${type}; expected ${codecs.map((codec) => codec.type).join(', ')}`)
  return new Choice(kind, kind.schema.parse(options))
}

/** The codec that a monitor's `decode` names, as one that also tells the features. */
export const kindOf = (decode: Decode): CodecKind => {
  const kind = codecs.find(({ type }) => type === decode.type)
  if (kind === undefined) throw new Error(`no codec is called ${decode.type}`)
  return kind
}

const fileOptions = z.object({ path: z.string(), header: z.boolean() })
const csvOptions = z.object({ delimiter: z.string(), columns: z.array(z.string()).optional() })

/** Column names from the header line of a csv file, where the codec needs them. @throws CommandError when the file cannot be read */
export async function headerColumns({ source, decode }: MonitorConfig): Promise<readonly string[] | undefined> {
  if (source.type !== 'file' || decode.type !== 'csv') return undefined
  const { path, header } = fileOptions.parse(source.options)
  const { delimiter, columns } = csvOptions.parse(decode.options)
  return header && columns === undefined ? await readHeader(path, delimiter).catch(unreachable) : undefined
}
