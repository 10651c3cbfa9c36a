import { metric } from '../figures.js'
import { type Collection, drawOf, semanticTasks } from './data/semantic.js'
import type { ImageEvaluation } from './evaluation.js'
import { type Features, rowsOf } from './judge.js'
import { meanAuroc, type OneClassFigures, oneClass, oneClassTable } from './one-class.js'

const DRAWS = 3

/** Other things than the reference's: five tasks, three references each. The report ends with lines `metric NAME VALUE`. */
export async function semanticEvaluation<Fitted>({ data, judge, featuresOf, done }: ImageEvaluation<Fitted>): Promise<string> {
  const embedded = new Map<string, Features>()
  const featuresIn = async ({ name, pictures }: Collection): Promise<Features> => {
    const found = embedded.get(name) ?? (await featuresOf({ name, count: pictures.length, picture: async (i) => pictures[i] }))
    embedded.set(name, found)
    return found
  }
  const results: { readonly name: string; readonly trials: ReadonlyMap<string, OneClassFigures>[] }[] = []
  for (const task of await semanticTasks(data)) {
    const { collection } = task.normal
    const [usual, unusual] = [await featuresIn(collection), await featuresIn(task.odd.collection)]
    const trials: ReadonlyMap<string, OneClassFigures>[] = []
    for (let seed = 1; seed <= DRAWS; seed++) {
      const { reference, normal, odd } = drawOf(task, seed)
      const pictures = reference.map((row) => collection.pictures[row])
      const learnt = { pictures, features: rowsOf(usual, reference) }
      trials.push(await oneClass(judge, learnt, rowsOf(usual, normal), rowsOf(unusual, odd)))
      done(`${task.name}, draw ${seed}`)
    }
    results.push({ name: task.name, trials })
  }
  const detectors = [...results[0].trials[0].keys()]
  const overall = (detector: string) => results.reduce((sum, { trials }) => sum + meanAuroc(trials, detector), 0) / results.length
  return [
    ...results.flatMap(({ name, trials }) => [name, oneClassTable(trials), '']),
    ...detectors.filter((detector) => detector !== 'all').map((detector) => metric(`semantic_auroc_${detector}`, overall(detector))),
    ...results.map(({ name, trials }) => metric(`semantic_auroc_${name.replaceAll(/\W+/g, '_')}`, meanAuroc(trials, 'all'))),
    metric('semantic_auroc', overall('all')),
  ].join('\n')
}
