import { setMaxListeners } from 'node:events'
import { endProcess } from './end.js'
import { exitCodes } from './exit.js'

/** How a running command is asked to end. */
export interface Shutdown {
  /** Aborted by SIGTERM, SIGINT or `begin`: take in nothing more and finish what is in flight. */
  readonly stop: AbortSignal
  /** Aborted when that took longer than allowed: give up what is left. */
  readonly giveUp: AbortSignal
  begin(): void
  /** Stops listening to signals. */
  dispose(): void
}

/** A first signal begins an orderly end within `timeout` ms; a second one ends the process at once. */
export function shutdownOnSignals(timeout: number): Shutdown {
  const stop = new AbortController()
  const giveUp = new AbortController()
  // Every write that waits listens to it.
  setMaxListeners(0, stop.signal, giveUp.signal)
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    stop.abort()
    timer ??= setTimeout(() => giveUp.abort(), timeout)
  }
  const onSignal = () => {
    if (stop.signal.aborted) void endProcess(exitCodes.interrupted.code)
    else begin()
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  return {
    stop: stop.signal,
    giveUp: giveUp.signal,
    begin,
    dispose: () => {
      clearTimeout(timer)
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
    },
  }
}
