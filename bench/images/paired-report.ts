import { table } from '../../cli/terminal.js'
import { metric } from '../figures.js'
import type { Severity } from './corruptions/family.js'
import type { SetName } from './data/trials.js'
import { type PictureFigures, type TrialFigures, type WindowFigures, windowLengths } from './paired.js'

const WINDOW = windowLengths.indexOf(16)

/** What each detector made of each trial, the combination first. */
type ByDetector<Figures> = ReadonlyMap<string, readonly Figures[]>

/** Tables of every detector, the combination first, and as last lines its `metric NAME VALUE`. */
export function pairedReport(set: SetName, severities: readonly Severity[], results: readonly TrialFigures[]): string {
  const pictures = byDetector(results.map((trial) => trial.pictures))
  const windows = byDetector(results.map((trial) => trial.windows))
  const prefix = set === 'photos' ? 'corruptions' : `corruptions_${set}`
  const aurocs = [...pictures].map(([detector, figures]) => [detector, overall(figures)] as const)
  const falseAlarms = windowLengths.map((length, i) =>
    metric(`${prefix}_window${length}_false_alarms`, mean(of(windows, 'all').map((figures) => figures.falseAlarms[i]))),
  )
  return [
    'AUROC of damaged pictures against the same pictures clean, mean of the families; spread: half the range of the trials',
    pictureTable(pictures, severities),
    '',
    'AUROC by family, mean of the severities',
    familyTable(pictures, ({ auroc }) => mean(auroc)),
    '',
    'Part of the windows of damaged pictures found at the level of 1 % of the clean ones; in brackets the clean ones above the calibrated 1 %',
    windowTable(windows),
    '',
    'Windows of 16 by family',
    familyTable(windows, ({ found }) => found[WINDOW]),
    '',
    ...aurocs.filter(([detector]) => detector !== 'all').map(([detector, auroc]) => metric(`${prefix}_auroc_${detector}`, auroc)),
    ...falseAlarms,
    metric(`${prefix}_auroc`, overall(of(pictures, 'all'))),
    metric(`${prefix}_window16`, foundIn(of(windows, 'all'), WINDOW)),
    metric(`${prefix}_cindex`, concordance(of(pictures, 'all'))),
  ].join('\n')
}

const byDetector = <Figures>(trials: readonly ReadonlyMap<string, Figures>[]): ByDetector<Figures> =>
  new Map(
    [...trials[0].keys()].map((detector) => [
      detector,
      trials.flatMap((trial) => {
        const figures = trial.get(detector)
        return figures === undefined ? [] : [figures]
      }),
    ]),
  )

const of = <Figures>(figures: ByDetector<Figures>, detector: string): readonly Figures[] => figures.get(detector) ?? []

const pictureTable = (pictures: ByDetector<PictureFigures>, severities: readonly Severity[]): string =>
  table([
    ['detector', 'all', 'spread', ...severities.map((severity) => `severity ${severity}`), 'C-index', 'false alarms at 5 %'],
    ...[...pictures].map(([detector, figures]) => [
      detector,
      three(overall(figures)),
      three(halfRange(figures.map((one) => overall([one])))),
      ...severities.map((_, i) => two(mean(familiesOf(figures).map(({ auroc }) => auroc[i])))),
      three(concordance(figures)),
      percent(mean(figures.map(({ falseAlarms }) => falseAlarms))),
    ]),
  ])

const windowTable = (windows: ByDetector<WindowFigures>): string =>
  table([
    ['detector', ...windowLengths.map((length) => (length === 1 ? '1 picture' : `${length} pictures`))],
    ...[...windows].map(([detector, figures]) => [
      detector,
      ...windowLengths.map((_, i) => `${three(foundIn(figures, i))} (${percent(mean(figures.map(({ falseAlarms }) => falseAlarms[i])))})`),
    ]),
  ])

/** One row for each family, one column for each detector; mean of the trials. */
function familyTable<Family extends { readonly family: string }>(
  byDetector: ByDetector<{ readonly families: readonly Family[] }>,
  figure: (family: Family) => number,
): string {
  const names = of(byDetector, 'all')[0].families.map(({ family }) => family)
  const values = (name: string, trials: readonly { readonly families: readonly Family[] }[]) =>
    familiesOf(trials)
      .filter(({ family }) => family === name)
      .map(figure)
  return table([
    ['family', ...byDetector.keys()],
    ...names.map((name) => [name, ...[...byDetector.values()].map((trials) => two(mean(values(name, trials))))]),
  ])
}

const familiesOf = <Family>(trials: readonly { readonly families: readonly Family[] }[]): Family[] =>
  trials.flatMap(({ families }) => families)
const overall = (trials: readonly PictureFigures[]): number => mean(familiesOf(trials).map(({ auroc }) => mean(auroc)))
const concordance = (trials: readonly PictureFigures[]): number => mean(familiesOf(trials).map(({ cIndex }) => cIndex))
const foundIn = (trials: readonly WindowFigures[], length: number): number => mean(familiesOf(trials).map(({ found }) => found[length]))

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const halfRange = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / 2
const two = (value: number): string => value.toFixed(2)
const three = (value: number): string => value.toFixed(3)
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
