import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FetchRules, Refusal } from './rules.js'

/** The bytes of a plain file whose real path, links followed, lies in an allowed folder. Throws a Refusal or an error of the file system. */
export async function readPicture(url: URL, rules: FetchRules): Promise<Uint8Array> {
  const named = pathOf(url)
  const real = await Promise.all(rules.folders.map((folder) => realpath(folder).catch(() => resolve(folder))))
  const outside = new Refusal('fetch_folder', `${named} is not in folders (${rules.folders.join(', ') || 'which is empty'})`)
  // Looked at before the file is, so that nobody learns what lies elsewhere; and again when its links are followed.
  if (!inside(named, [...rules.folders.map((folder) => resolve(folder)), ...real])) throw outside
  const path = await realpath(named)
  if (!inside(path, real)) throw outside
  return read(path, rules)
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Refusal('fetch_malformed', `${url.protocol}//${url.host}${url.pathname} names no file of this machine: ${why}`)
  }
}

const inside = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))

async function read(path: string, { maxBytes: limit }: FetchRules): Promise<Uint8Array> {
  // A link put in its place meanwhile is not followed, and a pipe does not keep us waiting.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Refusal('fetch_missing', `${path} is no plain file`)
    if (stats.size > limit) throw new Refusal('fetch_too_large', `${path} has ${stats.size} bytes; the limit is ${limit}`)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
