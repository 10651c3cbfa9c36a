import type { MonitorConfig } from '../../config/monitor.js'
import { detectorByName } from '../../detectors/registry.js'
import { FitRefused, type RefusalReason } from '../../references/refusal.js'
import { fitRows, inFolder, monitorIn } from '../in-process.js'
import { rowScores } from '../row-scores.js'
import type { Split } from './data.js'
import { type RankingFigures, rankingFigures, tiedShare } from './metrics.js'

export interface Scored {
  /** Of a, the decades of the rarest detector: what the product alarms on. */
  readonly combined: RankingFigures
  /** Share of the rows whose a occurs with the other label as well. */
  readonly tied: number
  /** Of each detector's own score. */
  readonly detectors: Readonly<Record<string, RankingFigures>>
  readonly accepted: boolean
  readonly fitMs: number
  readonly recordsPerSecond: number
}

/** What became of one split of one set. */
export type Attempt = { readonly outcome: 'refused'; readonly reason: RefusalReason } | ({ readonly outcome: 'scored' } & Scored)

/** Fits the normal rows and replays the test, all by the shipped code. */
export const attempt = (split: Split, detectors: readonly string[] | undefined): Promise<Attempt> =>
  inFolder(async (folder) => {
    const { d, reference: rows, test, labels } = split
    const config = monitor(folder, d, detectors)
    const began = performance.now()
    try {
      const { selfTest } = await fitRows(config, folder, rows, d)
      const fitMs = performance.now() - began
      const { record, recordsPerSecond } = await rowScores(config, folder, test, d)
      const figures = [...record.own].map(([name, scores]) => [name, rankingFigures({ scores, labels })])
      const combined = { scores: record.a, labels }
      return {
        outcome: 'scored',
        combined: rankingFigures(combined),
        tied: tiedShare(combined),
        detectors: Object.fromEntries(figures),
        accepted: selfTest.passed,
        fitMs,
        recordsPerSecond,
      }
    } catch (error) {
      if (!(error instanceof FitRefused)) throw error
      return { outcome: 'refused', reason: error.reason }
    }
  })

/**
 * Rows in an order of chance have no episodes: each is a decision of its own (the shortest gap), and windows of them mean nothing, so that
 * by default all record detectors and no window detector look at them. A small hop lets small sets be cut into folds.
 */
function monitor(folder: string, d: number, detectors: readonly string[] | undefined): MonitorConfig {
  const make = (chosen: { readonly detectors?: readonly string[] }) => {
    const alerting = { falseAlarmsPerDay: 1, rowsPerDay: 1000, record: { gap: 1 } }
    return monitorIn(folder, d, { window: { size: 16, hop: 4 }, alerting, ...chosen }, 'chance')
  }
  return make({ detectors: detectors ?? make({}).detectors.filter((name) => detectorByName(name).kind === 'record') })
}
