import { type AnyPanel, lines, numbers, table } from '../looks.js'
import { instant, ofMonitor, range, rows } from '../queries.js'
import { budgetUse } from '../rules/recording.js'

const perDay = (use: string) => `${use}{${ofMonitor}} * on (monitor) max by (monitor) (driftwatch_budget_alerts_per_day{${ofMonitor}})`

export const budgetAndRealised = (): AnyPanel =>
  lines({
    title: 'Alerts per day: budget and realised',
    description:
      'Alerts opened about records and drift in the last 7 days per day of data, with their 90 % interval (a Poisson count). Real faults count too: above the budget is no mistake by itself, a quiet month above it is.',
    unit: 'none',
    span: 24,
    height: 9,
    min: 0,
    targets: [
      range({ expr: perDay(budgetUse.ratio), legend: '{{monitor}} realised' }),
      range({ expr: perDay(budgetUse.low), legend: '{{monitor}} low' }),
      range({ expr: perDay(budgetUse.high), legend: '{{monitor}} high' }),
      range({ expr: `max by (monitor) (driftwatch_budget_alerts_per_day{${ofMonitor}})`, legend: '{{monitor}} budget' }),
    ],
  })
    .overrideByRegexp('.* (low|high)$', [
      { id: 'custom.lineStyle', value: { fill: 'dot', dash: [2, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
    ])
    .overrideByRegexp('.* budget$', [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
    ])

export const sinceStart = (): AnyPanel =>
  numbers({
    title: 'Realised per day since the start',
    description: 'Alerts per day of data that this process has opened, over all its time.',
    unit: 'none',
    span: 12,
    targets: [instant({ expr: `max by (monitor) (driftwatch_realised_alerts_per_day{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const resolution = (): AnyPanel =>
  numbers({
    title: 'Resolution',
    description:
      'The smallest rate of false alarms per day that the reference can certify. A budget below it is not certain: fit to more data.',
    unit: 'none',
    span: 12,
    targets: [instant({ expr: `max by (monitor) (driftwatch_resolution_alerts_per_day{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const timeInAlarm = (): AnyPanel =>
  lines({
    title: 'Time in alarm',
    description:
      'Share of the time in which an alert was open. Above 0.2 hides new trouble: one alert that stays open keeps the count of alerts low.',
    unit: 'percentunit',
    min: 0,
    colours: [
      { color: 'green', value: null },
      { color: 'orange', value: 0.2 },
    ],
    targets: [range({ expr: `max by (monitor) (driftwatch_time_in_alarm_ratio{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const budgetWatch = (): AnyPanel =>
  lines({
    title: 'Budget as the calibration alert sees it',
    description: 'Alerts opened over those allowed, in the last blocks of records; 1 is on budget, 0 before it looks.',
    unit: 'none',
    min: 0,
    targets: [range({ expr: `max by (monitor) (driftwatch_budget_use_ratio{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

const redFromOne = [
  { color: 'green', value: null },
  { color: 'red', value: 1 },
]

export const pegged = (): AnyPanel =>
  numbers({
    title: 'Streams with pegged feedback',
    description: 'Streams whose live feedback has reached its bound: their budget cannot be held. Above 0: fit a new reference.',
    unit: 'none',
    colours: redFromOne,
    targets: [instant({ expr: `sum by (monitor) (driftwatch_feedback_pegged_streams{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const referenceAge = (): AnyPanel =>
  numbers({
    title: 'Age of the reference',
    description: 'Time since the reference was fitted, and since the latest row that it was fitted to, where its rows had times.',
    unit: 'dtdurations',
    targets: [
      instant({
        expr: `time() - max by (monitor) (driftwatch_reference_fitted_timestamp_seconds{${ofMonitor}})`,
        legend: '{{monitor}} fitted',
      }),
      instant({
        expr: `time() - max by (monitor) (driftwatch_reference_rows_end_timestamp_seconds{${ofMonitor}})`,
        legend: '{{monitor}} rows',
      }),
    ],
  })

export const adapted = (): AnyPanel =>
  numbers({
    title: 'How far the reference was adapted',
    description: 'Distance of the slow copy that has gone farthest from the fitted reference, in deviations; 0 where none is kept.',
    unit: 'none',
    targets: [instant({ expr: `max by (monitor) (driftwatch_reference_adapted_sigma{${ofMonitor}})`, legend: '{{monitor}}' })],
  })

export const references = (): AnyPanel =>
  table(
    {
      title: 'Reference and configuration in use',
      description:
        'calibration says what the reference makes of the budget: OK, PROVISIONAL (few alerts to count on), UNVERIFIABLE, CEILING or REFUSED.',
      unit: 'none',
      span: 6,
      height: 4,
      targets: [rows({ expr: `max by (monitor, version, calibration) (driftwatch_reference_info{${ofMonitor}})`, legend: '' })],
    },
    { version: 'reference' },
  )
