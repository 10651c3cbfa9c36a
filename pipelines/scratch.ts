import { tmpdir } from 'node:os'
import { NamelessFile } from '../references/nameless-file.js'

/** Where bytes lie in a scratch file. */
export interface Place {
  readonly at: number
  readonly length: number
}

/** Places are whole multiples of it, so that one that was freed fits others of about its size. */
const UNIT = 256

/**
 * A nameless file for bytes that need no memory meanwhile, made when it is first needed. A freed place goes to the next bytes of as many
 * units, so the file is as large as the most that was ever held of each size.
 */
export class Scratch {
  readonly #free = new Map<number, number[]>()
  #file: NamelessFile | undefined
  #end = 0

  /** Throws an `Error` with the mend when the folder cannot be written or is full. */
  put(bytes: Uint8Array): Place {
    const at = this.#room(unitsOf(bytes.length))
    try {
      this.#file ??= new NamelessFile('scratch')
      this.#file.write(bytes, at)
    } catch (error) {
      throw new Error(
        `the state of silent streams cannot be written to the temporary folder ${tmpdir()}: ${error instanceof Error ? error.message : error}; ` +
          'set TMPDIR to a folder with room, or raise limits.streams so that all streams stay in memory',
        { cause: error },
      )
    }
    return { at, length: bytes.length }
  }

  read({ at, length }: Place): Uint8Array {
    const bytes = new Uint8Array(length)
    if (this.#file?.read(bytes, at) !== true)
      throw new Error(`the scratch file of this process ends before byte ${at + length}: something has cut it off`)
    return bytes
  }

  /** The bytes there are needed no more. */
  free({ at, length }: Place): void {
    const units = unitsOf(length)
    const places = this.#free.get(units)
    if (places === undefined) this.#free.set(units, [at])
    else places.push(at)
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
    this.#free.clear()
    this.#end = 0
  }

  #room(units: number): number {
    const free = this.#free.get(units)?.pop()
    if (free !== undefined) return free
    const at = this.#end
    this.#end += units * UNIT
    return at
  }
}

const unitsOf = (length: number): number => Math.ceil(length / UNIT)
