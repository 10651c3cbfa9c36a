import { progress } from '../cli/terminal.js'
import { listSets, splitOf } from './adbench/data.js'
import { type Attempt, attempt } from './adbench/experiment.js'
import { adbenchReport, type SetResult } from './adbench/report.js'
import { evaluate, evaluationArguments } from './arguments.js'

/*
 * Records that are anomalous by themselves (github.com/Minqi824/ADBench), one-class:
 * `npm run eval:adbench -- --data DIR [--sets cardio,bottle] [--seeds 5] [--detectors gaussian]`.
 */
await evaluate(async () => {
  const { data, own } = await evaluationArguments('eval:adbench', 'the folders adbench and mvtec_resnet18_features', [
    'sets',
    'seeds',
    'detectors',
  ])
  const seeds = Number(own.seeds ?? 5)
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`--seeds ${own.seeds}: expected a whole number from 1`)
  const sets = await listSets(data)
  const wanted = own.sets?.split(',') ?? sets.map(({ name }) => name)
  const unknown = wanted.filter((name) => !sets.some((set) => set.name === name))
  if (unknown.length > 0) throw new Error(`--sets: no set ${unknown.join(', ')}; there are ${sets.map(({ name }) => name).join(', ')}`)
  const chosen = sets.filter(({ name }) => wanted.includes(name))
  const bar = progress('fitting and scoring', chosen.length * seeds)
  const results: SetResult[] = []
  for (const [i, set] of chosen.entries()) {
    const attempts: Attempt[] = []
    let size = { d: 0, fitted: 0, tested: 0 }
    for (let seed = 1; seed <= seeds; seed++) {
      const split = await splitOf(set, seed)
      const { d, reference, labels } = split
      size = { d, fitted: reference.length / d, tested: labels.length }
      attempts.push(await attempt(split, own.detectors?.split(',')))
      bar.update(i * seeds + seed, set.name)
    }
    results.push({ ...set, ...size, attempts })
  }
  bar.end()
  process.stdout.write(`${adbenchReport(results, process.resourceUsage().maxRSS / 1024)}\n`)
})
