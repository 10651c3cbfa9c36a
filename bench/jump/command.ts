import { Command } from 'commander'
import { jumpBetween } from '../../calibration/jump.js'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { normals } from '../../connectors/generator/random.js'
import { metric } from '../figures.js'

/** Blocks before and after a deploy, records in a block, autocorrelation from one record to the next. */
const situations = [
  [32, 32, 16],
  [32, 8, 16],
  [16, 8, 16],
  [32, 32, 60],
  [32, 8, 60],
].flatMap(([before, after, records]) => [0, 0.5, 0.9, 0.98].map((phi) => ({ before, after, records, phi })))

/** Standard deviations of one record's score; and the score rises by as many from end to end without any deploy. */
const jumps = [0.5, 1, 2]
const TREND = 3

type Situation = (typeof situations)[number]

export const jump = new Command('jump')
  .description(
    'How often the jump test at a deploy finds a jump of scores with a trend and autocorrelation, and how often where there is none',
  )
  .option('--trials <n>', 'series of each kind', wholeNumber(10), 1000)
  .action(({ trials }: { readonly trials: number }) => {
    let worst = 0
    const rows = situations.map((situation, i) => {
      const share = (size: number, offset: number, count: number) => shareFound(situation, size, offset, count, i)
      const none = share(0, 0, 4 * trials)
      worst = Math.max(worst, none)
      const { before, after, records, phi } = situation
      return [
        `${before}`,
        `${after}`,
        `${records}`,
        `${phi}`,
        percent(none),
        ...jumps.map((size) => percent(share(size, 0, trials))),
        percent(share(1, -4, trials)),
      ]
    })
    const head = [
      'before',
      'after',
      'records',
      'autocorrelation',
      'no jump',
      ...jumps.map((size) => `${size} sd`),
      '1 sd, 4 blocks earlier',
    ]
    process.stdout.write(`Jumps found at the deploy, in % (level 1 %)\n${table([head, ...rows])}\n\n${metric('jump_false', worst)}\n`)
  })

/** Of series with a jump of so many sd, so many blocks after the deploy, the share in which it is found at the deploy. */
function shareFound(situation: Situation, size: number, offset: number, trials: number, seed: number): number {
  const normal = normals(seed, size, offset)
  let found = 0
  for (let trial = 0; trial < trials; trial++) {
    const blocks = series(situation, size, offset, normal)
    if (jumpBetween(blocks.slice(0, situation.before), blocks.slice(situation.before))?.found) found++
  }
  return found / trials
}

/** Means of blocks of AR(1) scores with variance 1. */
function series({ before, after, records, phi }: Situation, size: number, offset: number, normal: () => number): number[] {
  const n = before + after
  const innovation = Math.sqrt(1 - phi * phi)
  let score = normal()
  return Array.from({ length: n }, (_, block) => {
    let sum = 0
    for (let i = 0; i < records; i++) {
      score = phi * score + innovation * normal()
      sum += score
    }
    return sum / records + (TREND * block) / n + (block >= before + offset ? size : 0)
  })
}

const percent = (share: number): string => (100 * share).toFixed(1)
