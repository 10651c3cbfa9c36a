/**
 * Lets timers and sockets have their turn. Between batches that are at hand nothing else would: promises and the worker's
 * messages are served before them, so that under full load heartbeats and the metrics page would wait for ever.
 */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
