import { z } from 'zod'
import type { StoreComponent } from '../component.js'
import type { PartitionRef } from '../source.js'
import type { Round, StateStore, StoredState } from '../store.js'
import { merge, nothingStored } from './merge.js'

const schema = z.strictObject({})

/** State that lasts as long as the process: after a restart every stream begins anew. */
export const memoryStore: StoreComponent<typeof schema> = {
  type: 'memory',
  title: 'Keeps state in memory only; a restart forgets it',
  schema,
  create: () => new MemoryStore(),
}

class MemoryStore implements StateStore {
  readonly #partitions = new Map<string, StoredState>()

  async connect(): Promise<void> {}

  async load(partition: PartitionRef): Promise<StoredState> {
    return this.#partitions.get(keyOf(partition)) ?? nothingStored
  }

  async save(round: Round): Promise<void> {
    this.#partitions.set(keyOf(round.lease), merge(await this.load(round.lease), round))
  }

  async close(): Promise<void> {}
}

const keyOf = ({ topic, partition }: PartitionRef): string => JSON.stringify([topic, partition])
