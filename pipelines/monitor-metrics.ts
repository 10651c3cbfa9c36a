import type { AlertKind, Severity } from '../alerts/severity.js'
import { streamStates } from '../alerts/stream-state.js'
import type { RejectReason } from '../connectors/codec.js'
import { type PageTransition, pageTransitions } from '../connectors/pager.js'
import { type HushReason, hushReasons } from '../connectors/paging/hush.js'
import type { DeadLetterReason, SinkReason } from '../connectors/sink.js'
import { BoundedNames } from '../telemetry/bounded-names.js'
import type { Catalogue } from './metric-catalogue.js'
import { controlTypes, type HeatmapOutcome, heatmapOutcomes, rebaselineOutcomes, type Stage } from './metric-labels.js'
import { plainSamples, type Samples } from './metric-samples.js'
import { kindsAndSeverities, zero } from './metric-zeroes.js'
import { SetupMetrics } from './setup-metrics.js'
import type { StreamGauges } from './stream-gauges.js'

/** What bounds the labels of one monitor's metrics. */
export interface MonitorLabels {
  readonly detectors: readonly string[]
  /** Names of the sinks. */
  readonly sinks: readonly string[]
  /** Streams with series of their own; all further ones are "other". */
  readonly maxStreams: number
}

/** Features with series of their own for their missing values; all further ones are "other". */
const MOST_FEATURES = 100

/** One monitor's metrics by what happens, counted per batch. Numbers that are not finite are counted, never thrown at the pipeline. */
export class MonitorMetrics {
  /** What the monitor works with. */
  readonly setup: SetupMetrics
  readonly #all: Catalogue
  readonly #monitor: string
  readonly #streams: BoundedNames
  readonly #features = new BoundedNames(MOST_FEATURES, () => undefined)

  constructor(all: Catalogue, monitor: string, labels: MonitorLabels) {
    this.setup = new SetupMetrics(all, monitor)
    this.#all = all
    this.#monitor = monitor
    this.#streams = new BoundedNames(labels.maxStreams, (stream) => this.#zeroStream(stream))
    zero(all, monitor, labels)
    const none = () => 0
    for (const name of plainSamples) all[name].sample({ monitor }, none)
    this.sample({ streamStates: none, open: none })
  }

  /** A batch of n records came from the source. */
  received(n: number): void {
    this.#all.batches.inc({ monitor: this.#monitor })
    this.#all.received.inc({ monitor: this.#monitor }, n)
  }

  /** The rows of a batch were scored. */
  scored({
    n,
    streams,
    streamOf,
  }: {
    readonly n: number
    readonly streams: readonly string[]
    readonly streamOf: ArrayLike<number>
  }): void {
    const rows = new Uint32Array(streams.length)
    for (let i = 0; i < n; i++) rows[streamOf[i]]++
    streams.forEach((stream, i) => {
      this.#all.scored.inc({ monitor: this.#monitor, stream: this.#streams.label(stream) }, rows[i])
    })
  }

  /** Rows came later than others of their stream that are younger. */
  outOfOrder(n: number): void {
    this.#all.outOfOrder.inc({ monitor: this.#monitor }, n)
  }

  /** Rows were too late for every window. */
  tooLate(n: number): void {
    this.#all.tooLate.inc({ monitor: this.#monitor }, n)
  }

  /** So many scored records lacked a feature. */
  incomplete(records: number): void {
    this.#all.incomplete.inc({ monitor: this.#monitor }, records)
  }

  /** So many scored records of a stream lacked the feature. */
  missing(stream: string, feature: string, records: number): void {
    const labels = { stream: this.#streams.label(stream), feature: this.#features.label(feature) }
    this.#all.missing.inc({ monitor: this.#monitor, ...labels }, records)
  }

  /** A slow copy of the reference has taken a step. */
  adapted(): void {
    this.#all.adaptations.inc({ monitor: this.#monitor })
  }

  rejected(reason: RejectReason, n = 1): void {
    this.#all.rejected.inc({ monitor: this.#monitor, reason }, n)
  }

  deadLettered(reason: DeadLetterReason, n = 1): void {
    this.#all.deadLetters.inc({ monitor: this.#monitor, reason }, n)
  }

  /** A stage was done with a batch. */
  stage(stage: Stage, seconds: number): void {
    if (this.#finite('stage_duration_seconds', seconds)) this.#all.stage.observe({ monitor: this.#monitor, stage }, seconds)
  }

  /** A batch came to its end, so many seconds after it left the source. */
  finished(seconds: number): void {
    if (this.#finite('end_to_end_latency_seconds', seconds)) this.#all.latency.observe({ monitor: this.#monitor }, seconds)
  }

  /** Rarities a = -log10(lambda) of a batch's evaluations by one detector. */
  logRates(detector: string, rates: ArrayLike<number>): void {
    const invalid = this.#all.logRate.observeAll({ monitor: this.#monitor, detector }, rates)
    if (invalid > 0) this.#all.notFinite.inc({ metric: 'driftwatch_score_log_rate' }, invalid)
  }

  /** p-values of scores of one detector. */
  pValues(detector: string, values: ArrayLike<number>): void {
    const invalid = this.#all.pValue.observeAll({ monitor: this.#monitor, detector }, values)
    if (invalid > 0) this.#all.notFinite.inc({ metric: 'driftwatch_score_p_value' }, invalid)
  }

  lag(topic: string, partition: number, records: number): void {
    this.#all.lag.set({ monitor: this.#monitor, topic, partition: String(partition) }, records)
  }

  /** The partition has another owner now. */
  partitionGone(topic: string, partition: number): void {
    this.#all.lag.remove({ monitor: this.#monitor, topic, partition: String(partition) })
  }

  stateSaved(bytes: number): void {
    this.#all.stateRounds.inc({ monitor: this.#monitor })
    this.#all.stateBytes.inc({ monitor: this.#monitor }, bytes)
  }

  alertOpened(stream: string, kind: AlertKind, severity: Severity): void {
    this.#all.opened.inc({ monitor: this.#monitor, stream: this.#streams.label(stream), kind, severity })
  }

  alertResolved(kind: AlertKind, severity: Severity): void {
    this.#all.resolved.inc({ monitor: this.#monitor, kind, severity })
  }

  delivered(sink: string): void {
    this.#all.delivered.inc({ monitor: this.#monitor, sink })
  }

  /** One try failed. */
  deliveryFailed(sink: string, reason: SinkReason): void {
    this.#all.deliveryFailures.inc({ monitor: this.#monitor, sink, reason })
  }

  /** A sink will never have the event. */
  lost(sink: string): void {
    this.#all.lost.inc({ monitor: this.#monitor, sink })
  }

  /** A sink calls people; so many of its pages are held back. */
  paging(sink: string, heldBack: () => number): void {
    const of = { monitor: this.#monitor, sink }
    for (const transition of pageTransitions) this.#all.paged.inc({ ...of, transition }, 0)
    for (const why of hushReasons) this.#all.suppressed.inc({ ...of, why }, 0)
    this.#all.heldBack.sample(of, heldBack)
  }

  paged(sink: string, transition: PageTransition): void {
    this.#all.paged.inc({ monitor: this.#monitor, sink, transition })
  }

  suppressed(sink: string, why: HushReason): void {
    this.#all.suppressed.inc({ monitor: this.#monitor, sink, why })
  }

  budget(alertsPerDay: number): void {
    this.#all.budget.set({ monitor: this.#monitor }, alertsPerDay)
  }

  /** The budget allowed so many more false alarms while records flowed. */
  budgetSpent(alerts: number): void {
    if (this.#finite('expected_false_alarms_total', alerts)) this.#all.expected.inc({ monitor: this.#monitor }, alerts)
  }

  /** The monitor draws heatmaps. */
  drawing(): void {
    for (const outcome of heatmapOutcomes) this.#all.heatmaps.inc({ monitor: this.#monitor, outcome }, 0)
  }

  heatmap(outcome: HeatmapOutcome): void {
    this.#all.heatmaps.inc({ monitor: this.#monitor, outcome })
  }

  /** The monitor listens to control messages. */
  listening(): void {
    for (const type of controlTypes) this.#all.control.inc({ monitor: this.#monitor, type }, 0)
    for (const step of rebaselineOutcomes) this.#all.rebaselines.inc({ monitor: this.#monitor, step }, 0)
  }

  controlled(type: (typeof controlTypes)[number]): void {
    this.#all.control.inc({ monitor: this.#monitor, type })
  }

  rebaselined(step: (typeof rebaselineOutcomes)[number]): void {
    this.#all.rebaselines.inc({ monitor: this.#monitor, step })
  }

  /** From now on the given gauges are read from here at every scrape. */
  sample(samples: Partial<Samples>): void {
    const monitor = this.#monitor
    for (const name of plainSamples) if (samples[name] !== undefined) this.#all[name].sample({ monitor }, samples[name])
    const { streamStates: inState, open } = samples
    if (inState !== undefined) for (const state of streamStates) this.#all.streamStates.sample({ monitor, state }, () => inState(state))
    if (open === undefined) return
    for (const [kind, severity] of kindsAndSeverities) this.#all.open.sample({ monitor, kind, severity }, () => open(kind, severity))
  }

  /** What a stream is called in labels. */
  label(stream: string): string {
    return this.#streams.label(stream)
  }

  /** From now on what is told of each stream is read from here at every scrape. */
  listStreams(gauges: StreamGauges): void {
    const monitor = this.#monitor
    this.#all.streamStatus.list(monitor, () => gauges.states().map(([stream, value]) => [{ monitor, stream }, value]))
    this.#all.streamAlert.list(monitor, () => gauges.open().map((labels) => [{ monitor, ...labels }, 1]))
    this.#all.rarity.list(monitor, () => gauges.rarities().map(([labels, a]) => [{ monitor, ...labels }, a]))
    this.#all.windowEffect.list(monitor, () => gauges.effects().map(([labels, effect]) => [{ monitor, ...labels }, effect]))
    this.#all.contribution.list(monitor, () => gauges.contributions().map(({ labels, ratio }) => [{ monitor, ...labels }, ratio]))
    this.#all.contributionSigma.list(monitor, () => gauges.contributions().map(({ labels, sigma }) => [{ monitor, ...labels }, sigma]))
  }

  #finite(metric: string, value: number): boolean {
    if (Number.isFinite(value)) return true
    this.#all.notFinite.inc({ metric: `driftwatch_${metric}` })
    return false
  }

  #zeroStream(stream: string): void {
    this.#all.scored.inc({ monitor: this.#monitor, stream }, 0)
    for (const [kind, severity] of kindsAndSeverities) this.#all.opened.inc({ monitor: this.#monitor, stream, kind, severity }, 0)
  }
}
