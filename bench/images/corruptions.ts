import { type Severity, severities } from './corruptions/family.js'
import { pairedSets, type SetName, setNames } from './data/trials.js'
import type { ImageEvaluation } from './evaluation.js'
import { pairedTrial, type TrialFigures } from './paired.js'
import { pairedReport } from './paired-report.js'

/** The paired protocol: `--set photos` (or another), `--severities 1,3,5`. The report ends with lines `metric NAME VALUE`. */
export async function corruptionsEvaluation<Fitted>({ data, own, judge, featuresOf, done }: ImageEvaluation<Fitted>): Promise<string> {
  const [set, chosen] = [setOf(own.set), severitiesOf(own.severities)]
  const { scale, trials } = pairedSets[set]
  const results: TrialFigures[] = []
  for (const trial of await trials(data)) {
    const say = (condition: string) => done(`${trial.name}, ${condition}`)
    results.push(await pairedTrial(trial, { judge, featuresOf, scale, severities: chosen, done: say }))
  }
  return pairedReport(set, chosen, results)
}

function setOf(given = 'photos'): SetName {
  const set = setNames.find((name) => name === given)
  if (set === undefined) throw new Error(`--set ${given}: there is no such set; there are ${setNames.join(', ')}`)
  return set
}

function severitiesOf(given: string | undefined): readonly Severity[] {
  if (given === undefined) return severities
  const wanted = given.split(',').map(Number)
  const chosen = severities.filter((severity) => wanted.includes(severity))
  if (chosen.length !== wanted.length) throw new Error(`--severities ${given}: expected some of ${severities.join()}, each once`)
  return chosen
}
