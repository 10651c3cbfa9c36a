import { threadId } from 'node:worker_threads'

/** Of threads that share a device: the id of the one that is at work on it, 0 while none is. Undefined where they need not wait for one another. */
export type Turns = Int32Array<SharedArrayBuffer> | undefined

/**
 * Threads of this process take turns at WebGPU: ONNX Runtime 1.30 has one WebGPU context for all sessions of a process and no lock around it.
 * Two threads in it at once fail with `exceeds maxNumPendingDispatches`, or the process crashes.
 */
const webgpu = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** To be made on the main thread and given to the worker. */
export const turnsAt = (provider: string): Turns => (provider === 'webgpu' ? webgpu : undefined)

/** No worker thread has this id. */
const FREE = 0

/** Does the work when no other thread is at its own; blocks a worker thread until then. */
export async function inTurn<Result>(turns: Turns, work: () => Promise<Result>): Promise<Result> {
  if (turns === undefined) return work()
  for (let at = FREE; ; Atomics.wait(turns, 0, at)) {
    at = Atomics.compareExchange(turns, 0, FREE, threadId)
    if (at === FREE) break
  }
  try {
    return await work()
  } finally {
    endTurn(turns, threadId)
  }
}

/** Whether it is the turn of this thread. */
export const hasTurn = (turns: Turns, thread: number): boolean => turns !== undefined && Atomics.load(turns, 0) === thread

/** Ends the turn of a thread, if it has it: also to be called for one that is gone, which may have died within. */
export function endTurn(turns: Turns, thread: number): void {
  if (turns === undefined || Atomics.compareExchange(turns, 0, thread, FREE) !== thread) return
  Atomics.notify(turns, 0, 1)
}
