/**
 * Which offsets of one partition are finished. Batches are begun in offset order and may finish in any order;
 * the position moves only up to the lowest unfinished batch, so committing it never skips a record.
 */
export class Ledger {
  readonly #open: { readonly end: number; done: boolean }[] = []
  #position: number

  /** @param start offset of the first record that will be read */
  constructor(start: number) {
    this.#position = start
  }

  /** The next offset to read if the process died now. */
  get position(): number {
    return this.#position
  }

  /** Batches begun and not yet counted into the position. */
  get pending(): number {
    return this.#open.length
  }

  /**
   * Notes a batch that reaches up to (not including) `end`, and returns what to call once when it is finished.
   * Throws when batches are begun out of order: the source broke its contract.
   */
  begin(end: number): () => void {
    const last = this.#open.at(-1)?.end ?? this.#position
    if (end < last) throw new RangeError(`a batch up to offset ${end} was begun after one up to ${last}`)
    const entry = { end, done: false }
    this.#open.push(entry)
    return () => {
      entry.done = true
      while (this.#open[0]?.done) this.#position = this.#open.shift()!.end
    }
  }
}
