import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { rateInterval } from '../../calibration/count-interval.js'
import { ruleFiles } from '../../dashboards/rules/file.js'
import { root } from '../docs/pages.js'
import { prometheusOrSkip, promtool } from '../kit/prometheus.js'
import { everyRule } from './expressions.js'

const { skip } = await prometheusOrSkip()

/** Series by minute, in promtool's notation: first value, step, times. */
type World = Readonly<Record<string, string>>

const up = 'up{job="driftwatch", instance="a:9464"}'
const received = 'driftwatch_records_received_total{monitor="m"}'
const lag = 'driftwatch_consumer_lag_records{monitor="m", topic="t", partition="0"}'
const commitAge = 'driftwatch_commit_age_seconds{monitor="m"}'
const delivered = 'driftwatch_deliveries_total{monitor="m", sink="main"}'
const failures = 'driftwatch_delivery_failures_total{monitor="m", sink="main", reason="timeout"}'
const lost = 'driftwatch_alert_events_lost_total{monitor="m", sink="main"}'
const deadLetters = 'driftwatch_dead_letters_total{monitor="m", reason="dimension"}'
const fallback = 'driftwatch_execution_provider_fallback{monitor="m", part="scorer", wanted="cuda"}'
const opened = 'driftwatch_alerts_opened_total{monitor="m", stream="s", kind="record", severity="warning"}'
const allowed = 'driftwatch_expected_false_alarms_total{monitor="m"}'
const pegged = 'driftwatch_feedback_pegged_streams{monitor="m"}'
const fitted = 'driftwatch_reference_fitted_timestamp_seconds{monitor="m"}'
const rowsEnd = 'driftwatch_reference_rows_end_timestamp_seconds{monitor="m"}'
const eventLoop = 'driftwatch_event_loop_delay_seconds{instance="a:9464", quantile="0.99"}'
const streamAlert = 'driftwatch_stream_alert_open{monitor="m", stream="s", kind="drift", severity="error"}'
const restarts = 'driftwatch_worker_restarts_total{monitor="m", part="backbone"}'

/** Three hours in which nothing is wrong. Time begins at 0. */
const well: World = {
  [up]: '1x180',
  [received]: '0+600x180',
  [lag]: '500x180',
  [commitAge]: '1x180',
  [delivered]: '0+1x180',
  [failures]: '0+1x180',
  [lost]: '0x180',
  [deadLetters]: '0+3x180',
  [fallback]: '0x180',
  [opened]: '0+1x180',
  [allowed]: '0+1x180',
  [pegged]: '0x180',
  [fitted]: '0x180',
  [rowsEnd]: '0x180',
  [eventLoop]: '0.02x180',
  [restarts]: '0x10 2x170',
}
const { [up]: _, ...without } = well

interface Scenario {
  readonly what: string
  readonly world: World
  /** What fires beside the Watchdog, by minute. */
  readonly firing: Readonly<Record<number, readonly string[]>>
  /** What expressions give at its end. */
  readonly gives?: readonly (readonly [expr: string, value: number])[]
}

/** A rule's trouble begins in a world that is well otherwise: it is not firing at the one minute, and firing at the other. */
const trouble = (alert: string, what: string, changes: World, quiet: number, fires: number): Scenario => ({
  what: `${alert}: ${what}`,
  world: { ...well, ...changes },
  firing: { [quiet]: [], [fires]: [alert] },
})

/** Whether the interval of the alerts over those allowed is near the exact one. */
const near = (alerts: number, budget: number): NonNullable<Scenario['gives']> => {
  const [low, high] = rateInterval(alerts, budget)
  return [
    [`abs(driftwatch:budget_use:ratio7d - ${alerts / budget}) < bool 0.02`, 1],
    [`abs(driftwatch:budget_use_low:ratio7d - ${low}) * ${budget} < bool 0.4`, 1],
    [`abs(driftwatch:budget_use_high:ratio7d - ${high}) * ${budget} < bool 0.4`, 1],
  ]
}

const scenarios: readonly Scenario[] = [
  {
    what: 'ten alerts where seven were allowed',
    world: { ...well, [opened]: '0x80 10x99', [allowed]: '0+0.039106x179' },
    firing: {},
    gives: near(10, 7),
  },
  {
    what: 'no alert where two were allowed',
    world: { ...well, [opened]: '0x180', [allowed]: '0+0.011173x179' },
    firing: {},
    gives: near(0, 2),
  },
  { what: 'nothing is wrong', world: well, firing: { 0: [], 30: [], 90: [], 179: [] } },
  trouble('DriftwatchDown', 'two minutes after the process ended', { [up]: '1x10 0x60' }, 12, 13),
  { what: 'DriftwatchDown: no such process is known', world: without, firing: { 1: [], 2: ['DriftwatchDown'] } },
  trouble('DriftwatchNothingConsumed', '15 minutes after the rate has come to 0', { [received]: '0+600x10 6000x100' }, 33, 37),
  trouble('DriftwatchLagGrowing', '15 minutes after the lag passed its limit', { [lag]: '0+2000x100' }, 20, 22),
  { what: 'DriftwatchLagGrowing: not while a large lag stays as it is', world: { ...well, [lag]: '50000x180' }, firing: { 60: [] } },
  { what: 'DriftwatchLagGrowing: not while a large lag shrinks', world: { ...well, [lag]: '90000-400x180' }, firing: { 60: [] } },
  trouble('DriftwatchCommitLate', '5 minutes after the age passed its limit', { [commitAge]: '0x10 130x60' }, 15, 16),
  trouble('DriftwatchDeliveriesFailing', '10 minutes after the last that was taken', { [delivered]: '0+1x10 10x100' }, 24, 28),
  trouble('DriftwatchAlertsLost', 'at once', { [lost]: '0x10 3x100' }, 10, 11),
  { what: 'DriftwatchAlertsLost: over a quarter of an hour later', world: { ...well, [lost]: '0x10 3x100' }, firing: { 40: [] } },
  trouble('DriftwatchDeadLettersRising', '10 minutes above 1 %', { [deadLetters]: '0x10 0+12x100' }, 20, 29),
  trouble('DriftwatchProviderFellBack', '5 minutes after the start', { [fallback]: '1x100' }, 4, 5),
  trouble('DriftwatchOverBudget', 'an hour after that is certain', { [opened]: '0+5x180' }, 60, 70),
  { what: 'DriftwatchOverBudget: not on one burst', world: { ...well, [opened]: '0+2x180' }, firing: { 75: [] } },
  trouble('DriftwatchUnderBudget', 'an hour after that is certain', { [opened]: '0x180' }, 65, 75),
  trouble('DriftwatchFeedbackPegged', 'after an hour', { [pegged]: '2x100' }, 59, 60),
  trouble('DriftwatchReferenceOld', 'an hour after the 90 days', { [rowsEnd]: `${-90 * 86400}x180` }, 59, 62),
  trouble('DriftwatchReferenceOld', 'by the fit where rows had no times', { [rowsEnd]: '_x180', [fitted]: `${-90 * 86400}x180` }, 59, 62),
  trouble('DriftwatchEventLoopLate', 'after 10 minutes', { [eventLoop]: '0.3x100' }, 9, 10),
  trouble('DriftwatchStreamAlert', 'at once', { [streamAlert]: '_x10 1x20 _x60' }, 9, 12),
  {
    what: 'DriftwatchStreamAlert: not once the alert has ended',
    world: { ...well, [streamAlert]: '_x10 1x20 stale _x60' },
    firing: { 40: [] },
  },
  trouble('DriftwatchWorkersRestarting', 'with the third in half an hour', { [restarts]: '0x10 2x10 5x100' }, 20, 22),
]

/** All scenarios in one run, of which promtool tells file by file what became of it. */
async function verdicts(folder: string): Promise<ReadonlyMap<string, string>> {
  const said = await promtool(['test', 'rules', ...scenarios.map((_, i) => `${i}.yml`)], folder)
  const [, ...parts] = said.split(/^Unit Testing: +/m)
  return new Map(parts.map((part) => [scenarios[Number.parseInt(part, 10)]?.what ?? '', part.replace(/^\d+\.yml/, '').trim()]))
}

const unitTest = ({ world, firing, gives = [] }: Scenario): string =>
  stringify({
    rule_files: Object.keys(ruleFiles),
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(world).map(([series, values]) => ({ series, values })),
        promql_expr_test: [
          ...Object.entries(firing).map(([minute, alerts]) => ({
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: `${minute}m`,
            exp_samples: ['DriftwatchWatchdog', ...alerts].map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
          })),
          ...gives.map(([expr, value]) => ({ expr, eval_time: '179m', exp_samples: [{ labels: '{monitor="m"}', value }] })),
        ],
      },
    ],
  })

describe.skipIf(skip)(`promtool on the rules${skip ? ` (${skip})` : ''}`, () => {
  let folder: string
  let said: ReadonlyMap<string, string>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-rules-'))
    for (const [name, text] of Object.entries(ruleFiles)) await writeFile(join(folder, name), text)
    for (const [i, scenario] of scenarios.entries()) await writeFile(join(folder, `${i}.yml`), unitTest(scenario))
    said = await verdicts(folder)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('finds them right', async () => {
    const said = await promtool(['check', 'rules', ...Object.keys(ruleFiles)], folder)
    expect(said.match(/SUCCESS/g), said).toHaveLength(Object.keys(ruleFiles).length)
  })

  it('finds the example configuration right, with the rules beside it', async () => {
    expect(await promtool(['check', 'config', 'prometheus.yml'], join(root, 'dashboards/generated/prometheus'))).toMatch(
      /SUCCESS: 1 rule files found.*SUCCESS: prometheus.yml is valid/s,
    )
  })

  it('there is a scenario in which each fires, and one in which it does not', () => {
    const fire = new Set(scenarios.flatMap(({ firing }) => Object.values(firing).flat()))
    expect([...fire, 'DriftwatchWatchdog'].sort()).toEqual(everyRule.map(({ alert }) => alert).sort())
  })

  it.each(scenarios)('$what', ({ what }) => {
    expect(said.get(what)).toEqual('SUCCESS')
  })
})
