/** The arrays that the columns of batches are made of. */
export type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

interface Kind<Array extends Numbers> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Array
}

/** Bytes that are kept for later, at most, and bytes of the smallest buffer. */
const MOST_KEPT = 32 * 1024 * 1024
const LEAST = 64

/**
 * Memory for columns, used again: it lies outside of the heap, and every 64 MB of it that become garbage cost a collection of
 * the whole heap, which was a sixth of the main thread's time at 64 features.
 */
export class ArrayMemory {
  /** By size, buffers that nothing refers to; the size that was asked for last comes last. */
  readonly #free = new Map<number, Set<ArrayBuffer>>()
  #kept = 0

  /** An array of `length` numbers; what stands in it is undefined. */
  take<Array extends Numbers>(kind: Kind<Array>, length: number): Array {
    const size = 2 ** Math.ceil(Math.log2(Math.max(length * kind.BYTES_PER_ELEMENT, LEAST)))
    return new kind(this.#reuse(size) ?? new ArrayBuffer(size), 0, length)
  }

  /**
   * Gives arrays back that came from here (their buffers may have been to a worker); nothing may read them any more.
   * Memory that is here already is left alone.
   */
  give(...arrays: readonly Numbers[]): void {
    for (const { buffer } of arrays) {
      const size = buffer.byteLength
      if (size === 0 || size > MOST_KEPT) continue
      const same = this.#free.get(size) ?? new Set()
      if (same.has(buffer)) continue
      this.#free.set(size, same.add(buffer))
      this.#kept += size
      this.#forget()
    }
  }

  #reuse(size: number): ArrayBuffer | undefined {
    const same = this.#free.get(size)
    if (same === undefined) return undefined
    this.#free.delete(size)
    this.#free.set(size, same)
    const [buffer] = same
    if (buffer === undefined) return undefined
    same.delete(buffer)
    this.#kept -= size
    return buffer
  }

  /** Lets go of what is too much: first of the size that was not asked for for longest. */
  #forget(): void {
    for (const [size, same] of this.#free) {
      for (const buffer of same) {
        if (this.#kept <= MOST_KEPT) return
        same.delete(buffer)
        this.#kept -= size
      }
    }
  }
}
