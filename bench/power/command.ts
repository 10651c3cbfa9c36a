import { Command, InvalidArgumentError, Option } from 'commander'
import { openMatMul } from '../../backbones/matmul.js'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { covariance } from '../../detectors/covariance.js'
import type { Detector, WindowDetector } from '../../detectors/detector.js'
import { extremeDirections } from '../../detectors/directions.js'
import { defaultDetectors, detectors } from '../../detectors/registry.js'
import { metric } from '../figures.js'
import { type Effort, lengths, type Power, powerOf } from './experiment.js'
import { fixedMix, wanderingMix } from './mixture.js'
import type { Situation } from './situation.js'
import { oneSituation } from './situations.js'
import { slowRamps } from './slow.js'

/** The covariance statistic in every direction, which the product does not keep for streams of many features. */
const everyDirection: WindowDetector = {
  ...covariance,
  name: 'covariance, all directions',
  fit: async ({ whitening }, matmul) => {
    const { d } = whitening
    const basis = await extremeDirections(whitening, d, matmul)
    return { scalars: {}, tensors: { basis: { shape: [d, d], data: basis } } }
  },
}

const known = [...detectors, everyDirection]
const usual = [...defaultDetectors, 'mixture', 'features', 'mmd', everyDirection.name]

const chosen = (names: string): readonly Detector[] =>
  names.split(',').map((name) => {
    const found = known.find((detector) => detector.name === name)
    if (found === undefined) throw new InvalidArgumentError(`there is no detector '${name}'`)
    return found
  })

/** A drift counts as seen where a default detector sees half of the long windows. */
const SEEN = 0.5

export const power = new Command('power')
  .description("Which window detector sees which drift: shares of windows that alarm at 1 % false alarms, beside an earlier study's")
  .option('--references <n>', 'references that are drawn and fitted', wholeNumber(1), 4)
  .option('--nulls <n>', 'windows without drift that set the thresholds of each', wholeNumber(100), 400)
  .option('--windows <n>', 'windows of each drift that each judges', wholeNumber(1), 50)
  .addOption(
    new Option('--detectors <names>', 'which, separated by commas').argParser(chosen).default(
      known.filter(({ name }) => usual.includes(name)),
      usual.join(),
    ),
  )
  .option(
    '--ramps <n>',
    'slow ramps that each reference judges through the whole pipeline, without and with charts; 0: none',
    wholeNumber(0),
    3,
  )
  .action(
    async ({ detectors: contestants, ramps, ...effort }: Effort & { readonly detectors: readonly Detector[]; readonly ramps: number }) => {
      const matmul = await openMatMul()
      const parts: string[] = []
      const all: Power[] = []
      for (const situation of [oneSituation, fixedMix, wanderingMix]) {
        const powers = await powerOf(situation, contestants, effort, matmul)
        parts.push(tableOf(situation, powers, contestants))
        all.push(...powers)
      }
      await matmul.close()
      const watched = all.filter(({ drift }) => !drift.mixOnly)
      const unseen = watched.filter((one) => best(one)[lengths.length - 1] < SEEN)
      process.stdout.write(
        [
          `Shares of windows that alarm, of ${lengths.join(' / ')} records; each detector alone at its own 1 % of windows without drift.`,
          `${effort.references} references of 3,000 rows, each with ${effort.nulls} windows that set the thresholds and ${effort.windows} of each drift;`,
          "(in brackets: the study's figures). Record detectors by the highest score in the window.",
          '',
          ...parts,
          `Those that are on by default see ${watched.length - unseen.length} of ${watched.length} drifts (at least ${SEEN} of the windows of 256 records).`,
          `Seen by none of them: ${unseen.map(({ drift }) => drift.title).join('; ') || '-'}`,
          '',
          ...all.flatMap((one) => lengths.map((m, l) => metric(`power_${one.drift.key}_${m}`, best(one)[l]))),
          metric('power_rows_seen', watched.length - unseen.length),
          '',
          ramps > 0 ? await slowRamps({ ...effort, ramps }) : '',
        ].join('\n'),
      )
    },
  )

/** Of the default detectors, at each length. */
const best = ({ of }: Power): number[] => lengths.map((_, l) => Math.max(...defaultDetectors.map((name) => of.get(name)?.[l] ?? 0)))

const tableOf = ({ title }: Situation, powers: readonly Power[], contestants: readonly Detector[]): string => {
  const rows = powers.map(({ drift, of }) => [
    drift.title,
    ...[...of].map(([name, shares]) => {
      const study = drift.study && Object.entries(drift.study).find(([column]) => column === name)?.[1]
      return `${figures(shares)}${study === undefined ? '' : ` (${figures(study)})`}`
    }),
  ])
  return `${title}\n${table([['drift', ...contestants.map(({ name }) => name)], ...rows])}\n`
}

const figures = (shares: readonly number[]): string => shares.map((share) => share.toFixed(2)).join('/')
