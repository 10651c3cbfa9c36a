import type { DetectorSeries } from '../calibration/calibrate.js'
import type { AlarmKind } from '../calibration/calibration.js'
import type { Detector } from '../detectors/detector.js'
import { detectorByName } from '../detectors/registry.js'
import { affordable, checkLabels, checkRows, checkWindows, rowsPerDayOf } from './admission.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { type Stretch, warmed } from './folds.js'
import { sumUpLabels } from './labelled.js'
import { climbLadder, type Rung } from './ladder.js'
import { purge } from './purge.js'
import type { AlarmLogic } from './reference.js'
import type { ReferenceRows } from './rows.js'
import type { StretchScores } from './scoring-model.js'
import { fitToFolds } from './summed.js'

/** A stretch of one stream, scored by a fit that has not seen it. */
export interface HeldOutStretch {
  readonly stretch: Stretch
  readonly scores: StretchScores
  /** The row of the stretch, from 0, with which its first window is evaluated; the others follow every hop. */
  readonly firstWindow: number
}

/** Reference rows, each scored by a fit to the other folds. */
export interface HeldOut {
  readonly rung: Rung
  readonly rowsPerDay: number
  readonly detectors: readonly Detector[]
  /** Without the windows that so few rows cannot calibrate. */
  readonly logic: AlarmLogic
  /** Per fold its stretches. */
  readonly folds: readonly (readonly HeldOutStretch[])[]
}

/**
 * Detrends the rows where their halves need it, and scores every fold by a fit to the others.
 * Throws `FitRefused` for data that cannot be a reference.
 */
export async function holdOut(rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<HeldOut> {
  checkRows(rows, options)
  const rowsPerDay = rowsPerDayOf(rows, options.rowsPerDay)
  const detectors = options.detectors.map(detectorByName)
  checkLabels(rows, detectors)
  const trusted = options.unverified ? await purge(rows, tools.matmul) : rows
  const climbed = await climbLadder(trusted, options, tools)
  const { labels } = climbed.rows
  const rung = labels === undefined ? climbed : { ...climbed, labels: await sumUpLabels(climbed, labels, tools.matmul) }
  const logic = { ...options.logic, window: affordable(options.logic.window, rung.rows.n) }
  const { window } = logic
  if (detectors.some(({ kind }) => kind === 'window')) checkWindows(rung.folds, window)
  const folds: HeldOutStretch[][] = []
  for (const [f, fold] of rung.folds.entries()) {
    const model = await fitToFolds(rung, (other) => other !== f, detectors, tools)
    const scored: HeldOutStretch[] = []
    for (const stretch of fold) {
      const { from } = warmed(stretch, window)
      const scores = await model.score(rung.rows, stretch, window, from)
      scored.push({ stretch, scores, firstWindow: Math.max(from - stretch.from + window.size, window.hop) - 1 })
    }
    await model.close()
    folds.push(scored)
    tools.progress?.('calibration', f + 1, rung.folds.length)
  }
  return { rung, rowsPerDay, detectors, logic, folds }
}

/** The scores as a calibration takes them, per detector. */
export const seriesOf = ({ detectors, folds }: Pick<HeldOut, 'detectors' | 'folds'>): DetectorSeries[] =>
  detectors.map(({ name, kind }) => {
    const scored = folds.map((fold) => fold.filter(({ scores }) => (scores.get(name)?.length ?? 0) > 0))
    return {
      detector: name,
      kind: alarmKind[kind],
      price: pricesOf(detectors)[name],
      folds: scored.map((fold) => fold.flatMap(({ scores }) => scores.get(name) ?? [])),
      follows: scored.map((fold, f) =>
        fold.map(({ stretch }) => scored[f - 1]?.findIndex((before) => goesOn(before.stretch, stretch)) ?? -1),
      ),
    }
  })

const goesOn = (before: Stretch, { from, streamFrom }: Stretch): boolean => before.to === from && before.streamFrom === streamFrom

/** What each detector's lambda counts beside the others: 1 for the cheapest of a kind. */
export const pricesOf = (detectors: readonly Detector[]): Record<string, number> =>
  Object.fromEntries(
    detectors.map(({ name, kind, price = 1 }) => [
      name,
      price / Math.min(...detectors.filter((other) => other.kind === kind).map((other) => other.price ?? 1)),
    ]),
  )

export const alarmKind: Readonly<Record<Detector['kind'], AlarmKind>> = { record: 'record', window: 'drift' }
