import { realpath } from 'node:fs/promises'
import { Command } from 'commander'
import { openGraph } from '../backbones/graph-runner.js'
import { openMatMul } from '../backbones/matmul.js'
import type { Comparison } from '../references/between.js'
import { BundleError, readBundle, writeBundle } from '../references/bundle.js'
import { type Merged, mergeReferences } from '../references/merge.js'
import { MergeRefused, type Named } from '../references/mergeable.js'
import { FitRefused } from '../references/refusal.js'
import { harmless } from '../telemetry/terminal.js'
import { aboveZero, perDay } from './arguments.js'
import { CommandError } from './exit.js'
import { fitReport } from './fit-report.js'
import { type Output, table } from './terminal.js'

interface MergeOptions {
  readonly out: string
  readonly rowsPerDay?: number
  readonly budget: number
}

const epilogue = `
Examples:
  $ driftwatch merge ./north ./south --out ./both
  $ driftwatch merge ./january ./february --out ./winter --rows-per-day 86400 --budget 1/week

Exit code 3 when the references do not go together (nothing is written), or when two of them disagree (the merged one is then
written, but \`run\` refuses it unless told otherwise: keep a reference per site).`

export const command = (out: Output = process.stdout): Command =>
  new Command('merge')
    .summary('join references of several sites, without their data')
    .description(
      'Joins reference bundles into that of all their rows: means, covariance, detectors, calibration. Says whether the parts agree, every ' +
        'two of them. The parts stay as they are.',
    )
    .argument('<folders...>', 'bundles of two or more references')
    .requiredOption('-o, --out <folder>', 'where the merged bundle goes; required')
    .option(
      '--rows-per-day <n>',
      'records per day over all streams that the merged reference will watch; default: the sum over the parts, as when their streams are ' +
        'watched together. Parts of the same streams at different times need it',
      aboveZero,
    )
    .option('--budget <rate>', 'false alarms per day, or a rate such as 1/week, that the report is for', perDay, 1)
    .addHelpText('after', epilogue)
    .action((folders: string[], options: MergeOptions) => merge(folders, options, out))

async function merge(folders: readonly string[], { out: folder, rowsPerDay, budget }: MergeOptions, out: Output): Promise<void> {
  const parts = await Promise.all(folders.map(read))
  await keepParts(folders, folder)
  const merged = await join(parts, rowsPerDay)
  const { reference } = merged
  await writeBundle(folder, reference).catch(refuse)
  out.write(
    `${fitReport(reference, { falseAlarmsPerDay: budget }, { untreated: undefined, notes: [] }, out)}\n\n${comparisonsTable(merged.comparisons)}\n\nwritten to ${folder}\n`,
  )
  if (!reference.selfTest.passed) throw new CommandError('reference', disagreement(merged))
}

const read = async (folder: string): Promise<Named> => ({ name: folder, reference: await readBundle(folder).catch(refuse) })

/** The parts serve on: none of them is replaced. */
async function keepParts(folders: readonly string[], out: string): Promise<void> {
  const target = await realpath(out).catch(() => undefined)
  for (const folder of folders) {
    if ((await realpath(folder)) === target) {
      throw new CommandError('usage', `--out ${out} is the part ${folder}, which would be replaced; give another folder`)
    }
  }
}

async function join(parts: readonly Named[], rowsPerDay: number | undefined): Promise<Merged> {
  const products = await openMatMul()
  try {
    return await mergeReferences(parts, rowsPerDay, { matmul: products.multiply, openGraph })
  } catch (error) {
    if (error instanceof MergeRefused || error instanceof FitRefused)
      throw new CommandError('reference', `these references cannot be merged: ${error.message}`, { cause: error })
    throw error
  } finally {
    await products.close()
  }
}

function refuse(error: unknown): never {
  if (error instanceof BundleError) throw new CommandError('reference', error.message, { cause: error })
  throw error
}

const digits = (value: number | undefined): string => (value === undefined ? 'not kept' : String(Number(value.toPrecision(3))))

const comparisonsTable = (comparisons: readonly Comparison[]): string =>
  table([
    ['between', 's1', 's2', ''],
    ...comparisons.map(({ between, s1, s2, passed, worstFeature }) => [
      between.map((name) => harmless(name)).join(' and '),
      digits(s1),
      digits(s2),
      passed ? 'they agree' : `they disagree, most in ${harmless(worstFeature)}`,
    ]),
  ])

const disagreement = ({ comparisons }: Merged): string => {
  const apart = comparisons.filter(({ passed }) => !passed)
  return apart.length === 0
    ? 'the self-test had refused one of the references, so the merged one is refused too: fit that one on data that cover its normal range'
    : `${apart.map(({ between }) => between.join(' and ')).join('; ')} disagree: one reference does not serve both. Keep a reference per site`
}
