import { setTimeout as wait } from 'node:timers/promises'

/** Resolves with the work, but after so many ms or with the signal at the latest; the work goes on. Never rejects. */
export async function within(ms: number, signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const late = wait(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined)
  await Promise.race([late, work.catch(() => undefined)])
  over.abort()
}
