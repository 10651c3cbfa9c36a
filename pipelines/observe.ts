import type { Logger } from 'pino'
import type { AlertEvent } from '../alerts/event.js'
import { shareInAlarm } from '../calibration/realised.js'
import type { DeadLetter } from '../connectors/sink.js'
import type { Onlookers } from './assemble.js'
import type { Batch, Graded, Outcome, Rarity } from './batch.js'
import type { Loan } from './bridge.js'
import { type Census, takeCensus } from './census.js'
import type { MonitorMetrics } from './metrics.js'
import type { Watch } from './monitor.js'
import type { Partition } from './streams.js'
import { StageTimer } from './timed.js'

export interface ObserverOptions {
  readonly metrics: MonitorMetrics
  readonly logger: Logger
  readonly credits: { readonly records: number; readonly bytes: number }
  readonly detectors: { readonly record: readonly string[]; readonly drift: readonly string[] }
  readonly budgetPerDay: number
  readonly rowsPerDay: number
  /** Records before every detector can judge a stream. */
  readonly recordsNeeded: number
}

/** A census of all streams answers all the gauges of one scrape. */
const CENSUS_LASTS = 500

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
  /** Per partition since when its oldest finished record waits for its commit. */
  readonly #uncommitted = new Map<Partition, number>()

  constructor(private readonly options: ObserverOptions) {
    const { metrics, credits, budgetPerDay } = options
    this.timer = new StageTimer((stage, seconds) => metrics.stage(stage, seconds))
    metrics.budget(budgetPerDay)
    metrics.sample({
      inFlightRecords: () => this.#loan.records,
      inFlightBytes: () => this.#loan.bytes,
      creditRecords: () => Math.max(0, credits.records - this.#loan.records),
      creditBytes: () => Math.max(0, credits.bytes - this.#loan.bytes),
      commitAge: () => this.#commitAge(),
      realised: () => this.#realisedPerDay(),
      timeInAlarm: () => shareInAlarm(this.#time),
      pegged: () => this.#now().pegged,
      streams: () => this.#now().streams,
      streamStates: (state) => this.#now().inState(state),
      open: (kind, severity) => this.#now().open(kind, severity),
    })
  }

  readonly onLoan = (records: number, bytes: number): void => {
    this.#loan = { records, bytes }
  }

  readonly received = ({ batch }: Loan): void => {
    this.options.metrics.received(batch.records.length)
    this.options.metrics.lag(batch.lease.topic, batch.lease.partition, batch.lag)
  }

  readonly decoded = (batch: Batch): void => {
    for (const { reason } of batch.rejected) if (reason !== 'alert_refused') this.options.metrics.rejected(reason)
  }

  readonly graded = (batch: Graded): void => {
    const { metrics, detectors, budgetPerDay, rowsPerDay } = this.options
    metrics.scored({ n: batch.n, streams: batch.states.map(({ name }) => name), streamOf: batch.stateOf })
    metrics.budgetSpent((batch.n * budgetPerDay) / rowsPerDay)
    for (const [j, name] of detectors.record.entries()) metrics.logRates(name, raritiesOf(batch.record, j, detectors.record.length))
    for (const [j, name] of detectors.drift.entries()) metrics.logRates(name, raritiesOf(batch.drift, j, detectors.drift.length))
    this.#countTime(batch)
  }

  readonly finished = (outcome: Outcome): void => {
    const { partition, round } = outcome
    if (round === undefined && !partition.lease.revoked && !this.#uncommitted.has(partition))
      this.#uncommitted.set(partition, performance.now())
    if (outcome.arrived !== undefined) this.options.metrics.finished((performance.now() - outcome.arrived) / 1000)
    for (const event of outcome.events) this.#note(event)
  }

  readonly adopted = (partition: Partition): void => {
    const { lease, ledger, streams } = partition
    this.#partitions.add(partition)
    this.options.logger.info(
      { topic: lease.topic, partition: lease.partition, offset: ledger.position, streams: streams.size },
      'partition assigned',
    )
  }

  readonly dropped = (partition: Partition): void => {
    const { topic, partition: number } = partition.lease
    this.#partitions.delete(partition)
    this.#uncommitted.delete(partition)
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
    this.#uncommitted.delete(partition)
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
      this.#census = takeCensus(this.#partitions, this.options.recordsNeeded)
      this.#censusTaken = performance.now()
    }
    return this.#census ?? takeCensus([], this.options.recordsNeeded)
  }

  /** In seconds; the first that began to wait is the oldest. */
  #commitAge(): number {
    const [oldest] = this.#uncommitted.values()
    return oldest === undefined ? 0 : (performance.now() - oldest) / 1000
  }

  /** Alerts per day of data, a day being as many records as the calibration says. */
  #realisedPerDay(): number {
    return this.#time.evaluations === 0 ? 0 : (this.#opened * this.options.rowsPerDay) / this.#time.evaluations
  }

  #countTime(batch: Graded): void {
    this.#time.evaluations += batch.n
    for (let i = 0; i < batch.n; i++) this.#time.open += batch.inAlarm[i]
  }

  #note({ data }: AlertEvent): void {
    const { metrics, logger } = this.options
    const { kind, severity, stream, transition, alertId, summary } = data
    if (transition === 'opened') {
      metrics.alertOpened(stream, kind, severity)
      if (kind !== 'feed') this.#opened++
    }
    if (transition === 'resolved') metrics.alertResolved(kind, severity)
    logger.info({ alert: alertId, stream, kind, severity, transition, summary }, `alert ${transition}`)
  }
}

/** Rarities of the evaluations in which detector j of its kind was the rarest. */
const raritiesOf = ({ a, detector }: Rarity, j: number, detectors: number): Float64Array =>
  detectors === 1 ? a : a.filter((_, i) => detector[i] === j)

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
