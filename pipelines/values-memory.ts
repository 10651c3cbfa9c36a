import type { Codec, Values } from '../connectors/codec.js'

const mostKept = 32

/**
 * Memory for the values of batches, used again: at 2 kB a record a second of fresh arrays is half a gigabyte, and every
 * 64 MB of them cost a collection of the whole heap, which was half of the time at 512 features.
 */
export class ValuesMemory {
  /** By length, arrays that nothing refers to. */
  readonly #free = new Map<number, Values[]>()
  #kept = 0

  /** An array with room for n rows; what stands in it is undefined. */
  take(dtype: Codec['dtype'], n: number, d: number): Values {
    const length = 2 ** Math.ceil(Math.log2(Math.max(n, 1))) * d
    const kept = this.#free.get(length)?.pop()
    if (kept === undefined) return dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)
    this.#kept--
    return kept
  }

  /** Gives an array back that came from here; nothing may read it any more. */
  give(values: Values): void {
    if (this.#kept >= mostKept || values.length === 0) return
    const same = this.#free.get(values.length) ?? []
    this.#free.set(values.length, same)
    same.push(values)
    this.#kept++
  }
}
