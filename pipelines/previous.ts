import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Values } from '../connectors/codec.js'
import type { Batch } from './batch.js'

/** What record detectors that compare a row with the one before it need of a batch. */
export interface Previous {
  /** n x d: the row before each in its stream, which may be of an earlier batch; a stream's first row has itself. */
  readonly rows: Values
  /** Of each stream the last row up to the end of this batch. */
  readonly lasts: readonly (Float64Array | undefined)[]
}

/** Finds every row's predecessor. Runs ahead of the fold, so the last rows travel with the batch. */
export function previousOf(
  { n, d, values, states, stateOf }: Pick<Batch, 'n' | 'd' | 'values' | 'states' | 'stateOf'>,
  memory: ArrayMemory,
): Previous {
  const rows = values instanceof Float32Array ? memory.take(Float32Array, n * d) : memory.take(Float64Array, n * d)
  const lastRow = new Int32Array(states.length).fill(-1)
  const row = (at: number) => values.subarray(at * d, (at + 1) * d)
  for (let at = 0; at < n; ) {
    const state = stateOf[at]
    const last = lastRow[state]
    let end = at + 1
    while (end < n && stateOf[end] === state) end++
    rows.set(last >= 0 ? row(last) : (states[state].ahead.last ?? row(at)), at * d)
    rows.set(values.subarray(at * d, (end - 1) * d), (at + 1) * d)
    lastRow[state] = end - 1
    at = end
  }
  const lasts = states.map(({ ahead }, state) => {
    if (lastRow[state] >= 0) ahead.last = Float64Array.from(row(lastRow[state]))
    return ahead.last
  })
  return { rows, lasts }
}
