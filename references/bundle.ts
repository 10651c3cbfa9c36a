import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type BundleFiles, fromFiles, isManifest, toFiles } from './manifest.js'
import { BundleFault } from './packing.js'
import type { Reference } from './reference.js'

const manifestFile = 'manifest.json'
const tensorsFile = 'tensors.safetensors'
/** A manifest of 4,096 features has about 200 kB; the tensors of one about 300 MB. */
const maxManifestBytes = 16e6
const maxTensorBytes = 2e9

/** A folder that is not a whole, unchanged bundle, or that one must not be written to; says what, where and how to mend it. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

/**
 * Reads a bundle: its two files and nothing else, no symbolic links among them. The content must still hash to its version.
 * Throws `BundleError`.
 */
export async function readBundle(folder: string): Promise<Reference> {
  try {
    const manifest = (await readFile(folder, manifestFile, maxManifestBytes)).toString('utf8')
    return fromFiles({ manifest, tensors: await readFile(folder, tensorsFile, maxTensorBytes) })
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error
    throw new BundleError(`reference ${resolve(folder)}: ${error.message}; run driftwatch fit to make it`, { cause: error })
  }
}

async function readFile(folder: string, name: string, maxBytes: number): Promise<Buffer> {
  const file = await openFile(join(folder, name), name)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new BundleFault(`${name} is not a file`)
    if (stat.size > maxBytes) throw new BundleFault(`${name} has ${stat.size} bytes, expected at most ${maxBytes}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** A link is not followed, and opening a pipe does not wait for its writer. */
async function openFile(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ELOOP') throw new BundleFault(`${name} is a symbolic link, which a bundle must not hold`, { cause: error })
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new BundleFault(`${name} is missing`, { cause: error })
    throw new BundleFault(`${name} cannot be opened (${code})`, { cause: error })
  }
}

/**
 * Writes a bundle as a whole: into a temporary folder beside it, which then takes the folder's place. An older bundle there is
 * replaced; anything else is left alone. Throws `BundleError`.
 */
export async function writeBundle(folder: string, reference: Reference): Promise<void> {
  const files = toFiles({ fittedAt: new Date().toISOString(), ...reference })
  const target = await realpath(folder).catch(() => resolve(folder))
  const replaces = await holdsBundle(target)
  const temporary = (kind: string) => join(dirname(target), `.${basename(target)}.${kind}-${randomUUID()}`)
  const [made, old] = [temporary('new'), temporary('old')]
  try {
    await writeFiles(made, files)
    if (replaces) await rename(target, old)
    await rename(made, target).catch(async (error) => {
      if (replaces) await rename(old, target)
      throw error
    })
  } finally {
    await rm(made, { recursive: true, force: true })
  }
  await rm(old, { recursive: true, force: true })
}

/** Whether there is a folder that may be replaced; throws when something else stands there. */
async function holdsBundle(target: string): Promise<boolean> {
  const refuse = (found: string): never => {
    throw new BundleError(`${target} ${found}; a reference replaces only a reference: choose another path or remove it`)
  }
  let entries: string[]
  try {
    entries = await readdir(target)
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? false : refuse('is not a folder')
  }
  const stray = entries.find((entry) => entry !== manifestFile && entry !== tensorsFile)
  if (stray !== undefined) refuse(`holds "${stray}"`)
  if (entries.length === 0) return true
  const manifest = await readFile(target, manifestFile, maxManifestBytes).catch(() => undefined)
  return manifest !== undefined && isManifest(manifest.toString('utf8')) ? true : refuse('holds files that are not a reference')
}

async function writeFiles(folder: string, files: BundleFiles): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeSynced(join(folder, manifestFile), files.manifest)
  await writeSynced(join(folder, tensorsFile), files.tensors)
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
