import { setTimeout as sleep } from 'node:timers/promises'
import { closeThreads, hungThreads } from '../backbones/worker-thread.js'

/** Longest wait, in ms, for the batch that a worker is at. */
const LONGEST_BATCH = 1000

/**
 * Ends the process with this exit code; by SIGKILL where a thread does not come back from a model or a driver, for `process.exit` waits for
 * every thread, and nothing else ends a process in which one hangs.
 */
export async function endProcess(code: number): Promise<void> {
  const ended = await Promise.race([closeThreads().then(() => true), sleep(LONGEST_BATCH, false)])
  if (!ended || hungThreads() > 0) process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}
