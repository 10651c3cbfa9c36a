import type { Round, StoredState, StreamSnapshot } from '../store.js'

export const nothingStored: StoredState = { offset: undefined, streams: new Map() }

/** The state after a round: its marker, and per stream that is not forgotten the snapshot with the higher `lastOffset`. Copies the round's bytes: its buffers stay the caller's. */
export function merge(stored: StoredState, { offset, streams: changed, forgotten }: Omit<Round, 'lease'>): StoredState {
  const streams = new Map<string, StreamSnapshot>(stored.streams)
  for (const [name, { lastOffset, state }] of changed) {
    const known = streams.get(name)
    if (known === undefined || known.lastOffset <= lastOffset) streams.set(name, { lastOffset, state: new Uint8Array(state) })
  }
  for (const name of forgotten) streams.delete(name)
  return { offset, streams }
}
