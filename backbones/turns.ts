/** Of threads that share a device: 1 while one of them is at work on it. Undefined where they need not wait for one another. */
export type Turns = Int32Array<SharedArrayBuffer> | undefined

/**
 * Threads of this process take turns at WebGPU: ONNX Runtime 1.30 has one WebGPU context for all sessions of a process and no lock around it.
 * Two threads in it at once fail with `exceeds maxNumPendingDispatches`, or the process crashes.
 */
const webgpu = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** To be made on the main thread and given to the worker. */
export const turnsAt = (provider: string): Turns => (provider === 'webgpu' ? webgpu : undefined)

const [FREE, TAKEN] = [0, 1]

/** Does the work when no other thread is at its own; blocks a worker thread until then. */
export async function inTurn<Result>(turns: Turns, work: () => Promise<Result>): Promise<Result> {
  if (turns === undefined) return work()
  while (Atomics.compareExchange(turns, 0, FREE, TAKEN) !== FREE) Atomics.wait(turns, 0, TAKEN)
  try {
    return await work()
  } finally {
    Atomics.store(turns, 0, FREE)
    Atomics.notify(turns, 0, 1)
  }
}
