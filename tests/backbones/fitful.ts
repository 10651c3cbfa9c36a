import type { Turns } from '../../backbones/turns.js'

/** Of threads that hang: how many do, and whether they may come back. Memory that threads share. */
export type Gate = Int32Array<SharedArrayBuffer>
export const newGate = (): Gate => new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))

/** Lets the threads that hang come back. */
export function open(gate: Gate): void {
  Atomics.store(gate, 1, 1)
  Atomics.notify(gate, 1)
}

export interface FitfulSetup {
  readonly turns?: Turns
}

/** `echo`: answers with the word. `fail`: says that it cannot. `hang`: comes back once the gate is open. `exit`: dies, as of no memory. */
export interface FitfulTask {
  readonly kind: 'echo' | 'fail' | 'hang' | 'exit'
  readonly word?: string
  readonly gate?: Gate
}
