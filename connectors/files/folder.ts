import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { instant } from '../codecs/time.js'
import type { SourceComponent } from '../component.js'
import { duration } from '../options.js'
import type { RawRecord } from '../records.js'
import { fileError, ioError } from './file-error.js'
import { type Sequence, SequentialSource } from './sequential.js'

const schema = z.strictObject({
  path: z.string().min(1).describe('The folder; its subfolders are read too'),
  extensions: z
    .array(z.string().regex(/^\.\w+$/, { error: 'expected an extension such as .jpg' }))
    .min(1)
    .default(['.jpg', '.jpeg', '.png', '.webp'])
    .describe('Files with these extensions count, in any case; others are left alone'),
  rate: z.number().min(0).default(0).describe('Files per second to keep to; 0 = as fast as they are worked off'),
  startTime: instant().prefault('1970-01-01T00:00:00Z').describe('Timestamp of the first file'),
  interval: duration().prefault('1s').describe('Time from one file to the next'),
})

/**
 * The files of a folder, one record each, in the order of their paths: the value is the file's bytes, the timestamp
 * startTime + index x interval, the key its subfolder, and the header `path` its path within the folder.
 */
export const folderSource: SourceComponent<typeof schema> = {
  type: 'folder',
  title: 'A folder of files, one record each: pictures',
  schema,
  create: ({ path, extensions, rate, startTime, interval }) =>
    new SequentialSource(new Folder(path, extensions, (offset) => startTime + offset * interval), rate),
}

/** The files of a folder and its subfolders that end so, by their paths within it, in order. @throws Error where there is none */
async function filesOf(folder: string, extensions: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOTDIR') throw fileError(folder, 'is a file, not a folder', 'give the folder that holds it', error)
    throw ioError(folder, error)
  })
  const wanted = (name: string) => extensions.some((extension) => name.toLowerCase().endsWith(extension.toLowerCase()))
  const files = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && wanted(entry.name))
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
  if (files.length === 0) throw fileError(folder, `holds no file that ends in ${extensions.join(', ')}`, 'check the folder')
  return files.sort()
}

/** Whether any file of the folder that such a source reads has a key, which is its subfolder. @throws Error as the source does */
export async function hasSubfolders(options: unknown): Promise<boolean> {
  const { path, extensions } = schema.pick({ path: true, extensions: true }).strip().parse(options)
  return (await filesOf(path, extensions)).some((file) => dirname(file) !== '.')
}

class Folder implements Sequence {
  #files: readonly string[] = []

  constructor(
    readonly topic: string,
    private readonly extensions: readonly string[],
    private readonly timestamp: (offset: number) => number,
  ) {}

  async open(): Promise<number> {
    this.#files = await filesOf(this.topic, this.extensions)
    return this.#files.length
  }

  async *read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]> {
    for (let at = offset; at < this.#files.length && !signal.aborted; at++) yield [await this.#record(at)]
  }

  async #record(offset: number): Promise<RawRecord> {
    const file = this.#files[offset]
    const path = join(this.topic, file)
    const value = await readFile(path).catch((error) => {
      throw ioError(path, error)
    })
    const folder = dirname(file)
    return { offset, timestamp: this.timestamp(offset), key: folder === '.' ? null : Buffer.from(folder), value, headers: { path: file } }
  }
}
