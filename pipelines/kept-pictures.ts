import { bounded, NAME_LENGTH } from '../alerts/names.js'
import type { RawRecord, Records } from '../connectors/records.js'
import type { PartitionRef } from '../connectors/source.js'
import type { Graded } from './batch.js'
import type { Folded } from './streams.js'

/** What a picture is had from: a record of which nothing but the value was kept. */
export type KeptPicture = Pick<RawRecord, 'offset' | 'timestamp'> & { readonly value: Buffer }

/** What a record takes in memory beside its value, roughly. */
const OVERHEAD = 512

export const bytesOf = ({ value }: KeptPicture): number => value.length + OVERHEAD

/**
 * The pictures that an alert may name when their batch is gone: of each stream the one with the highest score since its last window, and
 * the worst of its open alerts. Bounded in bytes: those of the stream that sent nothing for longest go first.
 */
export class KeptPictures {
  /** By stream, the one whose records came last at the end. */
  readonly #streams = new Map<string, readonly KeptPicture[]>()
  #bytes = 0

  constructor(private readonly most: number) {}

  /** Of a stream as alerts name it. */
  find(of: PartitionRef, stream: string, offset: number): KeptPicture | undefined {
    return this.#streams.get(keyOf(of, stream))?.find((picture) => picture.offset === offset)
  }

  /** Keeps of a batch what may be asked for later, and drops what no longer may. */
  keep({ partition: { lease }, states, raw }: Pick<Graded, 'partition' | 'states' | 'raw'>): void {
    for (const { name, folded } of states) {
      const key = keyOf(lease, bounded(name, NAME_LENGTH))
      const before = this.#take(key)
      const kept = neededOf(folded).flatMap(
        (offset) => before.find((picture) => picture.offset === offset) ?? pictureOf(raw?.records, offset) ?? [],
      )
      if (kept.length > 0) this.#put(key, kept)
    }
    for (const key of this.#streams.keys()) {
      if (this.#bytes <= this.most) break
      this.#take(key)
    }
  }

  #put(key: string, kept: readonly KeptPicture[]): void {
    this.#streams.set(key, kept)
    for (const picture of kept) this.#bytes += bytesOf(picture)
  }

  #take(key: string): readonly KeptPicture[] {
    const kept = this.#streams.get(key) ?? []
    this.#streams.delete(key)
    for (const picture of kept) this.#bytes -= bytesOf(picture)
    return kept
  }
}

const keyOf = ({ topic, partition }: PartitionRef, stream: string): string => JSON.stringify([topic, partition, stream])

const neededOf = ({ strongest, alerts }: Folded): number[] => {
  const worst = [...(alerts.record?.worst ?? []), ...(alerts.drift?.worst ?? [])]
  return [...new Set([...worst, ...(strongest === undefined ? [] : [strongest])].map(({ offset }) => offset))]
}

/** A copy: the records' memory is used again. */
export function pictureOf(records: Records | undefined, offset: number): KeptPicture | undefined {
  if (records === undefined) return undefined
  const index = records.offsets.indexOf(offset)
  const value = index < 0 ? null : records.values.at(index)
  return value === null ? undefined : { offset, timestamp: records.timestamps[index], value: Buffer.from(value) }
}
