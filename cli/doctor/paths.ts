import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fail, ok, type Verdict } from './finding.js'

/** Whether a file or folder can be written or, where it is missing, made. Finds it out without writing or making anything. */
export async function writable(kind: 'file' | 'folder', path: string): Promise<Verdict> {
  const target = resolve(path)
  const nearest = await nearestExisting(target)
  const missing = nearest !== target
  const isFolder = (await stat(nearest)).isDirectory()
  if (isFolder !== (missing || kind === 'folder')) {
    return fail(`${nearest} is ${isFolder ? 'a folder' : 'no folder'}`, `choose a path where a ${kind} can stand`)
  }
  try {
    await access(nearest, isFolder ? constants.W_OK | constants.X_OK : constants.W_OK)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail(
      `${kind} ${path}: cannot be ${missing ? 'made' : 'written'} (${message})`,
      'give this user the right to write there, or choose another path',
    )
  }
  return ok(`${kind} ${path}: ${missing ? 'will be made at the start' : 'can be written'}`)
}

/** The path itself, or the first of its parents that exists. */
async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path)
    return path
  } catch {
    return path === dirname(path) ? path : nearestExisting(dirname(path))
  }
}
