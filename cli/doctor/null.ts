import { resolve } from 'node:path'
import { type Severity, severities } from '../../alerts/severity.js'
import { count, percent, short } from '../../alerts/words.js'
import { countInterval, rateInterval } from '../../calibration/count-interval.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { ComponentContext } from '../../connectors/component.js'
import { allowedPerDay, inOrder, judgeFolds, NULL_BLOCK, type NullRun, resampled } from '../../pipelines/null-run.js'
import { holdOut } from '../../references/held-out.js'
import { withReferenceRows } from '../fit.js'
import { fitInput } from '../fit-input.js'
import { type Check, fail, ok, type Verdict, warn } from './finding.js'
import { metered } from './tries.js'

const COPIES = 20
/** False alarms that the data must allow for their number to say anything. */
const LEAST_K = 1

/** A fit of every fold takes what it takes: no reason to give it up. */
export const nullPatienceMs = 86_400_000

/** Replays reference data through the alarm logic, each record scored and judged by fits to others: is the budget held? */
export const nullCheck = (config: MonitorConfig, data: string | undefined, context: ComponentContext): Check => ({
  name: 'null',
  async look() {
    const { alerting } = config
    const input = await fitInput(config, data, {}, context)
    const { judged, days, folds, passed, span } = await withReferenceRows(config, input, async (rows, options, tools) => {
      const heldOut = await holdOut(rows, options, tools)
      return {
        judged: judgeFolds(heldOut, alerting),
        days: heldOut.rung.rows.n / heldOut.rowsPerDay,
        folds: heldOut.folds.length,
        passed: heldOut.rung.selfTest.passed,
        span: [rows.first, rows.last] as const,
      }
    })
    if (!passed) return warn('the halves of these data disagree: they promise no rate that could be held')
    const k = days * allowedPerDay(judged)
    // Each fold is judged by what the others allow.
    const expected = countInterval(k, k * (1 - 1 / folds))
    const held = inOrder(judged)
    const copies = Array.from({ length: COPIES }, (_, seed) => resampled(judged, seed + 1))
    return [
      ok(
        `${count(held.records)} records, ${short(days)} days: the budget of ${short(alerting.falseAlarmsPerDay)}/day allows K=${short(k)}`,
      ),
      verdict('held-out folds', [held], k, days, expected),
      verdict(`${COPIES} copies of blocks of ${NULL_BLOCK} records`, copies, k, days, expected),
      ...severities.slice(1).map((least, i) => ok(ofSeverity(least, held, days, k / 10 ** (i + 1)))),
      await metered(config, {
        source: data === undefined ? input.description : resolve(data),
        span,
        k,
        days,
        opened: opened(held, 'info'),
      }),
    ]
  },
})

/** Of several runs their mean number of alerts counts. */
function verdict(what: string, runs: readonly NullRun[], k: number, days: number, [least, most]: readonly [number, number]): Verdict {
  const alerts = mean(runs.map((run) => opened(run, 'info')))
  const line =
    `${what}: ${short(alerts)} alerts${runs.length > 1 ? ' on average' : ''}, ${rate(alerts, days)}, of ${short(k)} in the budget; ` +
    `90 % of such data open ${least} to ${most}; in alarm ${percent(mean(runs.map(({ inAlarm }) => inAlarm)))} of the time`
  if (k < LEAST_K) return warn(line, 'too few data to tell whether the budget is held; give more clean days, or allow more alarms')
  if (alerts >= least && alerts <= most) return ok(line)
  return fail(
    line,
    'these data do not hold the budget: look at what opens alerts (`driftwatch replay`), or cover every mode in the reference',
  )
}

/** Promotion by effect, persistence and agreement is not budgeted: this is told, not judged. */
const ofSeverity = (least: Severity, run: NullRun, days: number, byRarity: number): string =>
  `held-out folds, ${least}${least === 'critical' ? '' : ' or above'}: ${opened(run, least)} alerts, ${rate(opened(run, least), days)}, ` +
  `of ${short(byRarity)} that rarity alone allows`

function rate(alerts: number, days: number): string {
  const [low, high] = rateInterval(alerts, days)
  return `${short(alerts / days)}/day (${short(low)} to ${short(high)})`
}

const opened = (run: NullRun, least: Severity): number =>
  severities.slice(severities.indexOf(least)).reduce((sum, severity) => sum + run.opened[severity], 0)

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
