import { families } from './corruptions/corruptions.js'
import { type Severity, severities } from './corruptions/family.js'
import { pairedSets, type SetName } from './data/trials.js'
import type { FeaturesOf } from './feature-store.js'
import type { Judge } from './judge.js'
import { pairedTrial, type TrialFigures } from './paired.js'
import { pairedReport } from './paired-report.js'

/** The paired protocol on one of its sets. The report ends with lines `metric NAME VALUE`. */
export async function corruptionsEvaluation<Fitted>(
  judge: Judge<Fitted>,
  featuresOf: FeaturesOf,
  data: string,
  set: SetName,
  done: (what: string) => void,
  chosen: readonly Severity[] = severities,
): Promise<string> {
  const { scale, trials } = pairedSets[set]
  const results: ReadonlyMap<string, TrialFigures>[] = []
  for (const trial of await trials(data)) {
    const say = (condition: string) => done(`${trial.name}, ${condition}`)
    results.push(await pairedTrial(trial, { judge, featuresOf, scale, severities: chosen, done: say }))
  }
  return pairedReport(set, chosen, results)
}

/** How many conditions a set has: calls of `done`. */
export const conditions = (set: SetName, chosen: readonly Severity[] = severities): number =>
  (set === 'photos' ? 2 : 1) * (1 + families.length * chosen.length)
