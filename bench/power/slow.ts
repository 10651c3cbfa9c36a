import { type ChartName, chartNames } from '../../calibration/charts.js'
import { table } from '../../cli/terminal.js'
import { normals } from '../../connectors/generator/random.js'
import { defaultDetectors, detectorByName } from '../../detectors/registry.js'
import { median, metric } from '../figures.js'
import { fitRows, inFolder, monitorIn, replayRows } from '../in-process.js'
import { FEATURES, normalRows } from './normal.js'

const REFERENCE = 40_000
/** Records of a ramp: 20 of the longest windows; its end lasts as long again, twice. */
const RAMP = 5_120
const BEFORE = 2_000
const AFTER = 2 * RAMP
/** Of one feature at the end of the ramp, in standard deviations; 0: what is seen then is a false alarm. */
const sizes = [0, 0.1, 0.3] as const
/** Cancels out. */
const ROWS_PER_DAY = 10_000
/** Records for which the budget allows one alert. */
const budgets = [20_000, 100_000] as const
const sets: readonly (readonly ChartName[])[] = [[], ...chartNames.map((name) => [name]), chartNames]
const windowDetectors = defaultDetectors.filter((name) => detectorByName(name).kind === 'window')

interface Found {
  readonly charts: readonly ChartName[]
  readonly size: number
  readonly budget: number
  /** Per ramp the records from its beginning to the first drift alert after it; infinite where none came. */
  readonly delays: number[]
}

/** Whether the default window detectors see slow ramps, without and with charts, at the same budgets: through the whole pipeline. */
export async function slowRamps({ references, ramps }: { readonly references: number; readonly ramps: number }): Promise<string> {
  const all = sets.flatMap((charts) => sizes.flatMap((size) => budgets.map((budget): Found => ({ charts, size, budget, delays: [] }))))
  for (let r = 0; r < references; r++) {
    const reference = normalRows()(normals(r, 100), REFERENCE)
    for (const charts of sets)
      await inFolder((folder) =>
        measure(
          folder,
          reference,
          r,
          ramps,
          all.filter((one) => one.charts === charts),
        ),
      )
  }
  const columns = sizes.flatMap((size) => budgets.map((budget) => ({ size, budget })))
  const rows = sets.map((charts) => [
    charts.join(', ') || 'none',
    ...all.filter((one) => one.charts === charts).map(({ delays }) => shown(delays)),
  ])
  const heads = columns.map(({ size, budget }) => `${size} σ, 1 in ${budget.toLocaleString('en-GB')}`)
  return [
    `Ramps of one of ${FEATURES} features in ${RAMP.toLocaleString('en-GB')} records, then ${AFTER.toLocaleString('en-GB')} more; ${windowDetectors.join(', ')};`,
    `${references} references of ${REFERENCE.toLocaleString('en-GB')} rows, ${ramps} ramps each. Seen, and after how many records (median of all):`,
    table([['charts', ...heads], ...rows]),
    '',
    ...all.map(({ charts, size, budget, delays }) =>
      metric(`power_slow_${charts.length > 1 ? 'all' : (charts[0] ?? 'none')}_${100 * size}_${budget}`, seen(delays) / delays.length),
    ),
    '',
  ].join('\n')
}

const shown = (delays: readonly number[]): string =>
  `${seen(delays)} of ${delays.length}${Number.isFinite(median(delays)) ? `, ${median(delays)}` : ''}`

const seen = (delays: readonly number[]): number => delays.filter(Number.isFinite).length

async function measure(folder: string, reference: Float64Array, r: number, ramps: number, found: readonly Found[]): Promise<void> {
  const configOf = ({ charts, budget }: Found) =>
    monitorIn(folder, FEATURES, {
      detectors: windowDetectors,
      ...(charts.length > 0 && { charts }),
      alerting: { falseAlarmsPerDay: ROWS_PER_DAY / budget, rowsPerDay: ROWS_PER_DAY },
    })
  await fitRows(configOf(found[0]), folder, reference, FEATURES)
  for (const one of found) {
    const config = configOf(one)
    for (let i = 0; i < ramps; i++) {
      const rise = (until: number) => one.size * Math.min(1, Math.max(0, (RAMP + AFTER - until) / RAMP))
      const rows = normalRows({ shift: (j, until) => (j === 7 ? rise(until) : 0) })(normals(1000 * r + i, 101), BEFORE + RAMP + AFTER)
      const events = await replayRows(config, folder, rows, FEATURES)
      const first = events.find(({ data }) => data.kind === 'drift' && data.transition === 'opened' && data.origin.offset >= BEFORE)
      one.delays.push(first === undefined ? Number.POSITIVE_INFINITY : first.data.origin.offset - BEFORE)
    }
  }
}
