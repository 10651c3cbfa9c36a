import type { BulkheadPolicy } from 'cockatiel'

export interface GatherOptions<Item, Result> {
  /** Items that are worked on together, at most. */
  readonly size: number
  /** Longest wait, in ms, of an item for others that fill up its group. */
  readonly linger: number
  /** Bounds how many groups are worked on side by side. */
  readonly lanes: BulkheadPolicy
  /** One result for each item, in their order. */
  work(items: readonly Item[]): Promise<readonly Result[]>
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly since: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Works on the items of many callers in groups, in the order in which they came. What waits for a free lane is gathered, whoever
 * brought it: so groups are small while there is little to do, and full when the work falls behind.
 */
export class Gather<Item, Result> {
  readonly #queue: Waiting<Item, Result>[] = []
  /** Groups that are not full and wait for more. */
  readonly #lingering = new Set<() => void>()

  constructor(private readonly options: GatherOptions<Item, Result>) {}

  /** The results, in the order of the items. Rejects with what `work` rejects with. */
  async all(items: readonly Item[]): Promise<Result[]> {
    const { size, lanes } = this.options
    const since = performance.now()
    const results = items.map((item) => new Promise<Result>((resolve, reject) => void this.#queue.push({ item, since, resolve, reject })))
    if (this.#queue.length >= size) for (const go of this.#lingering) go()
    // At least as many groups as these items need, though they may fall to others, and these groups to what others bring.
    for (let from = 0; from < items.length; from += size) void lanes.execute(() => this.#group())
    return Promise.all(results)
  }

  async #group(): Promise<void> {
    const group = await this.#next()
    if (group.length === 0) return
    try {
      const results = await this.options.work(group.map(({ item }) => item))
      for (const [i, { resolve }] of group.entries()) resolve(results[i])
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  /** What waits, once there is enough of it for a full group or the first has waited for long enough. */
  async #next(): Promise<Waiting<Item, Result>[]> {
    const { size, linger } = this.options
    while (this.#queue.length > 0 && this.#queue.length < size) {
      const left = this.#queue[0].since + linger - performance.now()
      if (left <= 0) break
      await this.#more(left)
    }
    return this.#queue.splice(0, size)
  }

  /** Until there may be enough, at most so many ms. */
  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer)
        this.#lingering.delete(go)
        resolve()
      }
      const timer = setTimeout(go, ms)
      this.#lingering.add(go)
    })
  }
}
