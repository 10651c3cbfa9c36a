import { table } from '../../cli/terminal.js'
import { type Allowance, allowances, type NullSet, sets } from './stream.js'
import type { Mode, Outcome, Realised, Trial } from './trial.js'

/** At most twice the budget and at least half of it; a share of time in alarm that is no alarm any more. */
const FACTOR = 2
const MAX_IN_ALARM = 0.2

/** On budget, within a factor of two, and not because one alert never ends. */
export const isHeld = ({ ratio, inAlarm }: Realised): boolean => ratio >= 1 / FACTOR && ratio <= FACTOR && inAlarm <= MAX_IN_ALARM

/** Too many alerts, or too long ones. */
export const isOver = ({ ratio, inAlarm }: Realised): boolean => ratio > FACTOR || inAlarm > MAX_IN_ALARM

/** Share of the values for which something holds; NaN of none. */
export const share = <Value>(values: readonly Value[], holds: (value: Value) => boolean): number =>
  values.filter(holds).length / values.length

/** Nearest-rank quantile; NaN of nothing. */
export const quantile = (values: readonly number[], level: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * level) - 1)] ?? Number.NaN

type Watched = Extract<Trial, { readonly outcome: 'watched' }>
const real: readonly NullSet[] = sets.filter((set) => !set.startsWith('synthetic'))

/** Rows of the table: each set, and the real ones together; beside it what the study measured (its sections 1 and 5), on splits of its own. */
const groups: readonly { readonly name: string; readonly sets: readonly NullSet[]; readonly study: Partial<Record<Allowance, string>> }[] =
  [
    {
      name: sets[0],
      sets: [sets[0]],
      study: { 8: 'record detector: held .87, ratio .90 [.50–1.36]', 20: 'record detector: held .93' },
    },
    { name: sets[1], sets: [sets[1]], study: { 8: 'record detector: held 1.00', 20: 'record detector: held 1.00' } },
    { name: sets[2], sets: [sets[2]], study: { 8: '78 % refused' } },
    { name: sets[3], sets: [sets[3]], study: {} },
    { name: sets[4], sets: [sets[4]], study: {} },
    { name: sets[5], sets: [sets[5]], study: { 8: '51 % refused' } },
    {
      name: 'all real',
      sets: real,
      study: { 8: 'eight detectors: held .58, with feedback .80, ratio .91 [.68–1.16]', 20: 'record detector: held .77' },
    },
  ]

/** The tables, and as last lines one `metric NAME VALUE` each. */
export function nullReport(trials: readonly Trial[]): string {
  const passed = acceptedOf(trials)
  const refused = watchedOf(trials).filter(({ accepted }) => !accepted)
  const inMode = (watched: readonly Outcome[], mode: Mode) => watched.map(({ realised }) => realised[mode])
  const feedback = inMode(passed, 'feedback')
  const reals = inMode(
    passed.filter(({ set }) => real.includes(set)),
    'feedback',
  )
  return [
    'Streams without anomalies: each stretch is the reference of the next one, at the budget that allows K alerts inside it.',
    '',
    table([
      [
        '',
        'K',
        'streams',
        'unfit',
        'refused',
        'passed',
        'static: held',
        'over',
        'ratio [10–90 %]',
        'feedback: held',
        'over',
        'ratio [10–90 %]',
        'calibration study',
      ],
      ...groups.flatMap((group) => allowances.flatMap((allowed) => groupRow(group, allowed, trials))),
    ]),
    '',
    'ratio: alerts opened over alerts allowed, median. held: ratio of 0.5 to 2 and an alert open in at most 20 % of the rows. over: ratio above 2,',
    'or an alert open in more. Shares are of the streams that passed the self-test. Feedback is the default. Even a perfect calibration',
    'would hold only about .86 of the static cases at K = 8 on stretches as short as their reference.',
    'Real series are short: windows of 16 records (hop 4), alerts that end after 16 quiet records. The synthetic ones have the defaults.',
    '',
    'Refused by the self-test, and watched with feedback all the same:',
    table([['  set', 'streams', 'held', 'over'], ...sets.flatMap((set) => refusedRow(set, refused))]),
    '',
    'Passed, but not held with feedback:',
    table([['  stream', 'K', 'status', 'ratio', 'in alarm'], ...passed.filter(({ realised }) => !isHeld(realised.feedback)).map(missRow)]),
    '',
    `metric null_held_share ${share(feedback, isHeld).toFixed(4)}`,
    `metric null_over_share ${share(feedback, isOver).toFixed(4)}`,
    `metric null_held_share_real ${share(reals, isHeld).toFixed(4)}`,
    `metric null_held_share_static ${share(inMode(passed, 'static'), isHeld).toFixed(4)}`,
    `metric null_refused_share ${(refused.length / trials.length).toFixed(4)}`,
  ].join('\n')
}

const watchedOf = (trials: readonly Trial[]): Watched[] => trials.filter((trial) => trial.outcome === 'watched')
const acceptedOf = (trials: readonly Trial[]): Watched[] => watchedOf(trials).filter(({ accepted }) => accepted)

function groupRow(group: (typeof groups)[number], allowed: Allowance, trials: readonly Trial[]): (string | number)[][] {
  const all = trials.filter((trial) => trial.allowed === allowed && group.sets.includes(trial.set))
  if (all.length === 0) return []
  const [watched, passed] = [watchedOf(all), acceptedOf(all)]
  const counts = [all.length, all.length - watched.length, watched.length - passed.length, passed.length]
  const shares = (['static', 'feedback'] as const).flatMap((mode) => modeCells(passed.map(({ realised }) => realised[mode])))
  return [[group.name, allowed, ...counts, ...shares, group.study[allowed] ?? '']]
}

function refusedRow(set: NullSet, refused: readonly Watched[]): (string | number)[][] {
  const realised = refused.filter((trial) => trial.set === set).map((trial) => trial.realised.feedback)
  return realised.length === 0 ? [] : [[`  ${set}`, realised.length, percent(share(realised, isHeld)), percent(share(realised, isOver))]]
}

function modeCells(realised: readonly Realised[]): string[] {
  if (realised.length === 0) return ['–', '–', '–']
  const ratios = realised.map(({ ratio }) => ratio)
  const [low, middle, high] = [0.1, 0.5, 0.9].map((level) => quantile(ratios, level).toFixed(2))
  return [percent(share(realised, isHeld)), percent(share(realised, isOver)), `${middle} [${low}–${high}]`]
}

const missRow = ({ set, kind, allowed, status, realised: { feedback } }: Watched): (string | number)[] => [
  `  ${set}: ${kind}`,
  allowed,
  status,
  feedback.ratio.toFixed(2),
  percent(feedback.inAlarm),
]

const percent = (part: number): string => `${Math.round(100 * part)} %`
