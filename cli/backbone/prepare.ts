import { readFile, realpath, writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Trained, trainedOf } from '../../backbones/model/batch-norm.js'
import { featureNames } from '../../backbones/model/description.js'
import type { InputChoice } from '../../backbones/model/picture-input.js'
import { type Prepared, prepare } from '../../backbones/model/prepare.js'
import { type Preprocessing, preprocessingSchema } from '../../backbones/model/preprocessing.js'
import { type Statistic, statistics } from '../../backbones/model/statistics.js'
import { suggestion } from '../../backbones/model/suggest.js'
import { kernels } from '../../pictures/resize.js'
import { aboveZero, wholeNumber } from '../arguments.js'
import { CommandError, unreadable, unwritable } from '../exit.js'
import { type Output, paintFor, table } from '../terminal.js'
import { sizeText } from './inspect.js'
import { inputOption, layoutOption, modelAt, namesOf, refused, sizeOption } from './model.js'

interface PrepareCommandOptions extends InputChoice {
  readonly taps: string[]
  readonly out: string
  readonly statistics: Statistic[]
  readonly map?: string
  readonly trained?: string
  readonly fit?: Preprocessing['fit']['type']
  readonly resizeShort?: number
  readonly kernel?: Preprocessing['kernel']
  readonly colour?: Preprocessing['colour']
  readonly scale?: number
  readonly mean?: Preprocessing['mean']
  readonly std?: Preprocessing['std']
}

const { colour } = preprocessingSchema.shape
const fits: readonly Preprocessing['fit']['type'][] = ['cover', 'stretch', 'crop']

export const prepareCommand = (out: Output): Command =>
  new Command('prepare')
    .summary('write a backbone: one file from pixels to statistics of the taps')
    .description(
      'Writes a prepared backbone: one ONNX file that takes pixels (uint8, height x width x RGB), pre-processes them, computes the model as far as the ' +
        'deepest tap, and reduces each tap to a few numbers per channel. It is run on pictures before it is written: it must give finite numbers, and ' +
        'the same for a picture whatever others are in its run. Pre-processing must be that of the training of the model: its card says it.',
    )
    .argument('<model>', 'ONNX file; tensors may lie in files beside it')
    .requiredOption('--taps <names>', 'values to tap, separated by commas, as `inspect` lists them; required', namesOf)
    .requiredOption('-o, --out <file>', 'where the backbone goes; required')
    .option('--statistics <names>', `of each channel, separated by commas: ${statistics.join(', ')}`, statisticsOf, ['mean', 'logSd'])
    .option('--map <tap>', 'a tap that is also given as it is, for heatmaps')
    .option(
      '--trained <file>',
      'JSON: by tap mean and variance of each channel in training, where the model has no BatchNormalization to tell them',
    )
    .addOption(inputOption())
    .addOption(sizeOption())
    .addOption(layoutOption())
    .addOption(
      new Option('--fit <how>', 'to the size: cover and cut the centre out (default), stretch, or crop without resizing').choices(fits),
    )
    .option('--resize-short <pixels>', 'with cover, the shorter side before the cut; default: 8/7 of the size', wholeNumber(1))
    .addOption(new Option('--kernel <name>', 'of resizing; default: bilinear').choices(kernels))
    .addOption(new Option('--colour <order>', 'of channels that the model takes; default: rgb').choices(colour.options))
    .option('--scale <factor>', '(pixel x scale - mean) / std; default: 1/255', scaleOf)
    .option('--mean <numbers>', 'one, or three in the order of the channels; default: 0.485,0.456,0.406 (ImageNet)', perChannel)
    .option('--std <numbers>', 'one, or three in the order of the channels; default: 0.229,0.224,0.225 (ImageNet)', perChannel)
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch backbone prepare model.onnx --taps layer2,layer3 -o backbone.onnx\n' +
        '  $ driftwatch backbone prepare model.onnx --taps block4 --size 160 --scale 1/127.5 --mean 1 --std 1 -o backbone.onnx',
    )
    .action((file: string, options: PrepareCommandOptions) => prepareFile(file, options, out))

async function prepareFile(file: string, options: PrepareCommandOptions, out: Output): Promise<void> {
  const { taps, statistics, map, input, size, layout } = options
  const source = await modelAt(file)
  if ((await realpath(options.out).catch(() => undefined)) === (await realpath(file)))
    throw new CommandError('usage', `--out ${options.out} is the model itself, which would be lost; give another file`)
  const { fit, resizeShort, kernel, colour, scale, mean, std } = options
  const preprocessing = { fit, resizeShort, kernel, colour, scale, mean, std }
  const trained = await trainedIn(options.trained).catch(refused)
  const prepared = await prepare(source, { taps, statistics, map, trained, input, size, layout, preprocessing }).catch(refused)
  await writeFile(options.out, prepared.bytes).catch(unwritable(options.out))
  out.write(`${summary(prepared, out)}\n\nwritten to ${options.out}, ${sizeText(prepared.bytes.length)}\n`)
}

async function trainedIn(file: string | undefined): Promise<Record<string, Trained> | undefined> {
  if (file === undefined) return undefined
  return trainedOf(await readFile(file, 'utf8').catch(unreadable(file)), file)
}

function summary({ description, single }: Prepared, out: Output): string {
  const { size, fit, kernel, colour, scale, mean, std } = description.preprocessing
  const rows = description.taps.map(({ name, channels, stride, statistics }) => [
    name,
    channels,
    stride,
    statistics.join(', '),
    channels * statistics.length,
  ])
  const facts = [
    ['pictures', `${size.join(' x ')} pixels, ${fit.type}${fit.type === 'cover' ? ` (shorter side ${fit.short})` : ''}, ${kernel}`],
    ['pixels', `${colour}, (pixel x ${Number(scale.toPrecision(6))} - [${mean.join(', ')}]) / [${std.join(', ')}]`],
    ['features', `${featureNames(description).length.toLocaleString('en-GB')} numbers per picture`],
    ...(description.map === undefined ? [] : [['map', description.map]]),
    ['training', trainedText(description)],
    ['batch', single === undefined ? 'any' : `${paintFor(out)('yellow', 'one by one')}: ${single}`],
  ]
  return `${table([['tap', 'channels', 'stride', 'statistics', 'numbers'], ...rows])}\n\n${table(facts)}`
}

function trainedText({ taps }: Prepared['description']): string {
  const known = taps.filter(({ trained }) => trained !== undefined)
  const summed = known.filter(({ trained }) => trained?.summed)
  if (known.length === 0) return 'no statistics in training are known (no BatchNormalization at the taps; --trained takes them from a file)'
  const names = (some: typeof known) => some.map(({ name }) => name).join(', ')
  return `statistics are known of ${names(known)}${summed.length > 0 ? `; variances of ${names(summed)} as though their branches were uncorrelated` : ''}`
}

function statisticsOf(text: string): Statistic[] {
  return namesOf(text).map((name) => {
    const known = statistics.find((one) => one === name)
    if (known !== undefined) return known
    throw new InvalidArgumentError(`there is no statistic "${name}"${suggestion(name, statistics)}`)
  })
}

/** Parses a number above 0, or a quotient such as 1/255. */
function scaleOf(text: string): number {
  const [above, below = '1', ...more] = text.split('/')
  if (more.length === 0) return aboveZero(above) / aboveZero(below)
  throw new InvalidArgumentError('expected a number such as 0.5, or a quotient such as 1/255')
}

function perChannel(text: string): [number, number, number] {
  const numbers = text.split(',').map(Number)
  const [a, b = a, c = a] = numbers
  if ((numbers.length === 1 || numbers.length === 3) && numbers.every(Number.isFinite)) return [a, b, c]
  throw new InvalidArgumentError('expected one number, or three separated by commas')
}
