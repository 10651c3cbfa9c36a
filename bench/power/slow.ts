import { chartNames } from '../../calibration/charts.js'
import { table } from '../../cli/terminal.js'
import { normals } from '../../connectors/generator/random.js'
import { defaultDetectors, detectorByName } from '../../detectors/registry.js'
import { median, metric } from '../figures.js'
import { fitRows, inFolder, monitorIn, replayRows } from '../in-process.js'
import { FEATURES, normalRows } from './normal.js'

const REFERENCE = 100_000
/** Records of a ramp: 20 of the longest windows. What it has come to lasts twice as long. */
const RAMP = 5_120
const BEFORE = 2_000
const AFTER = 2 * RAMP
/** Of one feature at the end of the ramp, in standard deviations; 0: what is seen then is a false alarm. */
const sizes = [0, 0.1, 0.3] as const
/** Records for which the budget allows one alert, and the records of a day, which cancel out. */
const BUDGET = 50_000
const ROWS_PER_DAY = 10_000
const variants = ['none', ...chartNames] as const
const windowDetectors = defaultDetectors.filter((name) => detectorByName(name).kind === 'window')

/** Per size of the ramp, of each the records from its beginning to the first drift alert after it; infinite where none came. */
type Delays = readonly number[][]

/** Whether the default window detectors see slow ramps, without and with a chart, at the same budget: through the whole pipeline. */
export async function slowRamps({ references, ramps }: { readonly references: number; readonly ramps: number }): Promise<string> {
  const found = new Map(variants.map((variant): [string, Delays] => [variant, sizes.map(() => [])]))
  for (let r = 0; r < references; r++) {
    const reference = normalRows()(normals(r, 100), REFERENCE)
    for (const [variant, delays] of found) await inFolder((folder) => judge(folder, variant, reference, r, ramps, delays))
  }
  const rows = [...found].map(([variant, delays]) => [variant, ...delays.map(shown)])
  const metrics = [...found].flatMap(([variant, delays]) =>
    sizes.map((size, s) => metric(`power_slow_${100 * size}_${variant}`, seen(delays[s]) / delays[s].length)),
  )
  return [
    `Ramps of one of ${FEATURES} features in ${thousands(RAMP)} records, and ${thousands(AFTER)} more; ${windowDetectors.join(', ')}, without and with a chart;`,
    `one false alarm in ${thousands(BUDGET)} records; ${references} references of ${thousands(REFERENCE)} rows, ${ramps} ramps each.`,
    'Seen, and after how many records (median of all):',
    table([['chart', ...sizes.map((size) => (size === 0 ? 'no ramp' : `${size} σ`))], ...rows]),
    '',
    ...metrics,
    '',
  ].join('\n')
}

async function judge(folder: string, variant: string, reference: Float64Array, r: number, ramps: number, delays: Delays): Promise<void> {
  const config = monitorIn(folder, FEATURES, {
    detectors: windowDetectors,
    ...(variant !== 'none' && { charts: [variant] }),
    alerting: { falseAlarmsPerDay: ROWS_PER_DAY / BUDGET, rowsPerDay: ROWS_PER_DAY },
  })
  await fitRows(config, folder, reference, FEATURES)
  for (const [s, size] of sizes.entries()) {
    const risen = (until: number) => size * Math.min(1, Math.max(0, (RAMP + AFTER - until) / RAMP))
    const draw = normalRows({ shift: (j, until) => (j === 7 ? risen(until) : 0) })
    for (let i = 0; i < ramps; i++) {
      const events = await replayRows(config, folder, draw(normals(1000 * r + i, 101), BEFORE + RAMP + AFTER), FEATURES)
      const first = events.find(({ data }) => data.kind === 'drift' && data.transition === 'opened' && data.origin.offset >= BEFORE)
      delays[s].push(first === undefined ? Number.POSITIVE_INFINITY : first.data.origin.offset - BEFORE)
    }
  }
}

const seen = (delays: readonly number[]): number => delays.filter(Number.isFinite).length
const shown = (delays: readonly number[]): string =>
  `${seen(delays)} of ${delays.length}${Number.isFinite(median(delays)) ? `, ${thousands(median(delays))}` : ''}`
const thousands = (count: number): string => count.toLocaleString('en-GB')
