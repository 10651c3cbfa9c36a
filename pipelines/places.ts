import type { Lease } from '../connectors/source.js'
import type { Partition } from './streams.js'

/** How far a partition has come. */
interface Place {
  /** Records that the log holds after the last one that was read. */
  unread: number
  /** The offset after the last record that was read. */
  read: number
  /** Since when its oldest record that was read waits for its commit. */
  waiting: number | undefined
}

/** How far each partition has come: its lag, and how long what was read waits for its commit. */
export class Places {
  readonly #places = new Map<Lease, Place>()

  adopted({ lease, ledger }: Partition): void {
    this.#places.set(lease, { unread: 0, read: ledger.position, waiting: undefined })
  }

  dropped({ lease }: Partition): void {
    this.#places.delete(lease)
  }

  /** @param unread records that the log held after the batch */
  received(lease: Lease, unread: number): void {
    const place = this.#places.get(lease)
    if (place !== undefined) place.unread = unread
  }

  /** @param end the offset after the last record that was read */
  read({ lease }: Partition, end: number): void {
    const place = this.#places.get(lease)
    if (place === undefined) return
    place.read = end
    place.waiting ??= performance.now()
  }

  committed({ lease, ledger }: Partition): void {
    const place = this.#places.get(lease)
    if (place !== undefined) place.waiting = ledger.position < place.read ? performance.now() : undefined
  }

  /** What was read and is not finished counts: with a sink that is down, it is the part that grows. undefined: it is not ours. */
  lag({ lease, ledger }: Partition): number | undefined {
    const place = this.#places.get(lease)
    return place && place.unread + Math.max(0, place.read - ledger.position)
  }

  /** Of the record that has waited for its commit for the longest time, in seconds. */
  commitAge(): number {
    const now = performance.now()
    return [...this.#places.values()].reduce((oldest, { waiting = now }) => Math.max(oldest, now - waiting), 0) / 1000
  }
}
