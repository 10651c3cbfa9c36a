import { type BudgetPolicy, BudgetWatch, noBudgetState, unwatched } from '../alerts/budget-watch.js'
import type { AlertEvent } from '../alerts/event.js'
import { countRejects, dataReturned, type RejectPolicy } from '../alerts/feed.js'
import { addScore, logisticScore, newLevels } from '../alerts/levels.js'
import { rarer, type SeenRecord } from '../alerts/lifecycle.js'
import { type AlarmOutcome, type AlarmParams, isPegged, relax, step } from '../calibration/alarm.js'
import type { BudgetFinding } from '../calibration/budget-watch.js'
import type { AlarmKind } from '../calibration/calibration.js'
import { stepOwnPast } from '../calibration/own-past.js'
import { PrecisionBar, type PrecisionPolicy } from '../calibration/precision.js'
import { type Copy, findingOf, unmoved } from '../calibration/slow-copy.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Calibrated, Graded, TimeCuts } from './batch.js'
import type { Charts } from './charts.js'
import type { Explainer } from './contributions.js'
import {
  advanceAdaptation,
  advanceAlarm,
  advanceCalibration,
  advanceFeed,
  type FindingsOptions,
  type Found,
  isFiring,
  type Limited,
} from './findings.js'
import type { StreamState } from './streams.js'

export interface GradeOptions extends FindingsOptions {
  readonly memory: ArrayMemory
  readonly alarm: AlarmParams
  /** How alerts lower the bar; undefined: they do not. */
  readonly precision?: PrecisionPolicy | undefined
  readonly rejects: RejectPolicy
  /** undefined: there is no budget that could be held. */
  readonly budget: BudgetPolicy | undefined
  /** Seconds of silence after which a stream's data count as missing, if that is watched. */
  readonly silenceLimit: number | undefined
  /** Records at the start of a stream that are not evaluated, because its slow mean has not settled. */
  readonly warmUp: number
  readonly explain: Explainer
  readonly charts?: Charts | undefined
  /** Where there is no reference: least data time from one alert of a stream to the next, ms. */
  readonly refractory?: number
}

/** Folds every record, in order, into its stream's alarms and alerts; returns the events that this raises. */
export const grade =
  (options: GradeOptions) =>
  (batch: Calibrated): Graded => {
    const fold = new Fold(options, batch)
    fold.rows()
    fold.rejects()
    batch.states.forEach((state, i) => {
      state.folded.trend = batch.trends[i]
      if (batch.previous !== undefined) state.folded.last = batch.previous.lasts[i]
      if (batch.byTime !== undefined) state.folded.blocks = batch.byTime.blocks[i]
      state.folded.clock = batch.clocks[i]
      batch.partition.changed.add(state.name)
    })
    return { ...batch, events: fold.events(), inAlarm: fold.inAlarm, outOfOrder: fold.outOfOrder }
  }

class Fold {
  readonly inAlarm: Uint8Array<ArrayBuffer>
  outOfOrder = 0
  readonly #events: AlertEvent[] = []
  #nextWindow = 0
  #nextStep = 0
  #nextStart = 0
  #nextLate = 0
  /** Alerts that the row in hand has opened. */
  #opened = 0
  #alarm: AlarmParams
  readonly #precision: PrecisionBar | undefined

  constructor(
    private readonly options: GradeOptions,
    private readonly batch: Calibrated,
  ) {
    this.inAlarm = options.memory.take(Uint8Array, batch.n).fill(0)
    this.#alarm = options.alarm
    this.#precision = options.precision && new PrecisionBar(batch.partition.feed.found ?? [], options.precision)
  }

  rows(): void {
    const { batch, options } = this
    const { feed } = batch.partition
    const watch = options.budget && new BudgetWatch(feed.budget, options.budget)
    if (watch === undefined && feed.budget.trouble !== undefined && batch.n > 0) this.#unwatch(feed.budget.trouble.finding)
    for (let row = 0; row < batch.n; row++) {
      const state = batch.states[batch.stateOf[row]]
      const { folded } = state
      folded.count++
      folded.offset = batch.offsets[row]
      if (batch.times[row] < folded.time) this.outOfOrder++
      folded.time = Math.max(folded.time, batch.times[row])
      if (folded.alerts.feed !== undefined) this.#returned(state)
      if (batch.adapted[this.#nextStep]?.row === row) this.#adapted(state, batch.adapted[this.#nextStep++].copy)
      else if (folded.alerts.adaptation !== undefined && options.farthest === undefined) this.#adapted(state, undefined)
      if (folded.count <= options.warmUp) continue
      this.#level(state, row)
      this.#lower(folded.offset)
      this.#opened = 0
      // Windows by count end with the record, those by time before it: their worst record is another.
      if (batch.byTime !== undefined) this.#windowsBefore(state, row, batch.byTime)
      if (options.scales.record.length > 0) this.#record(state, row)
      if (batch.byTime === undefined) this.#windows(state, row)
      relax(folded.alarm, options.alarm.decay)
      const open = folded.alarm.record.open || folded.alarm.drift.open
      if (open) this.inAlarm[row] = 1
      // After a restart a stream may be behind the partition: then its record is counted already.
      if (folded.offset <= feed.offset) continue
      this.#precision?.add(folded.offset, this.#opened)
      if (watch === undefined) continue
      const news = watch.add(folded.offset, batch.times[row], this.#opened, open, isPegged(folded.alarm))
      if (news !== undefined) this.#add(advanceCalibration(options, batch.partition.lease, feed.alerts, news))
    }
    if (watch !== undefined) batch.partition.feed = { ...batch.partition.feed, budget: watch.state() }
    if (this.#precision !== undefined) batch.partition.feed = { ...batch.partition.feed, found: this.#precision.found(this.#readAgain) }
  }

  /** The share of records of the partition that could not be used. */
  rejects(): void {
    const { partition, arrivals, end } = this.batch
    const { feed, lease } = partition
    const { state, findings } = countRejects(feed.rejects, arrivals, this.options.rejects)
    partition.feed = { ...feed, offset: Math.max(feed.offset, end - 1), rejects: state }
    for (const { observation, evidence } of findings) {
      this.#add(advanceFeed(this.options, lease, undefined, feed.alerts, observation, evidence))
    }
  }

  /** In the order of the records that raised them; without those that an earlier run has delivered. */
  events(): AlertEvent[] {
    const { silentUntil } = this.batch.partition
    return this.#events
      .filter((event) => event.data.origin.offset >= silentUntil)
      .sort((one, other) => one.data.origin.offset - other.data.origin.offset)
  }

  /** Where earlier alerts lower the bar, to that of the offset. */
  #lower(offset: number): void {
    const bar = this.#precision?.at(offset)
    if (bar !== undefined && bar !== this.#alarm.bar) this.#alarm = { ...this.#alarm, bar }
  }

  /** After a crash records may be read again from here on: from the last checkpoint but one that was begun. */
  get #readAgain(): number {
    const { draft, marked } = this.batch.partition
    return (draft?.before ?? marked).offset
  }

  /** Without a budget nobody can find that it is held again: the open alert about it ends. */
  #unwatch(finding: BudgetFinding): void {
    const { partition, offsets, times } = this.batch
    const news = unwatched(finding, { offset: offsets[0], time: times[0] })
    this.#add(advanceCalibration(this.options, partition.lease, partition.feed.alerts, news))
    partition.feed = { ...partition.feed, budget: noBudgetState }
  }

  /** Without copies (any more) the reference itself takes their place. */
  #adapted(state: StreamState, copy: Copy | undefined): void {
    const { options, batch } = this
    state.folded.adapted = copy && findingOf(copy)
    this.#add(advanceAdaptation(options, batch.partition.lease, state, copy ?? unmoved(batch.d), options.explain.adaptation))
  }

  /** Where deploys are declared: how unusual the record is, on the average of the record detectors, for the test at the next one. */
  #level({ name, folded }: StreamState, row: number): void {
    const { batch, options } = this
    const { deploys, scales } = options
    if (deploys === undefined || batch.scores.length === 0) return
    const sum = scales.record.reduce((sum, { detector }, j) => sum + logisticScore(options.pValue(detector, batch.scores[j][row])), 0)
    folded.levels ??= newLevels(folded.time)
    const { levels, time } = folded
    addScore(levels, sum / scales.record.length, time, deploys.known.latest(name, levels.time, time)?.at, deploys.nameFor)
  }

  #record(state: StreamState, row: number): void {
    const { batch } = this
    const { folded } = state
    const score = Math.min(batch.record.effect[row] * this.#scale('record', state, row).limit, Number.MAX_VALUE)
    const decades = Math.min(batch.record.a[row], Number.MAX_VALUE)
    if (!this.#isLate(row) && (folded.strongest === undefined || rarer({ decades, score }, folded.strongest) > 0))
      folded.strongest = this.#seen(row, folded.time, score, decades)
    const outcome = this.#step('record', state, row)
    if (outcome === 'quiet') return
    const record = isFiring(outcome) ? this.#seen(row, folded.time, score, decades) : undefined
    this.#advance('record', state, row, outcome, record, undefined)
  }

  #windows(state: StreamState, row: number): void {
    while (this.batch.windows[this.#nextWindow]?.row === row) this.#drift(state, this.#nextWindow++)
  }

  /** A sub-block that closes with too few records for an evaluation is looked back on no more either. */
  #windowsBefore(state: StreamState, row: number, { starts }: TimeCuts): void {
    if (starts[this.#nextStart] !== row) return
    this.#nextStart++
    this.#windows(state, row)
    state.folded.strongest = undefined
  }

  #isLate(row: number): boolean {
    const late = this.batch.byTime?.late[this.#nextLate] === row
    if (late) this.#nextLate++
    return late
  }

  #drift(state: StreamState, index: number): void {
    const { strongest } = state.folded
    state.folded.strongest = undefined
    const outcome = this.#step('drift', state, index)
    if (outcome === 'quiet') return
    const { charts } = this.options
    const after = this.batch.windows[index].charts
    const chart = after && charts?.told(after, this.batch.drift.detector[index] - charts.first)
    this.#advance('drift', state, index, outcome, isFiring(outcome) ? strongest : undefined, chart)
  }

  /** Folds evaluation i of a kind into the stream's alarm. */
  #step(kind: AlarmKind, { folded }: StreamState, i: number): AlarmOutcome {
    const { a, effect } = this.batch[kind]
    const { refractory = 0 } = this.options
    const alarm = this.#alarm
    const outcome =
      folded.past === undefined
        ? step(folded.alarm, kind, { a: a[i], effect: effect[i] }, alarm)
        : stepOwnPast(
            folded.alarm,
            folded.past.quiet,
            { over: this.batch.own?.[i]?.over === true, effect: effect[i], time: folded.time },
            alarm.logic.record,
            refractory,
          )
    if (outcome === 'opened') this.#opened++
    return outcome
  }

  /** Lets the stream's alert of the kind hear of evaluation i. */
  #advance(
    kind: AlarmKind,
    state: StreamState,
    i: number,
    outcome: AlarmOutcome,
    record: SeenRecord | undefined,
    chart: Found['chart'],
  ): void {
    const { options, batch } = this
    const { a, effect } = batch[kind]
    const scale = this.#scale(kind, state, i)
    const found = {
      kind,
      outcome,
      a: a[i],
      effect: effect[i],
      scale,
      offset: state.folded.offset,
      record,
      chart,
      own: kind === 'record' ? batch.own?.[i] : undefined,
      explain: () => options.explain[kind](batch, i, effect[i] * scale.limit),
    }
    this.#add(advanceAlarm(options, batch.partition.lease, state, found))
  }

  /** Of evaluation i the rarest detector, with its limit for the stream. */
  #scale(kind: AlarmKind, { name }: StreamState, i: number): Limited {
    const { scales } = this.options
    return (scales.own?.get(name) ?? scales)[kind][this.batch[kind].detector[i]]
  }

  #returned(state: StreamState): void {
    const { folded } = state
    const observation = dataReturned({ offset: folded.offset, time: folded.time })
    const evidence = { trouble: 'data_missing' as const, silenceLimit: this.options.silenceLimit ?? 0 }
    this.#add(advanceFeed(this.options, this.batch.partition.lease, state.name, folded.alerts, observation, evidence))
  }

  #seen(row: number, time: number, score: number, decades: number): SeenRecord {
    const id = this.batch.ids[row]
    const offset = this.batch.offsets[row]
    return { offset, time, score, decades, ...(id !== undefined && { id }) }
  }

  #add(event: AlertEvent | undefined): void {
    if (event !== undefined) this.#events.push(event)
  }
}
