interface Offer<Item> {
  readonly item: Item
  settle(taken: boolean): void
}

interface Reader<Event> {
  resolve(result: IteratorResult<Event, undefined>): void
  reject(error: Error): void
}

/**
 * Hands what many producers offer to one reader, piece by piece, with no queue: `offer` resolves when the reader took
 * the item. Signals (few and small) overtake offers and wait in a list.
 *
 * Leaving the reader's loop closes nothing: producers wait until the next `next`, a `withdraw` or the `close`.
 */
export class Channel<Signal, Item> implements AsyncIterable<Signal | Item> {
  readonly #signals: Signal[] = []
  #offers: Offer<Item>[] = []
  #reader: Reader<Signal | Item> | undefined
  #ended = false
  #error: Error | undefined

  /** Puts an event before all offers. Never blocks. */
  signal(event: Signal): void {
    if (this.#ended) return
    if (this.#reader) this.#hand(this.#reader, event)
    else this.#signals.push(event)
  }

  /** Resolves with true when the reader took the item, with false when it was withdrawn or the channel ended. */
  offer(item: Item): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false)
    if (this.#reader) {
      this.#hand(this.#reader, item)
      return Promise.resolve(true)
    }
    return new Promise((settle) => this.#offers.push({ item, settle }))
  }

  /** Takes back the offers that match. */
  withdraw(matches: (item: Item) => boolean): void {
    const withdrawn = this.#offers.filter(({ item }) => matches(item))
    this.#offers = this.#offers.filter(({ item }) => !matches(item))
    for (const { settle } of withdrawn) settle(false)
  }

  /** No more events; the reader still gets the signals that wait, then the end, or `error` once. */
  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.withdraw(() => true)
    if (this.#reader) this.#next().then(this.#reader.resolve, this.#reader.reject)
    this.#reader = undefined
  }

  /** Ends the reader's loop now. */
  close(): void {
    this.#signals.length = 0
    this.end()
  }

  [Symbol.asyncIterator](): AsyncIterator<Signal | Item, undefined> {
    return { next: () => this.#next(), return: async () => ({ done: true, value: undefined }) }
  }

  async #next(): Promise<IteratorResult<Signal | Item, undefined>> {
    const signal = this.#signals.shift()
    if (signal !== undefined) return { done: false, value: signal }
    const offer = this.#offers.shift()
    if (offer !== undefined) {
      offer.settle(true)
      return { done: false, value: offer.item }
    }
    if (this.#ended) return this.#finish()
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  #finish(): { done: true; value: undefined } {
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
    return { done: true, value: undefined }
  }

  #hand(reader: Reader<Signal | Item>, value: Signal | Item): void {
    this.#reader = undefined
    reader.resolve({ done: false, value })
  }
}
