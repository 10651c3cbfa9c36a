import { setMaxListeners } from 'node:events'
import { lastValueFrom } from 'rxjs'
import type { DeadLetterSink, Sink } from '../connectors/sink.js'
import { checkpointSome } from './checkpoint.js'
import { writeCheckpoint } from './commit.js'
import type { Control } from './control.js'
import { type MonitorParts, monitor } from './monitor.js'
import type { Partition } from './streams.js'
import { turn } from './turn.js'

/** How long heatmaps that are not drawn, and events that optional sinks have not taken, are waited for at the end, in ms. */
const OPTIONAL_GRACE = 5000

interface Closable {
  close(): Promise<void>
}

/** Everything that a monitor connects to and must close again. */
export interface RunOptions {
  readonly parts: MonitorParts
  readonly sinks: readonly Sink[]
  readonly deadLetters: DeadLetterSink
  /** Knows, once it is connected, what was declared before. */
  readonly control?: Control | undefined
  /** Called when all parts are connected and records may come. */
  connected(): void
}

/**
 * Runs a monitor until its source ends or `parts.bridge.stop` is aborted: then no further batch is asked for, what is in
 * flight is delivered, the state of every partition is written and its offset committed.
 * Rejects with the first fault; what was not committed is read again by the next run.
 */
export async function runMonitor(options: RunOptions): Promise<void> {
  const { sinks, deadLetters, control } = options
  const listener = control === undefined ? [] : [control]
  const giveUp = options.parts.deliver.signal
  const over = new AbortController()
  const parts = { ...options.parts, deliver: { ...options.parts.deliver, signal: either(giveUp, over.signal) } }
  // What still waits for brokers then would wait on: closing ends it.
  const closeEarly = () => void closeAll([parts.source, parts.commit.store, ...listener])
  giveUp.addEventListener('abort', closeEarly, { once: true })
  // A model or a driver that hangs lets nothing drain, however long it is waited for.
  const [run] = await Promise.allSettled([Promise.race([watch({ ...options, parts }), refused(giveUp)])])
  giveUp.removeEventListener('abort', closeEarly)
  // After a fault, deliveries that are still on their way must not meet a sink that is closed.
  over.abort()
  const scorer = parts.judge.by === 'reference' ? [parts.judge.score.scorer] : []
  const embedder = parts.pictures === undefined ? [] : [parts.pictures]
  const heatmaps = parts.heatmaps === undefined ? [] : [parts.heatmaps]
  const closing = closeAll([
    parts.source,
    parts.commit.store,
    ...listener,
    deadLetters,
    ...sinks,
    ...scorer,
    ...heatmaps,
    ...embedder,
    parts.keeper,
  ])
  // What is to be closed may be waiting for others, such as a group for its dead members.
  const closed = await Promise.race([closing, aborted(giveUp)])
  // What cannot be closed after a fault is so because of it, and must not hide it.
  if (run.status === 'rejected') throw run.reason
  if (closed.length > 0) throw new AggregateError(closed, `closing failed: ${closed.map(text).join('; ')}`)
}

async function watch({ parts, sinks, deadLetters, control, connected }: RunOptions): Promise<void> {
  const others = [control, parts.heatmaps].filter((part) => part !== undefined)
  await connect([parts.source, parts.commit.store, deadLetters, ...sinks, ...others])
  connected()
  await lastValueFrom(monitor(parts), { defaultValue: undefined })
  for (const partition of parts.silence.partitions()) await save(parts, partition)
  await parts.heatmaps?.drain(OPTIONAL_GRACE, parts.deliver.signal)
  await parts.deliver.optional.drain(OPTIONAL_GRACE, parts.deliver.signal)
}

/** Everything that is folded: the checkpoint in the making, if there is one, then one of what changed since it was begun. */
async function save({ checkpoint, commit }: MonitorParts, partition: Partition): Promise<void> {
  for (let rounds = partition.draft === undefined ? 1 : 2; rounds > 0; await turn()) {
    const outcome = checkpointSome(checkpoint, partition)
    await writeCheckpoint(commit, outcome)
    if (outcome.round !== undefined) rounds--
  }
}

/** Something that a monitor needs could not be reached at its start. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
}

/** Connects all at once and reports every fault, not only the first. */
async function connect(all: readonly { connect(): Promise<void> }[]): Promise<void> {
  const faults = faultsOf(await Promise.allSettled(all.map((one) => one.connect())))
  if (faults.length > 0) throw new ConnectError(faults.map(text).join('\n'), { cause: faults[0] })
}

/** Closes everything, also when some of it fails to; returns the faults. */
const closeAll = async (closables: readonly Closable[]): Promise<unknown[]> =>
  faultsOf(await Promise.allSettled(closables.map((one) => one.close())))

/** Aborted with the first of the two; every write that waits may listen to it. */
function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  const signal = AbortSignal.any([one, other])
  setMaxListeners(0, signal)
  return signal
}

/** Resolves, with no faults, once the signal is aborted. */
const aborted = (signal: AbortSignal): Promise<unknown[]> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve([])
    signal.addEventListener('abort', () => resolve([]), { once: true })
  })

const refused = async (signal: AbortSignal): Promise<never> => {
  await aborted(signal)
  throw new Error('given up before all was finished')
}

const faultsOf = (settled: readonly PromiseSettledResult<void>[]): unknown[] =>
  settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))
