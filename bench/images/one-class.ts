import { table } from '../../cli/terminal.js'
import type { Features, Judge, Normal } from './judge.js'
import { auroc } from './paired.js'

/** What one detector is worth where other things than normal ones come. */
export interface OneClassFigures {
  /** Chance that an odd picture scores higher than a normal one. */
  readonly auroc: number
  /** Part of the normal test pictures with p at most 5 %, and at most 1 %. */
  readonly falseAlarms: readonly [number, number]
  /** The same of the odd ones. */
  readonly found: readonly [number, number]
}

const LEVELS = [0.05, 0.01] as const

/** Fits on normal pictures, and judges others of their kind and odd ones; by detector. */
export async function oneClass<Fitted>(
  judge: Judge<Fitted>,
  reference: Normal,
  normal: Features,
  odd: Features,
): Promise<ReadonlyMap<string, OneClassFigures>> {
  const fitted = await judge.fit(reference)
  const [usual, unusual] = [await judge.judge(fitted, normal), await judge.judge(fitted, odd)]
  return new Map(
    Object.keys(usual).map((detector) => [
      detector,
      {
        auroc: auroc(usual[detector].scores, unusual[detector].scores),
        falseAlarms: below(usual[detector].p),
        found: below(unusual[detector].p),
      },
    ]),
  )
}

const below = (p: Float64Array): readonly [number, number] => {
  const share = (level: number) => p.filter((value) => value <= level).length / p.length
  return [share(LEVELS[0]), share(LEVELS[1])]
}

/** One row for each detector: mean and spread (sample standard deviation) of the trials. */
export function oneClassTable(trials: readonly ReadonlyMap<string, OneClassFigures>[]): string {
  const rows = [...trials[0].keys()].map((detector) => {
    const figures = figuresOf(trials, detector)
    const pair = (pick: (one: OneClassFigures) => readonly [number, number]) =>
      [0, 1].map((level) => percent(mean(figures.map((one) => pick(one)[level])))).join(' / ')
    const aurocs = figures.map((one) => one.auroc)
    return [detector, mean(aurocs).toFixed(3), deviation(aurocs).toFixed(3), pair((one) => one.falseAlarms), pair((one) => one.found)]
  })
  return table([['detector', 'AUROC', 'spread', 'false alarms at 5 / 1 %', 'found at 5 / 1 %'], ...rows])
}

/** Mean AUROC of a detector. */
export const meanAuroc = (trials: readonly ReadonlyMap<string, OneClassFigures>[], detector: string): number =>
  mean(figuresOf(trials, detector).map((figures) => figures.auroc))

const figuresOf = (trials: readonly ReadonlyMap<string, OneClassFigures>[], detector: string): OneClassFigures[] =>
  trials.flatMap((trial) => {
    const figures = trial.get(detector)
    return figures === undefined ? [] : [figures]
  })

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: readonly number[]): number =>
  values.length < 2 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1))
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
