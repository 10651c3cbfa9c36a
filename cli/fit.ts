import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { pino } from 'pino'
import { openGraph } from '../backbones/graph-runner.js'
import { openMatMul } from '../backbones/matmul.js'
import { openMoments } from '../backbones/moments.js'
import type { MonitorConfig } from '../config/monitor.js'
import { folderSource } from '../connectors/files/folder.js'
import { detectorByName } from '../detectors/registry.js'
import { type ReferenceRowsOptions, referenceRows } from '../pipelines/reference-rows.js'
import { ConnectError } from '../pipelines/run.js'
import { streamServices } from '../pipelines/stream-service.js'
import { closeRows } from '../references/beside.js'
import { writeBundle } from '../references/bundle.js'
import { collectRows } from '../references/collect.js'
import { fitReference, referenceOf } from '../references/fit.js'
import type { FitOptions, FitTools } from '../references/fit-options.js'
import { GroupNumbers } from '../references/groups.js'
import { holdOut } from '../references/held-out.js'
import { LabelCensus } from '../references/labels.js'
import { nearCopies } from '../references/near-copies.js'
import type { Reference, SelfTest } from '../references/reference.js'
import { FitRefused } from '../references/refusal.js'
import type { ReferenceRows, RowChunk } from '../references/rows.js'
import { alarmLogicOf } from './alarm-logic.js'
import { bundlePath } from './bundle-path.js'
import { capacityNote, embeddingNote } from './capacity.js'
import { configurationOfData } from './configuration.js'
import { CommandError, unreachable } from './exit.js'
import { type RangeOptions, rangeHelp } from './finite.js'
import { type FileOptions, type FitInput, fileConfig, fitInput, folderConfig } from './fit-input.js'
import { copied, leftOut, untimed } from './fit-notes.js'
import { disagreement, type FitFindings, fitReport } from './fit-report.js'
import { type LearntPictures, withBank } from './learn-bank.js'
import { learnPictures } from './learn-pictures.js'
import { chooseMonitor } from './monitor-option.js'
import { readsGroups } from './own-file.js'
import { Rejections } from './rejections.js'
import { servedLines } from './stream-report.js'
import { type Output, progress } from './terminal.js'

interface FitCommandOptions extends RangeOptions, FileOptions {
  readonly config?: string
  readonly monitor?: string
  readonly out?: string
  readonly images?: string
  readonly interval?: string
  readonly budget: string
  readonly perStream?: string
}

export const command = (out: Output = process.stdout): Command =>
  new Command('fit')
    .summary('learn what normal is from normal data')
    .description(
      'Fits a reference bundle to normal data: moments, whitening, detectors, and the calibration of their alarms by held-out data. ' +
        'Prints what it learned and which false-alarm budgets the data can support. Exits 3 when the data cannot be a reference, or ' +
        'when their halves disagree (the bundle is then written, but `run` refuses it unless told otherwise).',
    )
    .argument('[data]', 'csv, ndjson or npy file of normal data; default: the source of the configuration')
    .option('-c, --config <file>', 'configuration (YAML): features, decoding, windows, budget and where the bundle goes')
    .option('-m, --monitor <name>', 'which monitor, when the configuration has several')
    .option('--from <point>', `of a topic, where to begin: ${rangeHelp}; default: the beginning`)
    .option('--to <point>', `of a topic, where to end, exclusive: ${rangeHelp}; default: the present end`)
    .option('-o, --out <folder>', "where the bundle goes; default: the configuration's reference.path, else ./reference")
    .option('--features <names>', 'without a configuration: the feature columns, separated by commas; default: all but stream and time')
    .option('--stream <column>', 'without a configuration: the column that names the stream')
    .option('--time <column>', 'without a configuration: the column with the event time')
    .option('--group <column>', 'without a configuration: the column that says what a row is of (product, clip); with --images: subfolder')
    .option('--delimiter <character>', 'without a configuration: what separates the columns of a csv file')
    .option('--images <folder>', 'without a configuration: a folder of normal pictures, with the backbone that ships with Driftwatch')
    .option('--interval <time>', 'with --images: how long from one picture to the next; the budget goes by it', '1s')
    .option('--budget <rate>', 'without a configuration: false alarms per day, or a rate such as 1/week', '1/day')
    .option('--per-stream <file>', 'also write one line of JSON per stream: how this reference serves it beside one of its own')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch fit normal.csv --time timestamp --stream host\n  $ driftwatch fit --config driftwatch.yaml normal.csv\n' +
        '  $ driftwatch fit --config driftwatch.yaml --from 2026-03-01T00:00:00Z --to 2026-03-15T00:00:00Z',
    )
    .action((data: string | undefined, options: FitCommandOptions) => fitCommand(data, options, out))

async function fitCommand(data: string | undefined, options: FitCommandOptions, out: Output): Promise<void> {
  const config = await configOf(data, options)
  const context = { monitor: config.name, logger: pino({ level: 'silent' }) }
  const folder = options.out ?? bundlePath(config)
  const input = await fitInput(config, data, options, context)
  const { reference, findings } = await fitWithFindings(config, input)
  await writeBundle(folder, reference)
  if (options.perStream !== undefined)
    await writeFile(options.perStream, servedLines(findings.streams ?? [], reference.features)).catch(unreachable)
  const report = fitReport(reference, config.alerting, findings, out)
  out.write(`${report}\n\nwritten to ${folder}\n`)
  if (!reference.selfTest.passed) {
    throw new CommandError(
      'reference',
      `the self-test refused this reference: its halves disagree: ${disagreement(reference, reference.selfTest)}. ` +
        (input.origin.type === folderSource.type
          ? 'Pictures are taken in the order of their names, so names that are sorted by class make unlike halves: ' +
            'name them in the order in which they were taken, or shuffle the names; else fit on pictures that cover the normal range'
          : 'Fit on data that cover the normal range of the stream'),
    )
  }
}

/** A fit with what is to be told of it. @throws CommandError when the data cannot be a reference */
export async function fitWithFindings(config: MonitorConfig, input: FitInput): Promise<{ reference: Reference; findings: FitFindings }> {
  const tests = new Map<number, SelfTest>()
  const {
    reference,
    streams,
    reading,
    copies = 0,
  } = await withReferenceRows(config, input, async (rows, options, tools, reading) => {
    const telling = { ...tools, tested: (rate: number, selfTest: SelfTest) => void tests.set(rate, selfTest) }
    const heldOut = await holdOut(rows, options, telling)
    const reference = await referenceOf(heldOut, rows, options, tools)
    const copies = input.pictures && (await nearCopies(heldOut.rung, tools.matmul))
    return {
      reference,
      reading,
      copies,
      streams: await streamServices(heldOut, reference, config.alerting.falseAlarmsPerDay, tools.matmul),
    }
  })
  const capacity = await capacityNote(config, reference, input.codec.dtype)
  const { picturesPerSecond, rejections } = reading
  const embedding = picturesPerSecond === undefined ? undefined : embeddingNote(config, reference, picturesPerSecond)
  const unusable = rejections.count === 0 ? undefined : unusableNote(rejections)
  const notes = [
    unusable,
    copied(copies, reference),
    capacity,
    embedding,
    leftOut(config, reference),
    untimed(config, reference, input.origin),
  ].filter((note) => note !== undefined)
  return { reference, findings: { untreated: tests.get(0), notes, streams } }
}

const unusableNote = ({ count, text }: Rejections): string => `${count} ${count === 1 ? 'record' : 'records'} could not be used: ${text}`

async function configOf(data: string | undefined, options: FitCommandOptions): Promise<MonitorConfig> {
  if (options.config !== undefined) return chooseMonitor(configurationOfData(options.config), options.monitor)
  if (options.images !== undefined) {
    if (data !== undefined) throw new CommandError('usage', `${data} stands beside --images ${options.images}; give one of them`)
    return folderConfig(options.images, options.out ?? './reference', options.budget, options)
  }
  if (data === undefined)
    throw new CommandError(
      'usage',
      'give a file of normal data, --images with a folder of pictures, or --config with a source to read it from',
    )
  return fileConfig(data, options.out ?? './reference', options.budget, options)
}

/** Reads the rows and fits the reference, as the monitor is configured. @throws CommandError when the data cannot be a reference */
export const fitFrom = (config: MonitorConfig, input: FitInput): Promise<Reference> => withReferenceRows(config, input, fitReference)

/** What reading the rows has told. */
interface Reading {
  readonly picturesPerSecond: number | undefined
  readonly rejections: Rejections
}

/**
 * Reads the rows and does something that fits to them, with the options of the monitor.
 * @throws CommandError when the data cannot be a reference
 */
export async function withReferenceRows<Result>(
  config: MonitorConfig,
  { sources, codec, map, pictures: given, description, nothing }: FitInput,
  work: (rows: ReferenceRows, options: FitOptions, tools: FitTools, reading: Reading) => Promise<Result>,
): Promise<Result> {
  const { rowsPerDay } = config.alerting
  const { unverified } = config.reference
  const { columns, optional, inputs } = map
  const options = {
    features: columns,
    inputs,
    unverified,
    adapt: config.adapt?.recency,
    detectors: config.detectors,
    shrinkage: config.shrinkage,
    logic: alarmLogicOf(config),
    rowsPerDay,
    source: description,
  }
  const rejections = new Rejections()
  const products = await openMatMul()
  const bar = progress('calibrating', 100)
  let rows: ReferenceRows | undefined
  let pictures: LearntPictures | undefined = given
  try {
    if (given !== undefined && config.detectors.includes('patch-distance')) {
      if (readsGroups(config.decode))
        throw new CommandError(
          'usage',
          `monitor ${config.name}: patch-distance compares pictures with those of other times, which may be of the same group (decode.image.group); leave one of the two out`,
        )
      pictures = await withBank(given)
    }
    const labels = config.detectors.some((name) => detectorByName(name).labels) ? new LabelCensus() : undefined
    const groups = readsGroups(config.decode) ? new GroupNumbers() : undefined
    const timed = config.window.by === 'time'
    const began = performance.now()
    const read = rowsOf(
      { sources, codec },
      { d: columns.length, labels, groups, pictures: pictures?.pictures, bankOf: pictures?.bankOf },
      rejections,
    )
    rows = await collectRows(read, columns.length, undefined, optional, timed)
    const picturesPerSecond = pictures === undefined ? undefined : (1000 * (rows.n + rows.dropped)) / (performance.now() - began)
    if (rows.n + rows.dropped === 0) throw new CommandError('reference', `this cannot be a reference: ${await nothing()}`)
    const learnt = pictures && (await learnPictures(config, pictures, rows, products.multiply))
    const tools: FitTools = {
      matmul: products.multiply,
      openGraph,
      openMoments,
      progress: (phase, done, total) => bar.update(Math.round((100 * done) / total), phase),
    }
    return await work(rows, { ...options, ...learnt }, tools, { picturesPerSecond, rejections })
  } catch (error) {
    if (error instanceof ConnectError) unreachable(error)
    if (error instanceof FitRefused) {
      const unusable = rejections.count === 0 ? '' : `; ${unusableNote(rejections)}`
      throw new CommandError('reference', `this cannot be a reference: ${error.message}${unusable}`, { cause: error })
    }
    throw error
  } finally {
    bar.end()
    if (rows !== undefined) closeRows(rows)
    await products.close()
    await pictures?.pictures.close()
  }
}

/** The rows of all sources, one after the other. */
async function* rowsOf(
  { sources, codec }: Pick<FitInput, 'sources' | 'codec'>,
  wanted: Pick<ReferenceRowsOptions, 'd' | 'labels' | 'groups' | 'pictures' | 'bankOf'>,
  rejections: Rejections,
): AsyncIterable<RowChunk> {
  const reading = progress('reading', undefined)
  for (const source of sources)
    yield* referenceRows({
      source,
      codec,
      ...wanted,
      onChunk: (records, rejected) => {
        rejections.add(rejected)
        reading.update(records, 'records')
      },
    })
  reading.end()
}
