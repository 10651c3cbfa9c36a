import { table } from '../../cli/terminal.js'
import { metric } from '../figures.js'
import { type AdSet, type Group, groups } from './data.js'
import type { Attempt, Scored } from './experiment.js'
import type { RankingFigures } from './metrics.js'

/** One set with its attempts, one for each seed. */
export interface SetResult extends Pick<AdSet, 'group' | 'name'> {
  readonly d: number
  readonly fitted: number
  readonly tested: number
  readonly attempts: readonly Attempt[]
}

type Figure = keyof RankingFigures
/** What a monitor that cannot be fitted is worth: it says the same of every row. */
const CHANCE: RankingFigures = { auroc: 0.5, auprc: 0, fpr95: 1 }

/** The table, and as last lines one `metric NAME VALUE` each. */
export function adbenchReport(results: readonly SetResult[], peakMegabytes: number): string {
  const names = [...new Set(results.flatMap(({ attempts }) => scoredOf(attempts).flatMap(({ detectors }) => Object.keys(detectors))))]
  const head = [
    'set',
    'fitted on',
    'test',
    'd',
    'AUROC',
    'AUPRC',
    'FPR95',
    ...names.map((name) => `AUROC ${name}`),
    'tied',
    'fit, ms',
    'records/s',
    '',
  ]
  const kinds = groups.filter((group) => results.some((result) => result.group === group))
  return [
    table([
      head,
      ...kinds.flatMap((group) => [...inGroup(results, group).map((result) => setRow(result, names)), meanRow(results, group, names)]),
    ]),
    '',
    'AUROC, AUPRC, FPR95: of the decades of the rarest detector, as the product alarms on; then each detector alone by its own score.',
    'Means over the seeds; a refused fit counts as chance (.5, 0, 1). tied: rows whose decades a row of the other label has as well.',
    'records/s: through the whole pipeline, from the first batch to the last; sets this small are over before it is warm.',
    '',
    ...kinds.flatMap((group) => metricsOf(inGroup(results, group), group, names)),
    metric('adbench_refused_fits', results.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'refused').length),
    metric('adbench_peak_rss_mb', peakMegabytes),
  ].join('\n')
}

const scoredOf = (attempts: readonly Attempt[]): Scored[] => attempts.filter((one) => one.outcome === 'scored')
const inGroup = (results: readonly SetResult[], group: Group): SetResult[] => results.filter((result) => result.group === group)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Of the combination, or of one detector. */
const figureOf = ({ attempts }: SetResult, figure: Figure, detector?: string): number =>
  mean(
    attempts.map((one) =>
      one.outcome === 'refused' ? CHANCE[figure] : (detector === undefined ? one.combined : one.detectors[detector])[figure],
    ),
  )

function setRow(result: SetResult, names: readonly string[]): (string | number)[] {
  const { name, fitted, tested, d, attempts } = result
  const scored = scoredOf(attempts)
  const figures = (['auroc', 'auprc', 'fpr95'] as const).map((figure) => figureOf(result, figure).toFixed(3))
  const own = names.map((detector) => figureOf(result, 'auroc', detector).toFixed(3))
  const rest = [
    percent(mean(scored.map(({ tied }) => tied))),
    whole(scored.map(({ fitMs }) => fitMs)),
    whole(scored.map(({ recordsPerSecond }) => recordsPerSecond)),
  ]
  return [name, fitted, tested, d, ...figures, ...own, ...(scored.length === 0 ? ['–', '–', '–'] : rest), remarks(attempts)]
}

function meanRow(results: readonly SetResult[], group: Group, names: readonly string[]): (string | number)[] {
  const sets = inGroup(results, group)
  const over = (figure: Figure, detector?: string) => mean(sets.map((set) => figureOf(set, figure, detector))).toFixed(4)
  return [
    `mean of ${sets.length} ${group}`,
    '',
    '',
    '',
    over('auroc'),
    over('auprc'),
    over('fpr95'),
    ...names.map((name) => over('auroc', name)),
  ]
}

/** What a reader must know of the fits: refused ones, self-tests that failed. */
function remarks(attempts: readonly Attempt[]): string {
  const scored = scoredOf(attempts)
  const reasons = new Set(attempts.flatMap((one) => (one.outcome === 'refused' ? [one.reason] : [])))
  const count = (many: number, what: string) => (many === 0 ? [] : [`${many} of ${attempts.length} ${what}`])
  return [
    ...count(attempts.length - scored.length, `REFUSED: ${[...reasons].join(', ')}`),
    ...count(scored.filter(({ accepted }) => !accepted).length, 'failed the self-test'),
  ].join('; ')
}

function metricsOf(sets: readonly SetResult[], group: Group, names: readonly string[]): string[] {
  const over = (figure: Figure, detector?: string) => mean(sets.map((set) => figureOf(set, figure, detector)))
  return [
    ...(['auroc', 'auprc', 'fpr95'] as const).map((figure) => metric(`${group}_mean_${figure}`, over(figure))),
    ...names.map((name) => metric(`${group}_mean_auroc_${name}`, over('auroc', name))),
  ]
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
const whole = (values: readonly number[]): number => Math.round(mean(values))
