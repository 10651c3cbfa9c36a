import type { AlertData, AlertEvent } from '../alerts/event.js'
import { bounded, NAME_LENGTH } from '../alerts/names.js'
import { type AlertKind, isAnomaly, rank, type Severity } from '../alerts/severity.js'
import { isPegged } from '../calibration/alarm.js'
import type { Partition, StreamState } from '../pipelines/streams.js'
import { type OpenAlert, openOf } from '../pipelines/vitals.js'
import { History } from './history.js'
import type { Episode, StreamRow, StreamStatusShown } from './view.js'

/** Streams that are listed; further ones are counted only. */
const LISTED = 10_000
/** Of a stream, the latest. */
const EPISODES = 64
const SPARK = 24

/** What is kept of a stream that is listed. */
export interface Entry {
  /** As alerts say it. */
  readonly name: string
  /** In which its records were last. */
  partition: Partition
  /** As the pipeline calls it. */
  readonly stream: string
  /** Data time of its latest record, ms. */
  latest: number
  records: number
  seen: number
  pegged: boolean
  open: readonly OpenAlert[]
  /** Undefined where others have what room there is. */
  history: History | undefined
  readonly episodes: Episode[]
}

/** The streams of a monitor, in memory that does not grow with their number. */
export class StreamBook {
  readonly #entries = new Map<string, Entry>()
  #histories = 0

  constructor(
    /** Streams with a history, at most. */
    private readonly most: number,
    private detectors: number,
  ) {}

  /** Histories of other detectors are no longer of use. */
  begin(detectors: number): void {
    this.detectors = detectors
    for (const entry of this.#entries.values()) if (entry.history !== undefined) entry.history = new History(detectors)
  }

  find(name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  /** Streams that are listed. */
  get size(): number {
    return this.#entries.size
  }

  get pegged(): number {
    return [...this.#entries.values()].filter(({ pegged }) => pegged).length
  }

  /** Records of a stream have come; undefined where too many are listed already. */
  saw({ name: stream, folded }: StreamState, partition: Partition, seen: number): Entry | undefined {
    const name = bounded(stream, NAME_LENGTH)
    const entry = this.#entries.get(name) ?? this.#add(name, stream, partition)
    if (entry === undefined) return undefined
    entry.partition = partition
    entry.seen = seen
    entry.pegged = isPegged(folded.alarm)
    entry.open = openOf(folded.alerts)
    return entry
  }

  /** A stream's alert has changed; that its data are missing no batch tells. */
  alerted({ data }: AlertEvent): void {
    const entry = this.#entries.get(data.stream)
    if (entry === undefined) return
    noteEpisode(entry.episodes, data)
    if (entry.history === undefined && data.transition === 'opened') this.#makeRoom(entry)
    if (data.kind === 'feed' && data.transition !== 'resolved')
      entry.open = [...entry.open.filter(({ kind }) => kind !== 'feed'), { kind: 'feed', severity: data.severity }]
  }

  /** Lets go of streams of which the pipeline knows nothing any more. */
  forget(): void {
    for (const { name, stream, partition, history } of this.#entries.values()) {
      if (!partition.lease.revoked && (partition.streams.has(stream) || partition.evicted.has(stream))) continue
      this.#entries.delete(name)
      if (history !== undefined) this.#histories--
    }
  }

  /** The most urgent first. */
  rows(needed: number, refused: boolean): StreamRow[] {
    const rows = [...this.#entries.values()].map((entry) => rowOf(entry, needed, refused))
    return rows.sort((one, other) => urgency(other) - urgency(one) || (one.name < other.name ? -1 : 1))
  }

  #add(name: string, stream: string, partition: Partition): Entry | undefined {
    if (this.#entries.size >= LISTED) return undefined
    const history = this.#histories < this.most ? new History(this.detectors) : undefined
    if (history !== undefined) this.#histories++
    const entry = { name, stream, partition, latest: 0, records: 0, seen: 0, pegged: false, open: [], history, episodes: [] }
    this.#entries.set(name, entry)
    return entry
  }

  /** Of the streams that never had an alert, the one that was silent for longest gives its place away. */
  #makeRoom(entry: Entry): void {
    let longest: Entry | undefined
    for (const other of this.#entries.values())
      if (other.history !== undefined && other.episodes.length === 0 && other.seen < (longest?.seen ?? Number.POSITIVE_INFINITY))
        longest = other
    if (longest === undefined) return
    longest.history = undefined
    entry.history = new History(this.detectors)
  }
}

function noteEpisode(episodes: Episode[], { alertId, kind, peakSeverity, since, at, transition }: AlertData): void {
  const index = episodes.findIndex((episode) => episode.alertId === alertId)
  const episode = {
    alertId,
    kind,
    severity: peakSeverity,
    from: Date.parse(since),
    ...(transition === 'resolved' && { to: Date.parse(at) }),
  }
  if (index >= 0) episodes[index] = episode
  else episodes.push(episode)
  if (episodes.length > EPISODES) episodes.shift()
}

function rowOf({ name, records, seen, open, history }: Entry, needed: number, refused: boolean): StreamRow {
  const severity = open.reduce<Severity | undefined>(
    (highest, one) => (highest === undefined || rank(one.severity) > rank(highest) ? one.severity : highest),
    undefined,
  )
  return {
    name,
    status: statusOf(open, records < needed, refused),
    ...(severity && { severity }),
    kinds: open.map(({ kind }) => kind),
    records,
    needed,
    seen,
    spark: history?.spark(SPARK) ?? [],
  }
}

function statusOf(open: readonly OpenAlert[], learning: boolean, refused: boolean): StreamStatusShown {
  const has = (of: (kind: AlertKind) => boolean) => open.some(({ kind }) => of(kind))
  if (has((kind) => kind === 'feed')) return 'no data'
  if (has(isAnomaly)) return 'open'
  if (learning) return 'learning'
  return refused ? 'refused' : 'quiet'
}

const order: readonly StreamStatusShown[] = ['quiet', 'refused', 'learning', 'no data', 'open']
const urgency = ({ status, severity }: StreamRow): number => 10 * (severity === undefined ? 0 : 1 + rank(severity)) + order.indexOf(status)
