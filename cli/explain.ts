import { dirname } from 'node:path'
import { Command } from 'commander'
import { rate } from '../config/fields.js'
import { readBundle } from '../references/bundle.js'
import type { Reference } from '../references/reference.js'
import { harmless } from '../telemetry/terminal.js'
import { wholeNumber } from './arguments.js'
import { configurationOfData } from './configuration.js'
import { CommandError } from './exit.js'
import { type Explanation, explainRecord, type Limits, telling } from './explain/explanation.js'
import type { Found } from './explain/find.js'
import { recordOfFile, recordOfInput, recordOfText } from './explain/input.js'
import { type FoundPicture, findPicture } from './explain/picture.js'
import { explanationReport, rarityOf } from './explain/report.js'
import { type SeenInPicture, seenInPicture, writeHeatmap } from './explain/seen.js'
import { folderConfig } from './fit-input.js'
import { chooseMonitor } from './monitor-option.js'
import { loadReference } from './prepare.js'
import type { Output } from './terminal.js'

interface ExplainOptions {
  readonly reference?: string
  readonly record?: string
  readonly row: number
  readonly features?: string
  readonly stream?: string
  readonly delimiter?: string
  readonly config?: string
  readonly monitor?: string
  readonly at?: string
  readonly budget?: string
  readonly top: number
  readonly json?: boolean
  readonly heatmap?: string
  readonly overlay?: boolean
}

const epilogue = `
Examples:
  $ driftwatch explain --reference ./reference --record '{"amount": 12, "latency_p95": 840}'
  $ driftwatch explain --reference ./reference march.csv --row 1234 --delimiter ';'
  $ driftwatch explain --config driftwatch.yaml --monitor payments --at features/3/81724

An alert names its worst records as topic, partition and offset: the last form explains one of them as the monitor saw it.
Pictures: with --config a file is a picture, and --reference alone takes one where the reference was fitted with the backbone that ships.
  $ driftwatch explain --config driftwatch.yaml picture.jpg --heatmap where.png --overlay

With the detector gaussian the score is D², the squared Mahalanobis distance; the shares of all features sum to it.

Exit code 0 whatever the score is, 2 for a record that cannot be found or decoded, 3 for a reference that cannot be used,
5 when brokers or files cannot be reached.`

export const command = (out: Output = process.stdout): Command =>
  new Command('explain')
    .summary('say how unusual one record is, and which features make it so')
    .description(
      'Scores one record against a reference and shows what each feature adds to the score: its value, the mean and standard deviation ' +
        'of the reference, and its share of the score. A negative share makes the record less unusual.',
    )
    .argument('[file]', 'csv, ndjson or npy file that holds the record; of a reference of pictures a picture')
    .option('-r, --reference <folder>', 'the bundle to score against')
    .option('--record <json>', 'the record itself: an object with named features, or an array in the order of the reference')
    .option('--row <n>', 'which row of the file, counted from 0 (after the header)', wholeNumber(0), 0)
    .option('--features <names>', 'where the features stand in the file or record, in the order of the reference, separated by commas')
    .option('--stream <column>', 'the column or field that names the stream')
    .option('--delimiter <character>', 'what separates the columns of a csv file')
    .option('-c, --config <file>', 'configuration (YAML) of the monitor whose record is to be explained')
    .option('-m, --monitor <name>', 'which monitor, when the configuration has several')
    .option('--at <place>', 'with --config: the record, as topic/partition/offset')
    .option(
      '--budget <rate>',
      'false alarms per day, or a rate such as 1/week, that the limit is for; default: 1/day, or what the monitor has',
    )
    .option('--top <n>', 'show this many features', wholeNumber(1), 20)
    .option('--heatmap <png>', 'of a picture: write where in it the backbone sees what the reference does not have')
    .option('--overlay', 'with --heatmap: over the picture in grey')
    .option('--json', 'print one JSON object with everything, for machines')
    .addHelpText('after', epilogue)
    .action((file: string | undefined, options: ExplainOptions) => explain(file, options, out))

async function explain(file: string | undefined, options: ExplainOptions, out: Output): Promise<void> {
  if (options.overlay && options.heatmap === undefined)
    throw new CommandError('usage', '--overlay says how --heatmap FILE is drawn; give that too')
  const question = options.config === undefined ? await byReference(file, options) : await byMonitor(file, options)
  const { reference, limits, found, picture } = question
  const explanation = explainRecord(reference, found, limits)
  const seen = picture && seenInPicture(explanation, picture.backbone.description.taps)
  if (options.overlay && options.heatmap === undefined)
    throw new CommandError('usage', '--overlay says how --heatmap FILE is drawn; give that too')
  if (options.heatmap !== undefined) await writeHeatmap(options.heatmap, options.overlay === true, reference, picture)
  const text = options.json
    ? machineText(reference, found, explanation, seen)
    : explanationReport(reference, found, explanation, options.top, out, seen)
  out.write(`${text}\n`)
}

interface Question {
  readonly reference: Reference
  readonly limits: Limits
  readonly found: Found
  /** Only where the record is a picture. */
  readonly picture?: FoundPicture | undefined
}

async function byReference(file: string | undefined, options: ExplainOptions): Promise<Question> {
  const { record, row, stream, delimiter } = options
  if (options.reference === undefined) throw new CommandError('usage', 'give --reference (a bundle), or --config and --at')
  if ((file === undefined) === (record === undefined)) throw new CommandError('usage', 'give either a file or --record')
  if (options.at !== undefined) throw new CommandError('usage', '--at needs --config: the monitor says where and how to read')
  const reference = await readBundle(options.reference).catch((error: Error) => {
    throw new CommandError('reference', error.message, { cause: error })
  })
  const limits = { budgetPerDay: budgetOf(options.budget ?? '1/day'), perStream: true }
  if (reference.backbone !== undefined) {
    if (file === undefined) throw new CommandError('usage', 'the reference is of pictures; give a picture file')
    const config = folderConfig(dirname(file), options.reference, options.budget ?? '1/day')
    return ofPicture(reference, limits, await findPicture(config, reference, { file }, options.heatmap !== undefined))
  }
  const reading = { features: options.features?.split(',').map((name) => name.trim()), stream, delimiter }
  if (file !== undefined) return { reference, limits, found: await recordOfFile(file, row, reference, reading) }
  return { reference, limits, found: await recordOfText(record ?? '', reference, reading) }
}

async function byMonitor(file: string | undefined, options: ExplainOptions): Promise<Question> {
  const { at } = options
  if ((at === undefined) === (file === undefined) || options.record !== undefined || options.reference !== undefined)
    throw new CommandError(
      'usage',
      'with --config say --at topic/partition/offset (or name a picture file instead), and neither --record nor --reference',
    )
  const config = chooseMonitor(configurationOfData(options.config ?? ''), options.monitor)
  if (config.pictures === undefined && file !== undefined)
    throw new CommandError(
      'usage',
      `with --config say --at topic/partition/offset: monitor ${config.name} reads no pictures, so a file says nothing`,
    )
  const reference = await loadReference(config)
  const { falseAlarmsPerDay, feedback, fixedThresholds, perStream } = config.alerting
  const budgetPerDay = options.budget === undefined ? falseAlarmsPerDay : budgetOf(options.budget)
  const limits = { budgetPerDay, feedback, fixedThresholds, perStream }
  const place = at === undefined ? { file: file ?? '' } : { at }
  if (config.pictures !== undefined)
    return ofPicture(reference, limits, await findPicture(config, reference, place, options.heatmap !== undefined))
  return { reference, limits, found: await recordOfInput(config, at ?? '', reference) }
}

const ofPicture = (reference: Reference, limits: Limits, picture: FoundPicture): Question => ({
  reference,
  limits,
  found: picture.found,
  picture,
})

function budgetOf(text: string): number {
  const parsed = rate().safeParse(text)
  if (parsed.success) return parsed.data
  throw new CommandError('usage', `--budget ${text}: expected a number above 0 per day, or a rate such as 1/week`)
}

function machineText(
  { version, features, detrend }: Reference,
  { place, stream, time, earlier }: Found,
  explanation: Explanation,
  seen: SeenInPicture | undefined,
): string {
  const { judgements, bar } = explanation
  const detectors = judgements.map(({ features: _, ...one }) => ({ ...one, rarity: rarityOf(one, bar) }))
  const [{ features: contributions }, ...others] = telling(judgements)
  const [groups, ...alsoGroups] = seen?.groups ?? []
  const picture = seen && { ...seen, groups }
  const also = others.map(({ detector, features }, i) => ({ detector, groups: alsoGroups.at(i), contributions: features }))
  const record = {
    place,
    ...(stream !== '' && { stream }),
    ...(!Number.isNaN(time) && { time: new Date(time).toISOString() }),
    ...(detrend > 0 && { recordsBefore: earlier }),
    ...(explanation.missing.length > 0 && { missing: explanation.missing }),
  }
  const reference = { version, features: features.length, detrend }
  const text = JSON.stringify({ record, reference, budget: bar, detectors, picture, contributions, also })
  return harmless(text, text.length)
}
