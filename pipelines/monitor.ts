import { concatMap, filter, finalize, identity, map, merge, type Observable, of, pipe, Subject, takeUntil, tap } from 'rxjs'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Source } from '../connectors/source.js'
import type { GapFiller } from '../kinds/gaps.js'
import { type Batch, type Calibrated, type Graded, type Outcome, recycle, type Scored } from './batch.js'
import { type BridgeOptions, bridge, type Loan } from './bridge.js'
import { type CalibrateOptions, calibrate } from './calibrate.js'
import { type CheckpointOptions, checkpoint, checkpointSome, overdue } from './checkpoint.js'
import { type CommitOptions, commit } from './commit.js'
import { type DecodeOptions, decode } from './decode.js'
import { type DeliverOptions, deliver, hasten } from './deliver.js'
import { detrend } from './detrend.js'
import { embed } from './embed.js'
import { fillGaps } from './gaps.js'
import { type GradeOptions, grade } from './grade.js'
import type { Heatmaps } from './heatmaps.js'
import type { Keeper } from './keeper.js'
import { type OwnPastOptions, ownPast } from './own-past.js'
import type { Pictures } from './pictures.js'
import { type ScoreOptions, score } from './score.js'
import { type SilenceOptions, silence } from './silence.js'
import type { StageTimer } from './timed.js'
import { type WindowOptions, window } from './window.js'

/** What each stage is told. */
export interface MonitorParts {
  readonly source: Source
  readonly bridge: BridgeOptions
  /** Only where records are pictures. */
  readonly pictures: Pictures | undefined
  /** Only where alerts show where in a picture something is. */
  readonly heatmaps?: Heatmaps | undefined
  readonly decode: DecodeOptions
  readonly judge: ByReference | ByOwnPast
  readonly grade: GradeOptions
  readonly checkpoint: CheckpointOptions
  readonly silence: SilenceOptions
  readonly deliver: DeliverOptions
  readonly commit: CommitOptions
  /** Whether nothing may be delivered before what comes before it is committed. */
  readonly inTurn: boolean
  readonly keeper: Keeper
  readonly memory: ArrayMemory
  readonly timer: StageTimer
  readonly watch: Watch
}

/** Records are scored with the reference, and by its calibration. */
export interface ByReference {
  readonly by: 'reference'
  /** Fills what records lack; undefined: none may lack anything. */
  readonly gaps: GapFiller | undefined
  readonly score: ScoreOptions
  readonly window: WindowOptions
  readonly calibrate: CalibrateOptions
}

/** There is no reference: each stream is judged by its own past. */
export interface ByOwnPast extends OwnPastOptions {
  readonly by: 'own past'
}

/** Who looks on: metrics, the demo's story, a replay's list of scores. A batch's columns are good until the call returns. */
export interface Watch {
  received(loan: Loan): void
  decoded(batch: Batch): void
  graded(batch: Graded): void
  /** What a batch has raised, before anybody has taken it. */
  raised(outcome: Outcome): void
  finished(outcome: Outcome): void
}

/**
 * The product in one picture: batches of records come from the source on credit, become scores, rarity and alerts,
 * and are finished (delivered, committed, their credit returned) in their order.
 *
 *     source ─► decode ─► detrend ─► score ─► window ─► calibrate ─► grade ─► deliver ─► commit
 *     bytes     columns   features   per      per       score →      alerts   out        state and
 *                                    record   window    rarity                           offsets
 *
 * Pictures pass one more stage before `decode`: embed, where a backbone makes features of them; and where alerts have heatmaps, those are begun
 * after `grade`, and waited for a moment before `deliver`. A monitor without a reference has one stage, own past, in place of those from detrend to calibrate.
 *
 * The bridge lends at most so many records, so everything after it may use RxJS freely; a credit returns only when its
 * record is finished. From window to checkpoint a batch goes in one piece, so a stream's state always reflects whole batches.
 */
export function monitor(parts: MonitorParts): Observable<Outcome> {
  const { timer, watch, pictures, heatmaps } = parts
  const ended = new Subject<void>()
  const decoded = bridge(parts.source, parts.bridge).pipe(
    filter(ours),
    tap(watch.received),
    pictures === undefined ? identity : (loans) => loans.pipe(timer.around('embed', embed(pictures)), filter(ours)),
    timer.each('decode', decode(parts.decode)),
    tap(watch.decoded),
  )
  const folded = judged(parts, decoded).pipe(
    timer.each('grade', grade(parts.grade)),
    heatmaps === undefined ? identity : map((batch) => heatmaps.begin(batch)),
    tap(watch.graded),
    tap((batch) => recycle(parts.memory, batch)),
    map(checkpoint(parts.checkpoint)),
    finalize(() => {
      ended.next()
      hasten(parts.deliver)
    }),
  )
  // With the state at once: what tells of the silence must not be lost, for no record will tell it again.
  const silences = silence(parts.silence).pipe(
    map((outcome) => ({ ...checkpointSome(parts.checkpoint, outcome.partition), events: outcome.events })),
  )
  const ticks = merge(silences, overdue(parts.checkpoint, parts.silence.partitions)).pipe(takeUntil(ended))
  const illustrated = heatmaps === undefined ? identity : concatMap((outcome: Outcome) => heatmaps.ready(outcome, parts.deliver.signal))
  const delivered = timer.around('deliver', deliver(parts.deliver))
  const committed = timer.around('commit', commit(parts.commit))
  // Outcomes are delivered side by side, so that a sink may wait for what comes next, and are finished in their order.
  const finished = pipe(illustrated, delivered, committed)
  return merge(folded, ticks).pipe(
    tap(watch.raised),
    parts.inTurn ? concatMap((outcome) => of(outcome).pipe(finished)) : finished,
    tap(watch.finished),
  )
}

function judged({ judge, timer }: MonitorParts, decoded: Observable<Batch>): Observable<Calibrated> {
  if (judge.by === 'own past') return decoded.pipe(timer.each('own_past', ownPast(judge)))
  return decoded.pipe(
    timer.each('detrend', detrend),
    map(fillGaps(judge.gaps)),
    timer.around('score', score(judge.score)),
    filter(stillOurs),
    timer.each('window', window(judge.window)),
    timer.each('calibrate', calibrate(judge.calibrate)),
  )
}

/** A batch of a partition that went to another owner is dropped: the new owner reads it again. So is one without records. */
function ours({ batch, release }: Loan): boolean {
  const kept = !batch.lease.revoked && batch.records.length > 0
  if (!kept) release()
  return kept
}

function stillOurs({ partition, release }: Scored): boolean {
  if (partition.lease.revoked) release()
  return !partition.lease.revoked
}
