import { z } from 'zod'
import { percent } from '../alerts/words.js'
import type { MonitorConfig } from '../config/monitor.js'
import { scoresWindows } from '../detectors/registry.js'
import { lengthText } from '../detectors/window-shape.js'
import { MANY_COPIES } from '../references/near-copies.js'
import type { Reference } from '../references/reference.js'

/** When the first row of a file was, where nothing else says so. */
const EPOCH = '1970-01-01T00:00:00.000Z'

/** Pictures whose near copies a fit to other folds has seen, as a sentence. */
export function copied(share: number, { provenance }: Reference): string | undefined {
  if (share < MANY_COPIES) return undefined
  const mend = provenance.groups === undefined ? 'say what each is of (decode.image.group)' : 'name coarser groups (decode.image.group)'
  return (
    `${percent(share)} of the pictures are nearer to one of another fold than chance lets them be (10 %): near copies, so that they were judged by fits that knew ` +
    `them, and limits may be too tight; ${mend}: pictures of one product, tile or scene then stay in one fold`
  )
}

/** Configured windows that the rows are too few for, as a sentence. */
export function leftOut({ window, detectors }: MonitorConfig, { logic, calibration }: Reference): string | undefined {
  const missing = window.longer.filter((length) => !(logic.window.longer ?? []).includes(length))
  if (missing.length === 0 || !scoresWindows(detectors)) return undefined
  const lengths = missing.map((length) => lengthText(window, length)).join(' and ')
  return `windows of ${lengths} are not looked at: ${calibration.rows} rows are too few to calibrate them`
}

/** Between two rows of a file or two files of a folder, where nothing else was said. */
const UNSPACED_MS = 1000

/** Whether the source says how far its rows lie apart. */
function isSpaced({ options }: MonitorConfig['source']): boolean {
  const { interval } = z.object({ interval: z.number().default(UNSPACED_MS) }).parse(options)
  return interval !== UNSPACED_MS
}

/** Rows without a time of their own, where times matter, as a sentence. */
export function untimed(
  { window, alerting }: MonitorConfig,
  { provenance }: Reference,
  origin: MonitorConfig['source'],
): string | undefined {
  const matters = window.by === 'time' || alerting.rowsPerDay === undefined
  const { from, to, rows, dropped } = provenance
  if (!matters || from !== EPOCH || to === undefined || isSpaced(origin)) return undefined
  const apart = Number(((Date.parse(to) - Date.parse(from)) / 1000 / Math.max(1, rows + dropped - 1)).toPrecision(3))
  return (
    `no time was decoded: rows count from 1970 on, one every ${apart} s, and rates, spans and windows by time go by that; ` +
    'say where their time stands (decode: time, or --time), or what lies between two rows (source.file.interval, source.folder.interval, --interval)'
  )
}
