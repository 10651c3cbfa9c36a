import { access, constants, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryOf, writeDurably } from '../files/durable.js'

/** What the folder may hold; the oldest files go first. */
export interface HeatmapBounds {
  readonly files: number
  readonly bytes: number
}

/** A file of this folder's, or what a crash left of one; whatever else lies there is left alone. */
const ours = /^heatmap-.+-[0-9a-f]{16}\.png(\.tmp)?$/

/** A folder of heatmaps, each under a name that says what it is of: a file is there whole or not at all, and written once. */
export class HeatmapFolder {
  /** Bytes by name, the oldest first. */
  readonly #sizes = new Map<string, number>()
  #bytes = 0

  constructor(
    private readonly path: string,
    private readonly most: HeatmapBounds,
  ) {}

  /** Makes the folder and looks at what it holds. Throws when this user may not write it. */
  async connect(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true })
      await access(this.path, constants.R_OK | constants.W_OK)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const mend = 'give this user the right to write it, or set another folder'
      throw new Error(`pictures.heatmaps.folder ${this.path}: cannot be written (${message}); ${mend}`, { cause: error })
    }
    const found = await Promise.all((await readdir(this.path)).filter((name) => ours.test(name)).map((name) => this.#look(name)))
    const files = found.filter((file) => file !== undefined).sort((one, other) => one.written - other.written)
    for (const { name, size } of files) this.#add(name, size)
    await this.#prune()
  }

  /** Looks at the folder itself, which others may write and clear too. */
  async has(name: string): Promise<boolean> {
    return (await this.#look(name)) !== undefined
  }

  /** Undefined where it is not there (any more), or larger than so many bytes. */
  async read(name: string, most: number): Promise<Buffer | undefined> {
    const file = await this.#look(name)
    if (file === undefined || file.size > most) return undefined
    return readFile(join(this.path, name)).catch(() => undefined)
  }

  /** Then the oldest files beyond the bounds are deleted. Throws when the disk is full, say; nothing is left of the file then. */
  async write(name: string, png: Uint8Array): Promise<void> {
    const path = join(this.path, name)
    try {
      // As the umask allows: others serve them.
      await writeDurably(path, png, 0o666)
    } catch (error) {
      await rm(temporaryOf(path), { force: true }).catch(() => undefined)
      throw error
    }
    this.#add(name, png.length)
    await this.#prune()
  }

  #add(name: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(name) ?? 0)
    this.#sizes.delete(name)
    this.#sizes.set(name, size)
  }

  /** Never the newest. One that cannot be deleted counts no more: the next start finds it again. */
  async #prune(): Promise<void> {
    for (const [name, size] of this.#sizes) {
      if (this.#sizes.size <= 1 || (this.#sizes.size <= this.most.files && this.#bytes <= this.most.bytes)) return
      this.#sizes.delete(name)
      this.#bytes -= size
      await rm(join(this.path, name), { force: true }).catch(() => undefined)
    }
  }

  async #look(name: string): Promise<{ name: string; size: number; written: number } | undefined> {
    const found = await stat(join(this.path, name)).catch(() => undefined)
    return found && { name, size: found.size, written: found.mtimeMs }
  }
}
