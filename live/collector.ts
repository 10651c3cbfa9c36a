import { isAnomaly } from '../alerts/severity.js'
import type { StandingAlert } from '../connectors/sink.js'
import type { Batch, Outcome } from '../pipelines/batch.js'
import type { Looker } from '../pipelines/looker.js'
import type { Stage } from '../pipelines/metric-labels.js'
import type { Partition } from '../pipelines/streams.js'
import { AlertBook } from './alerts.js'
import { Gallery } from './gallery.js'
import { PValueBins } from './p-values.js'
import { PipelineMeter } from './pipeline-meter.js'
import { type Entry, StreamBook } from './streams.js'
import { StretchOf } from './stretch.js'
import type { Judged, Subject } from './subject.js'
import type { ChangeView, PipelineView, StreamHistory } from './view.js'

/** Looks between two searches for streams that are gone. */
const FORGET_EVERY = 10
const CHANGES = 50

export interface CollectorOptions {
  readonly monitor: string
  /** Streams with a history, at most. */
  readonly streams: number
  /** Most records between the source and the commit. */
  readonly credits: number
  /** Records that are described between two looks, at most: what stands out in one takes a microsecond to find. */
  readonly described: number
}

/**
 * Gathers what the live page shows of one monitor, in memory that is bounded whatever comes. It looks on beside the pipeline and adds to a
 * record's cost a few nanoseconds per detector; what is dear (what stands out in a record, p-values) is done for few of them.
 */
export class Collector implements Looker {
  #subject: Subject | undefined
  #detectors: readonly string[] = []
  #pValues = new PValueBins([])
  #stretches: StretchOf[] = []
  readonly alerts = new AlertBook()
  readonly gallery = new Gallery()
  readonly streams: StreamBook
  readonly #pipeline: PipelineMeter
  readonly #partitions = new Set<Partition>()
  readonly #names = new Map<string, number>()
  readonly #time = { evaluations: 0, open: 0, opened: 0 }
  #looks = 0
  #described = 0
  #period: readonly [number, number] | undefined
  readonly #renewals: ChangeView[] = []

  constructor(private readonly options: CollectorOptions) {
    this.streams = new StreamBook(options.streams, 0)
    this.#pipeline = new PipelineMeter(options.credits)
  }

  get subject(): Subject | undefined {
    return this.#subject
  }

  get pValues(): PValueBins {
    return this.#pValues
  }

  /** Records that were judged, those with an alert open after them, and alerts about records or drift that opened. */
  get time(): { readonly evaluations: number; readonly open: number; readonly opened: number } {
    return this.#time
  }

  /** Streams that are known, also those that are not listed, or that have not sent anything since the start. */
  get streamCount(): number {
    const known = [...this.#partitions].reduce((sum, { streams, evicted }) => sum + streams.size + evicted.size, 0)
    return Math.max(known, this.streams.size)
  }

  /** Data time of the first and the last record, as far as first and last records of batches tell. */
  get period(): readonly [number, number] | undefined {
    return this.#period
  }

  /** The monitor is about to run, or to run anew with another reference. */
  begin(subject: Subject): void {
    const before = this.#subject
    this.#subject = subject
    const detectors = [...subject.scales.record, ...subject.scales.drift].map(({ detector }) => detector)
    if (before !== undefined && before.referenceVersion !== subject.referenceVersion) this.#renewed(subject.referenceVersion)
    // An earlier life's partitions are nobody's any more, and its limits were others.
    this.#partitions.clear()
    this.#stretches = []
    if (String(detectors) === String(this.#detectors)) return
    this.#detectors = detectors
    this.#pValues = new PValueBins(detectors)
    this.streams.begin(detectors.length)
  }

  adopted(partition: Partition, open: readonly StandingAlert[]): void {
    this.#partitions.add(partition)
    this.alerts.adopt(partition.lease, open)
  }

  dropped(partition: Partition): void {
    this.#partitions.delete(partition)
    this.alerts.release(partition.lease)
  }

  stage(stage: Stage, seconds: number): void {
    this.#pipeline.stage(stage, seconds)
  }

  received(): void {
    this.#pipeline.received()
  }

  onLoan(records: number): void {
    this.#pipeline.onLoan(records)
  }

  decoded(batch: Pick<Batch, 'rejected'>): void {
    this.#pipeline.rejected(batch.rejected.length)
  }

  graded(batch: Judged): void {
    const subject = this.#subject
    if (subject === undefined) return
    this.#pipeline.graded(batch.n)
    this.#countTime(batch)
    const now = Date.now()
    const entries = batch.states.map((state) => this.streams.saw(state, batch.partition, now))
    this.#fold(subject, batch, entries)
    this.#pValues.sample(subject, batch)
    for (const [i, entry] of entries.entries()) if (entry !== undefined) entry.records = batch.states[i].folded.count
  }

  raised({ events }: Pick<Outcome, 'events'>): void {
    if (events.length === 0) return
    const now = Date.now()
    for (const event of events) {
      this.alerts.add(event, now)
      this.streams.alerted(event)
      if (event.data.transition === 'opened' && isAnomaly(event.data.kind)) this.#time.opened++
    }
  }

  /** To be called about once a second: what is told per second is of the time since the last look. */
  look(): void {
    this.#pipeline.look()
    this.#described = 0
    if (++this.#looks % FORGET_EVERY === 0) this.streams.forget()
  }

  pipeline(): PipelineView {
    return this.#pipeline.show(
      [...this.#partitions].reduce((sum, { unread, end, ledger }) => sum + unread + Math.max(0, end - ledger.position), 0),
    )
  }

  /** Deploys, and references that took the place of others; oldest first. */
  changes(): ChangeView[] {
    const deploys = this.#subject?.deploys?.last(CHANGES) ?? []
    const shown = deploys.map(({ at, version, note }): ChangeView => ({ what: 'deploy', version, at, ...(note !== undefined && { note }) }))
    return [...shown, ...this.#renewals].sort((one, other) => one.at - other.at).slice(-CHANGES)
  }

  /** What is kept of a stream, from the span on that holds `since` (ms of data time); undefined where nothing is. */
  history(stream: string, since?: number): StreamHistory | undefined {
    const entry = this.streams.find(stream)
    if (entry?.history === undefined) return undefined
    const names = [...this.#names.keys()]
    const { effects, features, ...columns } = entry.history.columns(since)
    return {
      monitor: this.options.monitor,
      stream,
      ...columns,
      effects: effects.map((values, j) => ({ detector: this.#detectors[j], values })),
      features: features.map((of) => of.map(({ feature, sigma }) => ({ feature: names[feature], sigma }))),
      episodes: entry.episodes,
    }
  }

  /** Each record and window into the span of its time, in the order of the records. */
  #fold(subject: Subject, batch: Judged, entries: readonly (Entry | undefined)[]): void {
    const { n, stateOf, times, windows } = batch
    while (this.#stretches.length < entries.length) this.#stretches.push(new StretchOf(subject.scales))
    let window = 0
    for (let row = 0; row < n; row++) {
      const state = stateOf[row]
      const entry = entries[state]
      const stretch = this.#stretches[state]
      if (entry?.history !== undefined && entry.records >= subject.warmUp) {
        entry.latest = Math.max(entry.latest, times[row])
        if (entry.latest >= stretch.end) {
          this.#close(subject, batch, entry, stretch)
          stretch.begin(entry.latest, entry.history.endOf(entry.latest))
        }
        if (batch.own === undefined || batch.own[row] !== undefined) stretch.record(batch, row)
      }
      for (; windows[window]?.row === row; window++) if (stretch.end > 0) stretch.window(batch, window)
    }
    for (const [state, entry] of entries.entries()) {
      if (entry !== undefined) this.#close(subject, batch, entry, this.#stretches[state])
      this.#stretches[state].end = 0
    }
  }

  #close(subject: Subject, batch: Judged, { history }: Entry, stretch: StretchOf): void {
    if (stretch.end === 0 || history === undefined) return
    const place = history.at(stretch.time)
    if (stretch.row >= 0 && history.rarest('record', place, stretch.rarest)) {
      const found = this.#described++ < this.options.described ? subject.deviations(batch, stretch.row) : []
      history.describe(
        place,
        found.map(({ feature, sigma }) => ({ feature: this.#number(feature), sigma })),
      )
    }
    if (stretch.rarestWindow > Number.NEGATIVE_INFINITY) history.rarest('drift', place, stretch.rarestWindow)
    stretch.effects((detector, effect) => history.effect(detector, place, effect))
  }

  #number(feature: string): number {
    let number = this.#names.get(feature)
    if (number === undefined) {
      number = this.#names.size
      this.#names.set(feature, number)
    }
    return number
  }

  #countTime({ n, inAlarm, times }: Judged): void {
    this.#time.evaluations += n
    for (let i = 0; i < n; i++) this.#time.open += inAlarm[i]
    if (n === 0) return
    const [from, to] = this.#period ?? [times[0], times[0]]
    this.#period = [Math.min(from, times[0]), Math.max(to, times[n - 1])]
  }

  #renewed(version: string): void {
    this.#renewals.push({ what: 'reference', version, at: this.#period?.[1] ?? Date.now() })
    if (this.#renewals.length > CHANGES) this.#renewals.shift()
  }
}
