import { createHash } from 'node:crypto'
import { access, constants, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { StoreComponent } from '../component.js'
import { writeDurably } from '../files/durable.js'
import type { PartitionRef } from '../source.js'
import type { Round, StateStore, StoredState } from '../store.js'
import { merge, nothingStored } from './merge.js'
import { ProcessLock } from './process-lock.js'
import { decodeState, encodeState, type Owner } from './state-file.js'

const schema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'Folder of the state files, one per partition; made when it is missing. A second process of the same monitor on this machine is refused',
    ),
})

/**
 * State in files. A round rewrites its partition's file whole (temporary name, fsync, rename, fsync of the folder), so a crash
 * leaves the old round or the new one, never a mixture; the cost of a round grows with the number of streams of the partition.
 * What was loaded or saved stays in memory, so that a round writes but does not read; hence one process per monitor and folder.
 */
export const fileStore: StoreComponent<typeof schema> = {
  type: 'file',
  title: 'Keeps state in files of a folder, one per partition',
  schema,
  create: ({ path }, { monitor }) => new FileStore(path, monitor),
}

class FileStore implements StateStore {
  readonly #known = new Map<string, StoredState>()
  readonly #lock: ProcessLock

  constructor(
    private readonly folder: string,
    private readonly monitor: string,
  ) {
    this.#lock = new ProcessLock(join(folder, `${safeName(monitor, monitor)}.lock`))
  }

  /** Makes the folder, and checks that this user may use it and that no other process does. */
  async connect(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true })
      await access(this.folder, constants.R_OK | constants.W_OK)
    } catch (error) {
      throw new Error(
        `state folder ${this.folder}: cannot be written (${messageOf(error)}); give this user the right to write it, or set another path`,
        {
          cause: error,
        },
      )
    }
    await this.#lock.take().catch((error) => {
      throw new Error(`state folder ${this.folder}, monitor ${this.monitor}: ${messageOf(error)}`, { cause: error })
    })
  }

  async load(partition: PartitionRef): Promise<StoredState> {
    const owner = { ...partition, monitor: this.monitor }
    const path = this.#pathOf(owner)
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const stored = await readState(path, owner)
    this.#known.set(path, stored)
    return stored
  }

  async save(round: Round): Promise<void> {
    const { topic, partition } = round.lease
    const owner = { topic, partition, monitor: this.monitor }
    const state = merge(await this.load(owner), round)
    const path = this.#pathOf(owner)
    await writeDurably(path, encodeState(owner, state))
    this.#known.set(path, state)
  }

  async close(): Promise<void> {
    this.#known.clear()
    await this.#lock.release()
  }

  #pathOf({ monitor, topic, partition }: Owner): string {
    return join(this.folder, `${safeName(`${monitor}.${topic}`, [monitor, topic])}.${partition}.state`)
  }
}

/** A file name that is safe for any topic and monitor: readable in part, told apart by a hash of what it stands for. */
function safeName(text: string, identity: unknown): string {
  const readable = text.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-80)
  return `${readable}.${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)}`
}

async function readState(path: string, owner: Owner): Promise<StoredState> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return nothingStored
    throw new Error(`state file ${path}: cannot be read (${messageOf(error)}); give this user the right to read it`, { cause: error })
  }
  try {
    return decodeState(bytes, owner)
  } catch (error) {
    throw new Error(`state file ${path}: ${messageOf(error)}; put back a copy of it, or delete it: its streams then begin anew`, {
      cause: error,
    })
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
