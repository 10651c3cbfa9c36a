import type { RejectPolicy } from '../alerts/feed.js'
import type { LifePolicy } from '../alerts/lifecycle.js'
import type { AlertKind } from '../alerts/severity.js'
import type { AlarmKind } from '../calibration/calibration.js'
import { ArrayMemory } from '../connectors/array-memory.js'
import type { MonitorComponents, MonitorSettings, Onlookers, StopSignals } from './assemble.js'
import type { FindingsOptions } from './findings.js'
import { Keeper } from './keeper.js'
import type { MonitorParts } from './monitor.js'
import { OptionalSinks } from './optional-sinks.js'
import { Partitions } from './partitions.js'
import { Standing } from './standing.js'
import type { StreamShape } from './streams.js'
import { Versions } from './versions.js'

const CHECKPOINT_AFTER_ALERTS = 1000
/** The severity falls after this many gaps of lower grades: an alert that is quiet for one gap has ended. */
const LOWER_AFTER_GAPS = 4
/** Least data time between two events that say that the calibration still does not hold, in ms. */
const CALIBRATION_UPDATES = 86_400_000
export const REJECTS: RejectPolicy = { block: 100, blocks: 10, high: 0.2, normal: 0.05, severe: 0.8 }

/** What the parts around the judging of records are made of. */
export interface Around {
  readonly settings: MonitorSettings
  readonly shape: StreamShape
  readonly findings: FindingsOptions
  readonly components: Omit<MonitorComponents, 'scorer'>
  readonly onlookers: Onlookers
  readonly signals: StopSignals
  /** Wall-clock ms between two checkpoints, and streams that are copied in one go at least. */
  readonly checkpoints: { readonly every: number; readonly streams: number }
}

/** The parts that do not depend on how records are judged: the way in, the streams' states, the way out. */
export function around({
  settings,
  shape,
  findings,
  components,
  onlookers,
  signals,
  checkpoints,
}: Around): Omit<MonitorParts, 'judge' | 'grade'> {
  const { source, codec, required, optional, deadLetters, store } = components
  const { inFlightRecords, inFlightBytes, streams, knownStreams, forgetAfter } = settings.limits
  const now = Date.now
  const memory = new ArrayMemory()
  let heldBack = false
  const of = { shape, referenceVersion: findings.referenceVersion, now }
  const keeper = new Keeper({ ...of, maxHeld: streams, maxKnown: knownStreams, forgetAfter })
  const inUse = { reference: findings.referenceVersion, configuration: findings.configVersion }
  const standing = new Standing(settings.name, [...required, ...optional], components.versions ?? new Versions(inUse))
  const partitions = new Partitions({
    ...of,
    store,
    keeper,
    adopted: (partition, found) => onlookers.adopted(partition, standing.adopt(partition, found)),
    dropped: (partition) => {
      standing.release(partition)
      onlookers.dropped(partition)
    },
  })
  return {
    source,
    bridge: {
      credits: { records: inFlightRecords, bytes: inFlightBytes },
      assigned: (event) => partitions.adopt(event),
      revoked: ({ lease }) => partitions.drop(lease),
      onLoan: (records, bytes) => {
        heldBack = records >= inFlightRecords || bytes >= inFlightBytes
        onlookers.onLoan(records, bytes)
      },
      stop: signals.stop,
    },
    pictures: components.pictures,
    decode: {
      codec,
      d: shape.d,
      forgetAfter,
      partition: (batch) => partitions.of(batch),
      stream: (partition, name) => keeper.stream(partition, name),
      now: () => performance.now(),
      memory,
    },
    checkpoint: {
      keeper,
      every: checkpoints.every,
      afterAlerts: CHECKPOINT_AFTER_ALERTS,
      streams: checkpoints.streams,
      now,
    },
    silence: {
      ...findings,
      noData: settings.alerting.noData,
      partitions: () => partitions.all(),
      recall: (partition, name) => keeper.recall(partition, name),
      heldBack: () => heldBack,
      now,
    },
    deliver: {
      required,
      optional: new OptionalSinks(optional),
      deadLetters,
      signal: signals.giveUp,
      delivered: onlookers.delivered,
      lost: (sink, event, error) => onlookers.lost(sink, event.data.stream, error),
      deadLettered: onlookers.deadLettered,
    },
    commit: {
      source,
      store,
      noted: (round) => standing.noted(round),
      committed: ({ partition, round }) => onlookers.committed(partition, roundBytes(round)),
      fenced: ({ partition }) => onlookers.fenced(partition),
    },
    inTurn: components.inTurn === true,
    keeper,
    memory,
    timer: onlookers.timer,
    watch: onlookers.watch,
  }
}

/** @param gaps evaluations without alarm after which an alert ends */
export function lifePolicies(updateEvery: number, gaps: Readonly<Record<AlarmKind, number>>): Record<AlertKind, LifePolicy> {
  const policy = (gap: number) => ({ lowerAfter: LOWER_AFTER_GAPS * gap, updateEvery })
  return {
    record: policy(gaps.record),
    drift: policy(gaps.drift),
    feed: policy(1),
    calibration: { lowerAfter: LOWER_AFTER_GAPS, updateEvery: Math.max(updateEvery, CALIBRATION_UPDATES) },
    adaptation: { lowerAfter: LOWER_AFTER_GAPS, updateEvery: Math.max(updateEvery, CALIBRATION_UPDATES) },
  }
}

const roundBytes = (round: { readonly streams: ReadonlyMap<string, { readonly state: Uint8Array }> } | undefined): number =>
  round === undefined ? 0 : [...round.streams.values()].reduce((sum, { state }) => sum + state.byteLength, 0)
