import { progress } from '../../cli/terminal.js'
import { type EvaluationArguments, evaluate, evaluationArguments } from '../arguments.js'
import { embedded, type FeaturesOf, stored } from './feature-store.js'
import type { Judge } from './judge.js'

/** What an evaluation of pictures works with. */
export interface ImageEvaluation<Fitted> extends Pick<EvaluationArguments, 'data' | 'own'> {
  readonly judge: Judge<Fitted>
  readonly featuresOf: FeaturesOf
  /** Tells what has just been done. */
  done(what: string): void
}

/** Opens the judge of a backbone (a path, or the shipped one) and of detectors (the default ones, or their names), as the product would. */
export type OpenJudge<Fitted> = (asked: { readonly backbone?: string; readonly detectors?: string }) => Promise<Judge<Fitted>>

/**
 * Runs one evaluation as a command and writes its report: `--data DIR`, `--backbone FILE`, `--detectors NAMES`, `--cache DIR` (features of
 * every picture are kept there: a second run takes much less time) and options of its own.
 */
export const imageEvaluation = <Fitted>(
  name: string,
  expected: string,
  options: readonly string[],
  open: OpenJudge<Fitted>,
  work: (evaluation: ImageEvaluation<Fitted>) => Promise<string>,
): Promise<void> =>
  evaluate(async () => {
    const { data, own } = await evaluationArguments(name, expected, ['backbone', 'detectors', 'cache', ...options])
    const judge = await open(own)
    try {
      const featuresOf = own.cache === undefined ? embedded(judge) : stored(judge, own.cache)
      const bar = progress(name, undefined)
      let count = 0
      const report = await work({ data, own, judge, featuresOf, done: (what) => bar.update(++count, what) })
      bar.end()
      process.stdout.write(`${judge.remark()}\n\n${report}\n`)
    } finally {
      await judge.close()
    }
  })
