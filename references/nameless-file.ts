import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A file of this process in the folder for temporary files. It has no name, so nothing is left of it however the process ends.
 * Reading and writing hold the calling thread: some kB take a few µs. Both throw what the file system says.
 */
export class NamelessFile {
  readonly #file: number
  #closed = false

  /** @param what it holds, for who looks into the folder at the moment it is made */
  constructor(what: string) {
    const path = join(tmpdir(), `driftwatch-${what}-${randomUUID()}`)
    this.#file = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done, bytes.length - done, at + done)
  }

  /** Fills `bytes` from `at` on. Returns whether the file holds as many. */
  read(bytes: Uint8Array, at: number): boolean {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, at + done)
      if (read === 0) return false
      done += read
    }
    return true
  }

  /** May be called again. */
  close(): void {
    if (!this.#closed) closeSync(this.#file)
    this.#closed = true
  }
}
