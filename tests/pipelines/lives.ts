import { setMaxListeners } from 'node:events'
import type { Scorer } from '../../backbones/scorer.js'
import type { Codec } from '../../connectors/codec.js'
import { float32, float64 } from '../../connectors/codecs/floats.js'
import type { RawRecord } from '../../connectors/records.js'
import type { Sink } from '../../connectors/sink.js'
import { assemble, type MonitorSettings, type Onlookers } from '../../pipelines/assemble.js'
import type { Graded } from '../../pipelines/batch.js'
import { runMonitor } from '../../pipelines/run.js'
import { StageTimer } from '../../pipelines/timed.js'
import type { Reference } from '../../references/reference.js'
import { silent } from '../contract/silent-logger.js'
import { Crash, Life, type LifeOptions, type World } from '../kit/world.js'
import { centred, d } from './reference.js'

const none = () => undefined
const never = new AbortController().signal
// Many lives listen to it.
setMaxListeners(0, never)

/** Nobody looks on. */
export const unobserved: Onlookers = {
  watch: { received: none, decoded: none, graded: none, raised: none, finished: none },
  timer: new StageTimer(none),
  onLoan: none,
  adopted: none,
  dropped: none,
  delivered: none,
  lost: none,
  deadLettered: none,
  committed: none,
  fenced: none,
}

/** Floats, with the stream's name as the record's key. */
export const codecOf = (dtype: Codec['dtype']): Codec => {
  const { schema, create } = dtype === 'float32' ? float32 : float64
  const features = ['f0', 'f1', 'f2']
  return create(schema.parse({ stream: { key: true } }), {
    monitor: 'watch',
    logger: silent,
    features,
    columns: undefined,
    maxMessageBytes: 1e6,
  })
}

/** What a monitor is made of, whose lives are told. */
export interface Subject {
  readonly reference: Reference
  readonly dtype: Codec['dtype']
  readonly scorer: Scorer
  readonly alerting?: Partial<MonitorSettings['alerting']>
  readonly adapt?: MonitorSettings['adapt']
  readonly deploys?: MonitorSettings['deploys']
  readonly limits?: Partial<MonitorSettings['limits']>
  /** Wall-clock ms from one checkpoint to the next, on a clock that runs 300 ms from one look to the next. */
  readonly every?: number
  /** Real ms between looks for partitions that have become quiet. */
  readonly lookEvery?: number
  /** Sinks beside the world. */
  readonly sinks?: () => readonly Sink[]
  /** Streams that a checkpoint copies in one go. */
  readonly part?: number
  /** Is told of every batch before its memory is given back. */
  readonly graded?: (batch: Graded) => void
}

/** One process from its start to its end. Rejects with `Crash` where it died; its memory is gone then, its worker is not. */
export async function live(world: World, options: LifeOptions, subject: Subject): Promise<void> {
  const {
    reference,
    dtype,
    scorer,
    alerting,
    adapt,
    deploys,
    limits,
    every = 1500,
    lookEvery = 1000,
    part = 500,
    graded = none,
    sinks = () => [],
  } = subject
  const settings: MonitorSettings = {
    name: 'watch',
    version: 'c1',
    alerting: { falseAlarmsPerDay: 200, feedback: false, relativeClearing: true, updateEvery: 20_000, ...alerting },
    adapt,
    deploys,
    limits: { inFlightRecords: 120, inFlightBytes: 1e6, streams: 100, knownStreams: 1000, forgetAfter: 1e12, ...limits },
  }
  const shared: Scorer = { provider: scorer.provider, score: (request) => scorer.score(request), close: async () => undefined }
  const { required: worldly, ...connections } = new Life(world, options).connections()
  const required = [...worldly, ...sinks()]
  const components = { codec: codecOf(dtype), scorer: shared, required, ...connections }
  const onlookers = { ...unobserved, watch: { ...unobserved.watch, graded } }
  const parts = assemble(settings, reference, components, onlookers, { stop: never, giveUp: never })
  let time = 0
  const checkpoint = { ...parts.checkpoint, every, afterAlerts: lookEvery, streams: part, now: () => (time += 300) }
  await runMonitor({ parts: { ...parts, checkpoint }, sinks: required, deadLetters: components.deadLetters, connected: none })
}

/** Lives one after the other until one reaches the end of the input; returns how many it took. */
export async function untilTheEnd(world: World, subject: Subject, next: (life: number) => LifeOptions): Promise<number> {
  for (let lives = 1; ; lives++) {
    const died = await live(world, next(lives), subject).then(
      () => false,
      (error) => {
        if (!(error instanceof Crash)) throw error
        return true
      },
    )
    if (!died) return lives
    // What the dead life still had on its way comes to nothing before the next begins.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Moves one feature of a stream by so many sigma, for `count` of its records from its record `from` on. */
export interface Fault {
  readonly stream: number
  readonly feature: number
  readonly from: number
  readonly count: number
  readonly sigma: number
}

export interface InputOptions {
  readonly seed: number
  readonly dtype: Codec['dtype']
  readonly partitions: number
  /** Streams of each partition, and records of each stream. */
  readonly streams: number
  readonly each: number
  readonly faults: readonly Fault[]
  /** Whether the record at this offset is cut off, so that it cannot be decoded. */
  readonly broken: (partition: number, offset: number) => boolean
}

/** Per partition its records: its streams take turns, a second apart. Fault `stream` counts through all partitions. */
export function inputOf({ seed, dtype, partitions, streams, each, faults, broken }: InputOptions): RawRecord[][] {
  const n = streams * each
  return Array.from({ length: partitions }, (_, partition) => {
    const rows = centred(n, seed + partition)
    for (const { stream, feature, from, count, sigma } of faults) {
      if (Math.floor(stream / streams) !== partition) continue
      for (let row = from; row < Math.min(each, from + count); row++)
        rows[(row * streams + (stream % streams)) * d + feature] += sigma * (1 + feature)
    }
    return Array.from({ length: n }, (_, offset): RawRecord => {
      const row = rows.slice(offset * d, (offset + 1) * d)
      const value = dtype === 'float32' ? Buffer.from(Float32Array.from(row).buffer) : Buffer.from(row.buffer)
      return {
        offset,
        timestamp: Date.UTC(2026, 0, 1) + 1000 * Math.floor(offset / streams),
        key: Buffer.from(`s${partition * streams + (offset % streams)}`),
        value: broken(partition, offset) ? value.subarray(1) : value,
      }
    })
  })
}
