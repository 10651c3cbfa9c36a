import { table } from '../../cli/terminal.js'
import { metric } from '../figures.js'
import type { Severity } from './corruptions/family.js'
import type { SetName } from './data/trials.js'
import { type FamilyFigures, type TrialFigures, windowLengths } from './paired.js'

/** What each detector made of each trial. */
export type PairedResults = readonly ReadonlyMap<string, TrialFigures>[]

const WINDOW = windowLengths.indexOf(16)

/** Tables of every detector, the combination first, and as last lines its `metric NAME VALUE`. */
export function pairedReport(set: SetName, severities: readonly Severity[], results: PairedResults): string {
  const detectors = [...results[0].keys()]
  const familiesOf = (detector: string): FamilyFigures[] => figuresOf(results, detector).flatMap(({ families }) => families)
  const names = [...new Set(familiesOf('all').map(({ family }) => family))]
  const perFamily = (detector: string, figure: (figures: FamilyFigures) => number) =>
    names.map((name) =>
      two(
        mean(
          familiesOf(detector)
            .filter(({ family }) => family === name)
            .map(figure),
        ),
      ),
    )
  const overall = (detector: string) => mean(familiesOf(detector).map(meanAuroc))
  const cIndex = (detector: string) => mean(familiesOf(detector).map((figures) => figures.cIndex))
  const detected = (detector: string, length: number) => mean(familiesOf(detector).map(({ windows }) => windows[length]))
  const prefix = set === 'photos' ? 'corruptions' : `corruptions_${set}`
  return [
    'AUROC of damaged pictures against the same pictures clean, mean of the families; spread: half the range of the trials',
    table([
      ['detector', 'all', 'spread', ...severities.map((severity) => `severity ${severity}`), 'C-index', 'false alarms at 5 %'],
      ...detectors.map((detector) => [
        detector,
        three(overall(detector)),
        three(halfRange(figuresOf(results, detector).map(({ families }) => mean(families.map(meanAuroc))))),
        ...severities.map((_, i) => two(mean(familiesOf(detector).map(({ auroc }) => auroc[i])))),
        three(cIndex(detector)),
        percent(mean(figuresOf(results, detector).map(({ falseAlarms }) => falseAlarms))),
      ]),
    ]),
    '',
    'AUROC by family, mean of the severities',
    table([
      ['family', ...detectors],
      ...transposed(
        names,
        detectors.map((detector) => perFamily(detector, meanAuroc)),
      ),
    ]),
    '',
    'Part of the windows of damaged pictures found at the level of 1 % of the clean ones; in brackets the clean ones above the calibrated 1 %',
    table([
      ['detector', ...windowLengths.map((length) => (length === 1 ? '1 picture' : `${length} pictures`))],
      ...detectors.map((detector) => [
        detector,
        ...windowLengths.map((_, i) => `${three(detected(detector, i))} (${percent(windowAlarms(results, detector, i))})`),
      ]),
    ]),
    '',
    'Windows of 16 by family',
    table([
      ['family', ...detectors],
      ...transposed(
        names,
        detectors.map((detector) => perFamily(detector, ({ windows }) => windows[WINDOW])),
      ),
    ]),
    '',
    ...detectors.filter((detector) => detector !== 'all').map((detector) => metric(`${prefix}_auroc_${detector}`, overall(detector))),
    ...windowLengths.map((length, i) => metric(`${prefix}_window${length}_false_alarms`, windowAlarms(results, 'all', i))),
    metric(`${prefix}_auroc`, overall('all')),
    metric(`${prefix}_window16`, detected('all', WINDOW)),
    metric(`${prefix}_cindex`, cIndex('all')),
  ].join('\n')
}

const figuresOf = (results: PairedResults, detector: string): TrialFigures[] =>
  results.flatMap((trial) => {
    const figures = trial.get(detector)
    return figures === undefined ? [] : [figures]
  })

const windowAlarms = (results: PairedResults, detector: string, length: number): number =>
  mean(figuresOf(results, detector).map(({ windowFalseAlarms }) => windowFalseAlarms[length]))

const transposed = (names: readonly string[], columns: readonly (readonly string[])[]): string[][] =>
  names.map((name, row) => [name, ...columns.map((column) => column[row])])

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const meanAuroc = ({ auroc }: FamilyFigures): number => mean(auroc)
const halfRange = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / 2
const two = (value: number): string => value.toFixed(2)
const three = (value: number): string => value.toFixed(3)
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
