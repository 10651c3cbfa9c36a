import { detectorByName, scoresWindows } from '../detectors/registry.js'
import { lengthText } from '../detectors/window-shape.js'
import { anotherBeside } from './beside.js'
import type { FitOptions } from './fit-options.js'
import { type Folds, foldCounts, type Stretch } from './folds.js'
import { type GroupCensus, groupFolds } from './groups.js'
import { FitRefused } from './refusal.js'
import type { RowStore } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** Rows whose folds are stretches, and how they were cut. */
export interface CutRows {
  readonly rows: Rows
  readonly folds: Folds
  /** Where folds were cut by groups. */
  readonly groups?: GroupCensus
}

/**
 * Cuts rows into folds that hold every group whole. Where the rows of a group lie apart, so do those of its fold: each stream's rows are
 * brought together by fold, in order of arrival within each, and where there are windows these hold rows that follow each other in the fold.
 * Throws `FitRefused` when there are too few groups, or rows were brought together that windows by time or a detector want as they came.
 */
export function cutByGroups(rows: Rows, groups: RowStore, options: Pick<FitOptions, 'detectors' | 'logic'>): CutRows {
  const { foldOf, count, ...census } = groupFolds(rows, groups, foldCounts)
  const runs = rows.streams.map((stream) => runsOf(foldOf, stream))
  const scattered = runs.some((own) => own.some(({ fold }, i) => i > 0 && fold < own[i - 1].fold))
  if (scattered) checkOrder(options)
  const inOrder = scattered ? runs.map((own) => own.toSorted((a, b) => a.fold - b.fold)) : runs
  const folds = Array.from({ length: count }, (): Stretch[] => [])
  rows.streams.forEach((stream, i) => {
    let at = stream.from
    for (const { fold, from, to } of inOrder[i]) {
      const last = folds[fold].at(-1)
      const end = at + to - from
      if (last?.to === at && last.streamFrom === stream.from) folds[fold][folds[fold].length - 1] = { ...last, to: end }
      else folds[fold].push({ from: at, to: end, streamFrom: stream.from, streamTo: stream.to })
      at = end
    }
  })
  return { rows: scattered ? rearranged(rows, inOrder.flat()) : rows, folds, groups: census }
}

/** Consecutive rows of one fold. */
interface Run extends Range {
  readonly fold: number
}

function runsOf(foldOf: Uint8Array, { from, to }: Range): Run[] {
  const runs: Run[] = []
  for (let at = from, end = at; at < to; at = end) {
    while (end < to && foldOf[end] === foldOf[at]) end++
    runs.push({ from: at, to: end, fold: foldOf[at] })
  }
  return runs
}

/** The rows of the runs, one after the other. */
function rearranged(rows: Rows, runs: readonly Run[]): Rows {
  const store = rows.store.another(rows.n)
  const { beside, keep } = anotherBeside(rows, rows.n)
  for (const { from, to } of runs) {
    store.append(rows.store.read(from, to))
    keep(from, to)
  }
  return { ...rows, store, ...beside }
}

function checkOrder({ detectors, logic }: Pick<FitOptions, 'detectors' | 'logic'>): void {
  const { window } = logic
  const refused = (found: string, mend: string) =>
    new FitRefused(
      'scattered_groups',
      `the rows of a group lie apart from each other, so that a fold of groups is no stretch of time, but ${found}; ${mend}, or leave group ` +
        'out (decode.*.group)',
    )
  if (window.by === 'time' && scoresWindows(detectors))
    throw refused(`windows are by event time (${lengthText(window, window.size)})`, 'give windows a number of records (window.size: 64)')
  const previous = detectors.find((name) => detectorByName(name).usesPrevious)
  if (previous !== undefined) throw refused(`detector ${previous} looks at the row before each`, `leave ${previous} out of detectors`)
}
