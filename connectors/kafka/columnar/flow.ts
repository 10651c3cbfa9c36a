import type { Reading } from '../feed.js'
import type { RecordSet } from './record-set.js'

/** Sets of records that wait at most: one is handed over while the next is fetched. */
const mostWaiting = 2

/** A begun partition on its way from its leader to the reader. */
export class Flow {
  /** The node to fetch from; undefined while it is looked for. */
  node: string | undefined
  /** What was fetched, in order; the first is being handed over. */
  readonly waiting: { readonly set: RecordSet; readonly logEnd: number }[] = []
  /** Resolves when all that waited is handed over. */
  drained: Promise<void> = Promise.resolve()
  /** Faults in a row. */
  faults = 0

  /** @param next the next offset to fetch */
  constructor(
    readonly reading: Reading,
    public next: number,
  ) {}

  /** Whether another set may be fetched. */
  get hungry(): boolean {
    return this.waiting.length < mostWaiting
  }

  /** Bytes that wait. */
  get held(): number {
    return this.waiting.reduce((sum, { set }) => sum + set.size, 0)
  }
}
