import { ArrayMemory } from '../../array-memory.js'

/** Answers to fetches: one is put together while another is decoded, and one waits. */
export class AnswerMemory {
  /** Room for the columns of what is decoded. */
  readonly columns = new ArrayMemory()
  readonly #lent = new WeakMap<ArrayBufferLike, { readonly bytes: Uint8Array<ArrayBuffer>; holders: number }>()

  /** Room for an answer of `length` bytes, whose memory stays its own until `release` was called once, and once for each `hold`. */
  take(length: number): Buffer {
    const bytes = this.columns.take(Uint8Array, length)
    this.#lent.set(bytes.buffer, { bytes, holders: 1 })
    return Buffer.from(bytes.buffer, 0, length)
  }

  /** Somebody else reads the answer that `view` is of, too. */
  hold(view: Buffer): void {
    const lent = this.#lent.get(view.buffer)
    if (lent !== undefined) lent.holders++
  }

  /** One reads it no more. A view of other memory is none of ours. */
  release(view: Buffer): void {
    const lent = this.#lent.get(view.buffer)
    if (lent === undefined || --lent.holders > 0) return
    this.#lent.delete(view.buffer)
    this.columns.give(lent.bytes)
  }
}
