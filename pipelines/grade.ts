import { type BudgetPolicy, BudgetWatch, noBudgetState, unwatched } from '../alerts/budget-watch.js'
import type { AlertEvent } from '../alerts/event.js'
import { countRejects, dataReturned, type RejectPolicy } from '../alerts/feed.js'
import { addScore, logisticScore, newLevels } from '../alerts/levels.js'
import type { SeenRecord } from '../alerts/lifecycle.js'
import { type AlarmOutcome, type AlarmParams, isPegged, relax, step } from '../calibration/alarm.js'
import type { BudgetFinding } from '../calibration/budget-watch.js'
import type { AlarmKind } from '../calibration/calibration.js'
import { type Copy, findingOf, unmoved } from '../calibration/slow-copy.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Values } from '../connectors/codec.js'
import type { FeatureShare, RecordDetector } from '../detectors/detector.js'
import type { Fitted } from '../detectors/stored.js'
import { type Placement, scoreLengths } from '../detectors/window-sums.js'
import { observedShares } from '../kinds/gaps.js'
import type { Calibrated, Graded } from './batch.js'
import type { Charts } from './charts.js'
import { advanceAdaptation, advanceAlarm, advanceCalibration, advanceFeed, type FindingsOptions, type Found, isFiring } from './findings.js'
import type { StreamState } from './streams.js'

export interface GradeOptions extends FindingsOptions {
  readonly memory: ArrayMemory
  readonly alarm: AlarmParams
  readonly rejects: RejectPolicy
  /** undefined: there is no budget that could be held. */
  readonly budget: BudgetPolicy | undefined
  /** Seconds of silence after which a stream's data count as missing, if that is watched. */
  readonly silenceLimit: number | undefined
  /** Records at the start of a stream that are not evaluated, because its slow mean has not settled. */
  readonly warmUp: number
  readonly record: readonly { readonly detector: RecordDetector; readonly fitted: Fitted }[]
  readonly windows: Placement
  readonly charts?: Charts | undefined
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
  /** Alerts that the row in hand has opened. */
  #opened = 0

  constructor(
    private readonly options: GradeOptions,
    private readonly batch: Calibrated,
  ) {
    this.inAlarm = options.memory.take(Uint8Array, batch.n).fill(0)
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
      this.#opened = 0
      if (options.record.length > 0) this.#record(state, row)
      while (batch.windows[this.#nextWindow]?.row === row) this.#drift(state, this.#nextWindow++)
      relax(folded.alarm, options.alarm.decay)
      const open = folded.alarm.record.open || folded.alarm.drift.open
      if (open) this.inAlarm[row] = 1
      // After a restart a stream may be behind the partition: then its record is counted already.
      if (watch === undefined || folded.offset <= feed.offset) continue
      const news = watch.add(folded.offset, batch.times[row], this.#opened, open, isPegged(folded.alarm))
      if (news !== undefined) this.#add(advanceCalibration(options, batch.partition.lease, feed.alerts, news))
    }
    if (watch !== undefined) batch.partition.feed = { ...feed, budget: watch.state() }
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
    this.#add(advanceAdaptation(options, batch.partition.lease, state, copy ?? unmoved(batch.d)))
  }

  /** Where deploys are declared: how unusual the record is, on the average of the record detectors, for the test at the next one. */
  #level({ name, folded }: StreamState, row: number): void {
    const { batch, options } = this
    const { deploys, scales } = options
    if (deploys === undefined || scales.record.length === 0) return
    const sum = scales.record.reduce((sum, { detector }, j) => sum + logisticScore(options.pValue(detector, batch.scores[j][row])), 0)
    folded.levels ??= newLevels(folded.time)
    const { levels, time } = folded
    addScore(levels, sum / scales.record.length, time, deploys.known.latest(name, levels.time, time)?.at, deploys.nameFor)
  }

  #record(state: StreamState, row: number): void {
    const { batch, options } = this
    const { folded } = state
    const score = Math.min(batch.record.effect[row] * options.scales.record[batch.record.detector[row]].limit, Number.MAX_VALUE)
    if (folded.strongest === undefined || score > folded.strongest.score) folded.strongest = this.#seen(row, folded.time, score)
    const outcome = this.#step('record', state, row)
    if (outcome === 'quiet') return
    const record = isFiring(outcome) ? this.#seen(row, folded.time, score) : undefined
    this.#advance('record', state, row, outcome, record, undefined, () => {
      const { detector, fitted } = options.record[batch.record.detector[row]]
      const values = rowOf(batch.values, row, batch.d)
      const shares = detector.explain(fitted, options.whitening, values, batch.previous && rowOf(batch.previous.rows, row, batch.d))
      const gap = batch.gaps?.get(row)
      return gap === undefined ? shares : observedShares(shares, gap, score)
    })
  }

  #drift(state: StreamState, index: number): void {
    const { batch, options } = this
    const { strongest } = state.folded
    state.folded.strongest = undefined
    const outcome = this.#step('drift', state, index)
    if (outcome === 'quiet') return
    const { windows, charts } = options
    const { charts: after, sums } = batch.windows[index]
    const rarest = batch.drift.detector[index]
    const chart = after && charts?.told(after, rarest - windows.detectors.length)
    this.#advance('drift', state, index, outcome, isFiring(outcome) ? strongest : undefined, chart, () => {
      const placed = windows.detectors.find(({ detector }) => detector.name === chart?.detector) ?? windows.detectors[rarest]
      const { of } = scoreLengths(windows, placed, sums)
      return placed.detector.explain(placed.fitted, options.whitening, of)
    })
  }

  /** Folds evaluation i of a kind into the stream's alarm. */
  #step(kind: AlarmKind, { folded }: StreamState, i: number): AlarmOutcome {
    const { a, effect } = this.batch[kind]
    const outcome = step(folded.alarm, kind, { a: a[i], effect: effect[i] }, this.options.alarm)
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
    explain: () => FeatureShare[],
  ): void {
    const { a, effect, detector } = this.batch[kind]
    const scale = this.options.scales[kind][detector[i]]
    const found = { kind, outcome, a: a[i], effect: effect[i], scale, offset: state.folded.offset, record, chart, explain }
    this.#add(advanceAlarm(this.options, this.batch.partition.lease, state, found))
  }

  #returned(state: StreamState): void {
    const { folded } = state
    const observation = dataReturned({ offset: folded.offset, time: folded.time })
    const evidence = { trouble: 'data_missing' as const, silenceLimit: this.options.silenceLimit ?? 0 }
    this.#add(advanceFeed(this.options, this.batch.partition.lease, state.name, folded.alerts, observation, evidence))
  }

  #seen(row: number, time: number, score: number): SeenRecord {
    const id = this.batch.ids[row]
    const offset = this.batch.offsets[row]
    return id === undefined ? { offset, time, score } : { offset, time, score, id }
  }

  #add(event: AlertEvent | undefined): void {
    if (event !== undefined) this.#events.push(event)
  }
}

const rowOf = (values: Values, row: number, d: number): Float64Array => Float64Array.from(values.subarray(row * d, (row + 1) * d))
