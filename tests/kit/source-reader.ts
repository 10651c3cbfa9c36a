import type { RawRecord } from '../../connectors/records.js'
import type { Assigned, RawBatch, Source, SourceEvent } from '../../connectors/source.js'

/** Reads a source event by event, as a test asks for them; every event is kept in `events`. */
export class SourceReader {
  readonly events: SourceEvent[] = []
  readonly #iterator: AsyncIterator<SourceEvent>

  constructor(readonly source: Source) {
    this.#iterator = source.read()[Symbol.asyncIterator]()
  }

  /** The next event; undefined at the end. */
  async next(): Promise<SourceEvent | undefined> {
    const { value, done } = await this.#iterator.next()
    if (done === true) return undefined
    this.events.push(value)
    return value
  }

  /** The next event, which must be an assignment. */
  async assigned(): Promise<Assigned> {
    const event = await this.next()
    if (event?.kind !== 'assigned') throw new Error(`expected an assignment, got ${event?.kind ?? 'the end'}`)
    return event
  }

  /** The next event, which must be a batch. */
  async batch(): Promise<RawBatch> {
    const event = await this.next()
    if (event?.kind !== 'batch') throw new Error(`expected a batch, got ${event?.kind ?? 'the end'}`)
    return event
  }

  /** Begins every partition at its committed or initial offset, until `enough` or the end; returns the records read meanwhile. */
  async run(enough: (records: readonly RawRecord[]) => boolean = () => false): Promise<RawRecord[]> {
    const records: RawRecord[] = []
    while (!enough(records)) {
      const event = await this.next()
      if (event === undefined) break
      if (event.kind === 'assigned') event.begin(event.committed ?? event.initial)
      if (event.kind === 'batch') records.push(...event.records)
    }
    return records
  }
}

/** For `run`: until so many records were read. */
export const count =
  (n: number) =>
  (records: readonly RawRecord[]): boolean =>
    records.length >= n
