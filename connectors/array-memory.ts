/** The arrays that the columns of batches are made of. */
export type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

interface Kind<Array extends Numbers> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Array
}

/** Bytes that are kept for later, at most. */
const MOST_KEPT = 32 * 1024 * 1024

/**
 * Memory for columns, used again: it lies outside of the heap, and every 64 MB of it that become garbage cost a collection of
 * the whole heap, which was a fifth of the time at 64 features and half of it at 512.
 */
export class ArrayMemory {
  /** By size, buffers that nothing refers to. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #kept = 0

  /** An array of `length` numbers; what stands in it is undefined. */
  take<Array extends Numbers>(kind: Kind<Array>, length: number): Array {
    const size = 2 ** Math.ceil(Math.log2(Math.max(length * kind.BYTES_PER_ELEMENT, 64)))
    const kept = this.#free.get(size)?.pop()
    if (kept !== undefined) this.#kept -= size
    return new kind(kept ?? new ArrayBuffer(size), 0, length)
  }

  /** Gives arrays back that came from here (their buffers may have been to a worker); nothing may read them any more. */
  give(...arrays: readonly Numbers[]): void {
    for (const { buffer } of arrays) {
      const size = buffer.byteLength
      if (size === 0 || this.#kept + size > MOST_KEPT) continue
      const same = this.#free.get(size) ?? []
      this.#free.set(size, same)
      same.push(buffer)
      this.#kept += size
    }
  }
}
