import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { median, metric } from '../figures.js'
import { ratios, spread } from '../kit/alternate.js'
import { machineLine } from '../kit/machine.js'
import { covarianceTimes } from './ledoit-wolf.js'
import { fitCost } from './memory.js'

interface Options {
  readonly rounds: number
  readonly rows: number
  readonly features: number
  readonly largest: number
}

/** Features of the references whose memory is measured. */
const D = 16

/** What learning a reference costs: time against scikit-learn, memory by the number of rows. */
export const fit = new Command('fit')
  .description("The covariance of a reference against scikit-learn's LedoitWolf, and the memory of `driftwatch fit` by rows")
  .option('--rounds <n>', 'fits of each, in turn', wholeNumber(1), 7)
  .option('--rows <n>', 'rows of the covariance', wholeNumber(1000), 100_000)
  .option('--features <d>', 'features of the covariance', wholeNumber(2), 512)
  .option('--largest <n>', 'rows of the largest reference whose memory is measured', wholeNumber(100_000), 10_000_000)
  .action(async (options: Options) => {
    const folder = await mkdtemp(join(tmpdir(), 'driftwatch-bench-'))
    try {
      process.stdout.write(`${await covarianceReport(options, folder)}\n\n`)
      process.stdout.write(`${await memoryReport(options, folder)}\n`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

async function covarianceReport({ rounds, rows, features }: Options, folder: string): Promise<string> {
  const { ours, theirs, shrinkage, peer } = await covarianceTimes(rows, features, rounds, folder)
  const write = (value: number) => value.toFixed(2)
  const [oursPassed, theirsPassed] = [ours, theirs].map((fits) => fits.map(({ seconds }) => seconds))
  const [oursWorked, theirsWorked] = [ours, theirs].map((fits) => fits.map(({ cpuSeconds }) => cpuSeconds))
  const head = [
    `Covariance of ${rows.toLocaleString('en-GB')} x ${features} float64 rows in memory: median (least – most) of ${rounds} rounds`,
    'driftwatch: standardisation, moments in 10 folds, Ledoit-Wolf, Cholesky factor and its inverse, condition number',
    'scikit-learn: LedoitWolf().fit, that is mean, covariance, shrinkage and inverse',
  ]
  const row = (name: string, passed: readonly number[], worked: readonly number[], found: number | undefined) => [
    name,
    spread(passed, write),
    spread(worked, write),
    found?.toPrecision(8) ?? '',
  ]
  const columns = ['', 'seconds', 'processor seconds', 'shrinkage found']
  const mine = row('driftwatch', oursPassed, oursWorked, shrinkage[0])
  if (theirs.length === 0) return [...head, table([columns, mine]), 'no ratio, for scikit-learn is absent'].join('\n')
  const shares = ratios(oursPassed, theirsPassed)
  const ratioRow = row('driftwatch / scikit-learn', shares, ratios(oursWorked, theirsWorked), undefined)
  return [
    ...head,
    table([columns, mine, row(peer, theirsPassed, theirsWorked, shrinkage[1]), ratioRow]),
    machineLine(),
    metric(`fit_${features}_ratio`, median(shares)),
  ].join('\n')
}

async function memoryReport({ largest }: Options, folder: string): Promise<string> {
  const sizes = [1e5, 1e6, 1e7].filter((rows) => rows < largest)
  const costs = []
  for (const rows of [...sizes, largest]) costs.push(await fitCost(rows, D, folder))
  const mb = (bytes: number) => Math.round(bytes / 1e6)
  return [
    `driftwatch fit of an npy file of float32 rows, ${D} features: largest resident memory, and the time with the start of the process`,
    table([
      ['rows', 'values in MB', 'RSS in MB', 'seconds'],
      ...costs.map(({ rows, rss, seconds }) => [rows, mb(rows * D * 4), mb(rss), Number(seconds.toFixed(1))]),
    ]),
    ...costs.filter(({ rows }) => rows === 1e7).map(({ rss }) => metric('fit_rss_10m_mb', rss / 1e6)),
  ].join('\n')
}
