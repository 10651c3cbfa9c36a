import type { Logger } from 'pino'
import { budgetUse } from '../alerts/budget-watch.js'
import type { AlertEvent } from '../alerts/event.js'
import { isAnomaly } from '../alerts/severity.js'
import { shareInAlarm } from '../calibration/realised.js'
import { type Copy, findingOf } from '../calibration/slow-copy.js'
import type { DeadLetter } from '../connectors/sink.js'
import { sample, uniforms } from '../detectors/random.js'
import type { Onlookers } from './assemble.js'
import type { Batch, Graded, Outcome, Rarity } from './batch.js'
import type { Loan } from './bridge.js'
import { type Census, takeCensus } from './census.js'
import type { FindingsOptions } from './findings.js'
import type { Watch } from './monitor.js'
import type { MonitorMetrics } from './monitor-metrics.js'
import { Places } from './places.js'
import { StreamGauges } from './stream-gauges.js'
import type { Partition } from './streams.js'
import { StageTimer } from './timed.js'

export interface ObserverOptions {
  readonly metrics: MonitorMetrics
  readonly logger: Logger
  readonly credits: { readonly records: number; readonly bytes: number }
  readonly detectors: { readonly record: readonly string[]; readonly drift: readonly string[] }
  /** By what scores are judged. */
  readonly measures: Pick<FindingsOptions, 'scales' | 'pValue'>
  readonly budgetPerDay: number
  readonly rowsPerDay: number
  /** Per column of the model what it is of, for records that lack it; numbered where left out. */
  readonly owners?: readonly string[]
  /** Records before every detector can judge a stream. */
  readonly recordsNeeded: number
}

/** A census of all streams answers all the gauges of one scrape. */
const CENSUS_LASTS = 500
/** Scores of a batch and detector whose p-value is looked up, at most: each costs some 100 ns. */
const SAMPLED = 16

/** Turns what happens in a monitor into metrics, and what an operator would act on into log lines. */
export class Observer implements Onlookers, Watch {
  readonly timer: StageTimer
  readonly watch = this
  readonly #partitions = new Set<Partition>()
  readonly #time = { evaluations: 0, open: 0 }
  #loan = { records: 0, bytes: 0 }
  #opened = 0
  #census: Census | undefined
  #censusTaken = Number.NEGATIVE_INFINITY
  readonly #places = new Places()
  readonly #streams: StreamGauges
  readonly #chance = uniforms(1)

  constructor(private readonly options: ObserverOptions) {
    const { metrics, credits, budgetPerDay } = options
    this.timer = new StageTimer((stage, seconds) => metrics.stage(stage, seconds))
    metrics.budget(budgetPerDay)
    const { scales } = options.measures
    this.#streams = new StreamGauges({ scales, label: (stream) => metrics.label(stream), refresh: () => this.#now() })
    metrics.listStreams(this.#streams)
    metrics.sample({
      inFlightRecords: () => this.#loan.records,
      inFlightBytes: () => this.#loan.bytes,
      creditRecords: () => Math.max(0, credits.records - this.#loan.records),
      creditBytes: () => Math.max(0, credits.bytes - this.#loan.bytes),
      commitAge: () => this.#places.commitAge(),
      realised: () => this.#realisedPerDay(),
      timeInAlarm: () => shareInAlarm(this.#time),
      budgetUse: () => budgetUse([...this.#partitions].map(({ feed }) => feed.budget)),
      pegged: () => this.#now().pegged,
      adaptedBy: () => this.#now().adaptedBy,
      streams: () => this.#now().streams,
      evicted: () => this.#now().evicted,
      streamStates: (state) => this.#now().inState(state),
      open: (kind, severity) => this.#now().open(kind, severity),
    })
  }

  readonly onLoan = (records: number, bytes: number): void => {
    this.#loan = { records, bytes }
  }

  readonly received = ({ batch }: Loan): void => {
    this.options.metrics.received(batch.records.length)
    this.#places.received(batch.lease, batch.lag)
  }

  readonly decoded = (batch: Batch): void => {
    this.#places.read(batch.partition, batch.end)
    this.#showLag(batch.partition)
    for (const { reason } of batch.rejected) if (reason !== 'alert_refused') this.options.metrics.rejected(reason)
  }

  readonly graded = (batch: Graded): void => {
    const { metrics, detectors, budgetPerDay, rowsPerDay } = this.options
    metrics.scored({ n: batch.n, streams: batch.states.map(({ name }) => name), streamOf: batch.stateOf })
    metrics.outOfOrder(batch.outOfOrder)
    metrics.tooLate(batch.byTime?.late.length ?? 0)
    metrics.budgetSpent((batch.n * budgetPerDay) / rowsPerDay)
    for (const [j, name] of detectors.record.entries()) metrics.logRates(name, raritiesOf(batch.record, j, detectors.record.length))
    for (const [j, name] of detectors.drift.entries()) metrics.logRates(name, raritiesOf(batch.drift, j, detectors.drift.length))
    this.#streams.graded(batch)
    this.#countChances(batch)
    this.#countTime(batch)
    this.#countGaps(batch)
    for (const { row, copy } of batch.adapted) this.#noteStep(batch.states[batch.stateOf[row]].name, copy)
  }

  /** At once, not when a sink has taken it: an open alert must show while every sink is down. */
  readonly raised = ({ events }: Outcome): void => {
    for (const event of events) {
      this.#streams.raised(event)
      this.#note(event)
    }
  }

  readonly finished = ({ partition, arrived }: Outcome): void => {
    if (arrived !== undefined) this.options.metrics.finished((performance.now() - arrived) / 1000)
    this.#showLag(partition)
  }

  readonly adopted = (partition: Partition): void => {
    const { lease, ledger, streams, evicted } = partition
    this.#partitions.add(partition)
    this.#places.adopted(partition)
    this.options.logger.info(
      { topic: lease.topic, partition: lease.partition, offset: ledger.position, streams: streams.size + evicted.size },
      'partition assigned',
    )
  }

  readonly dropped = (partition: Partition): void => {
    const { topic, partition: number } = partition.lease
    this.#partitions.delete(partition)
    this.#places.dropped(partition)
    this.options.metrics.partitionGone(topic, number)
    this.options.logger.info({ topic, partition: number }, 'partition given up')
  }

  readonly delivered = (sink: string): void => this.options.metrics.delivered(sink)

  readonly lost = (sink: string, stream: string, error: unknown): void => {
    this.options.metrics.lost(sink)
    this.options.logger.error({ sink, stream, error: message(error) }, 'an alert event was not delivered')
  }

  readonly deadLettered = (letters: readonly DeadLetter[]): void => {
    for (const { reason } of letters) this.options.metrics.deadLettered(reason)
    const { origin, reason, detail } = letters[0]
    this.options.logger.warn({ count: letters.length, first: { ...origin, reason, detail } }, 'dead letters written')
  }

  readonly committed = (partition: Partition, bytes: number): void => {
    this.#places.committed(partition)
    this.options.metrics.stateSaved(bytes)
  }

  readonly fenced = ({ lease }: Partition): void => {
    this.options.logger.info(
      { topic: lease.topic, partition: lease.partition },
      'a commit came after the partition had moved; its new owner reads on from the last one',
    )
  }

  #now(): Census {
    if (performance.now() - this.#censusTaken > CENSUS_LASTS) {
      this.#streams.begin()
      this.#census = takeCensus(this.#partitions, this.options.recordsNeeded, (...stream) => this.#streams.count(...stream))
      this.#streams.end()
      this.#censusTaken = performance.now()
    }
    return this.#census ?? takeCensus([], this.options.recordsNeeded)
  }

  #showLag(partition: Partition): void {
    const { topic, partition: number } = partition.lease
    const lag = this.#places.lag(partition)
    if (lag !== undefined) this.options.metrics.lag(topic, number, lag)
  }

  /** Alerts per day of data, a day being as many records as the calibration says. */
  #realisedPerDay(): number {
    return this.#time.evaluations === 0 ? 0 : (this.#opened * this.options.rowsPerDay) / this.#time.evaluations
  }

  /** A sample of the p-values, for they must be even where the stream is like the reference. */
  #countChances({ n, scores, windows, own }: Graded): void {
    const { metrics, detectors, measures } = this.options
    const rows = sample(n, SAMPLED, this.#chance)
    for (const [j, name] of detectors.record.entries()) {
      const chances =
        own === undefined ? rows.map((row) => measures.pValue(name, scores[j][row])) : rows.flatMap((row) => own[row]?.p ?? [])
      metrics.pValues(name, chances)
    }
    const due = sample(windows.length, SAMPLED, this.#chance)
    for (const [j, name] of detectors.drift.entries()) {
      metrics.pValues(
        name,
        due.map((i) => measures.pValue(name, windows[i].scores[j])),
      )
    }
  }

  #countTime(batch: Graded): void {
    this.#time.evaluations += batch.n
    for (let i = 0; i < batch.n; i++) this.#time.open += batch.inAlarm[i]
  }

  /** A reference never changes in silence. */
  #noteStep(stream: string, copy: Copy): void {
    const { metrics, logger } = this.options
    metrics.adapted()
    logger.info({ stream, ...findingOf(copy) }, 'reference adapted')
  }

  #countGaps({ gaps, states, stateOf }: Graded): void {
    if (gaps === undefined) return
    const { metrics, owners = [] } = this.options
    metrics.incomplete(gaps.size)
    const counts = states.map(() => new Map<string, number>())
    for (const [row, { missing }] of gaps) {
      const of = counts[stateOf[row]]
      for (const feature of new Set(missing.map((column) => owners[column] ?? String(column)))) of.set(feature, (of.get(feature) ?? 0) + 1)
    }
    for (const [i, of] of counts.entries()) for (const [feature, count] of of) metrics.missing(states[i].name, feature, count)
  }

  #note({ data }: AlertEvent): void {
    const { metrics, logger } = this.options
    const { kind, severity, stream, transition, alertId, summary } = data
    if (transition === 'opened') {
      metrics.alertOpened(stream, kind, severity)
      if (isAnomaly(kind)) this.#opened++
    }
    if (transition === 'resolved') metrics.alertResolved(kind, severity)
    logger.info({ alert: alertId, stream, kind, severity, transition, summary }, `alert ${transition}`)
  }
}

/** Rarities of the evaluations in which detector j of its kind was the rarest. */
const raritiesOf = ({ a, detector }: Rarity, j: number, detectors: number): Float64Array =>
  detectors === 1 ? a : a.filter((_, i) => detector[i] === j)

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
