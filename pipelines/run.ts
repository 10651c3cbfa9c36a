import { lastValueFrom } from 'rxjs'
import type { DeadLetterSink, Sink } from '../connectors/sink.js'
import { checkpointNow } from './checkpoint.js'
import { writeCheckpoint } from './commit.js'
import { type MonitorParts, monitor } from './monitor.js'

interface Closable {
  close(): Promise<void>
}

/** Everything that a monitor connects to and must close again. */
export interface RunOptions {
  readonly parts: MonitorParts
  readonly sinks: readonly Sink[]
  readonly deadLetters: DeadLetterSink
  /** Called when all parts are connected and records may come. */
  connected(): void
}

/**
 * Runs a monitor until its source ends or `parts.bridge.stop` is aborted: then no further batch is asked for, what is in
 * flight is delivered, the state of every partition is written and its offset committed.
 * Rejects with the first fault; what was not committed is read again by the next run.
 */
export async function runMonitor({ parts, sinks, deadLetters, connected }: RunOptions): Promise<void> {
  const { source } = parts
  const { store } = parts.commit
  const closables: Closable[] = [source, store, deadLetters, ...sinks, parts.score.scorer]
  try {
    await connect([source, store, deadLetters, ...sinks])
    connected()
    await lastValueFrom(monitor(parts), { defaultValue: undefined })
    for (const partition of parts.silence.partitions()) await writeCheckpoint(parts.commit, checkpointNow(parts.checkpoint, partition))
  } finally {
    await closeAll(closables)
  }
}

/** Something that a monitor needs could not be reached at its start. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
}

/** Connects all at once and reports every fault, not only the first. */
async function connect(all: readonly { connect(): Promise<void> }[]): Promise<void> {
  const faults = (await Promise.allSettled(all.map((one) => one.connect()))).flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  )
  if (faults.length > 0) throw new ConnectError(faults.map(text).join('\n'), { cause: faults[0] })
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Closes everything, also when some of it fails to. */
async function closeAll(closables: readonly Closable[]): Promise<void> {
  const faults = (await Promise.allSettled(closables.map((one) => one.close()))).flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  )
  if (faults.length > 0) throw new AggregateError(faults, `closing failed: ${faults.map(text).join('; ')}`)
}
