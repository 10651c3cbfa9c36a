import { Command } from 'commander'
import { pino } from 'pino'
import { type NamedTap, trainedTaps } from '../../backbones/model/trained-taps.js'
import { quantile } from '../../detectors/quantile.js'
import { TrainedDistance } from '../../detectors/trained-distance.js'
import { referenceRows } from '../../pipelines/reference-rows.js'
import { ConnectError } from '../../pipelines/run.js'
import { CommandError, unreachable } from '../exit.js'
import { type FitInput, fitInput, folderConfig, type PictureInput } from '../fit-input.js'
import { Rejections } from '../rejections.js'
import { type Output, progress, table } from '../terminal.js'

interface DistanceOptions {
  readonly backbone?: string
  readonly json?: boolean
}

export const distanceCommand = (out: Output): Command =>
  new Command('distance')
    .summary('say how far pictures are from the training of a backbone, without a reference')
    .description(
      'Says how far the pictures of a folder are from those that a backbone was trained on, by the means and variances of the channels of its taps that ' +
        'batch normalisation keeps: no reference and no clean picture is needed. W2 is the squared 2-Wasserstein distance and KL the Kullback-Leibler divergence, ' +
        'means over the channels of a tap, 0 where all is as in training; of all pictures together, and of single ones. Small strides show the quality ' +
        'of pictures (docs/backbones.md has figures of clean and damaged photos).',
    )
    .argument('<folder>', 'JPEG, PNG or WebP files; subfolders are read too')
    .option('--backbone <file>', 'a file that `prepare` wrote, with statistics of the training; default: the one that ships')
    .option('--json', 'print everything as JSON')
    .addHelpText('after', '\nExample:\n  $ driftwatch backbone distance ./frames')
    .action((folder: string, options: DistanceOptions) => distance(folder, options, out))

async function distance(folder: string, { backbone, json }: DistanceOptions, out: Output): Promise<void> {
  const config = await folderConfig(folder, './reference', '1/day')
  const { pictures: settings } = config
  if (settings === undefined) throw new Error('a folder of pictures has a backbone')
  const context = { monitor: config.name, logger: pino({ level: 'silent' }) }
  const input = await fitInput({ ...config, detectors: [], pictures: { ...settings, backbone } }, undefined, {}, context)
  const { pictures } = input
  if (pictures === undefined) throw new Error('a folder of pictures has a backbone')
  try {
    const taps = trainedTaps(pictures.backbone.description)
    if (taps.length === 0)
      throw new CommandError(
        'usage',
        `${backbone ?? 'the backbone'} holds no statistics of its training at a tap with mean and logSd: prepare it from a model with BatchNormalization ` +
          'at its taps, or with --trained FILE',
      )
    const measured = taps.map((tap) => ({ tap, distance: new TrainedDistance(tap, input.map.columns.length) }))
    const rejections = await read(input, pictures, (row) => {
      for (const { distance } of measured) distance.add(row)
    })
    const n = measured[0].distance.pictures.w2.length
    if (n === 0) throw new CommandError('usage', `${folder}: no picture can be used: ${rejections.text}`)
    const found = measured.map(({ tap, distance }) => ofTap(tap, distance))
    out.write(
      json ? `${JSON.stringify({ pictures: n, unusable: rejections.count, taps: found }, null, 2)}\n` : `${text(found, n, rejections)}\n`,
    )
  } catch (error) {
    throw error instanceof ConnectError ? unreachable(error) : error
  } finally {
    await pictures.pictures.close()
  }
}

/** Tells of the features of each picture. */
async function read({ sources, codec, map }: FitInput, { pictures }: PictureInput, told: (row: Float64Array) => void): Promise<Rejections> {
  const rejections = new Rejections()
  const bar = progress('reading', undefined)
  const d = map.columns.length
  const onChunk = (records: number, rejected: Parameters<Rejections['add']>[0]) => {
    rejections.add(rejected)
    bar.update(records, 'pictures')
  }
  for (const source of sources) {
    for await (const { n, values } of referenceRows({ source, codec, d, pictures, onChunk }))
      for (let i = 0; i < n; i++) told(Float64Array.from(values.subarray(i * d, (i + 1) * d)))
  }
  bar.end()
  return rejections
}

function ofTap({ name, stride, means }: NamedTap, distance: TrainedDistance) {
  const of = (kind: keyof TrainedDistance['pictures']) => {
    const pictures = Float64Array.from(distance.pictures[kind])
    return { together: short(distance.together(kind)), median: short(quantile(pictures, 0.5)), high: short(quantile(pictures, 0.95)) }
  }
  return { name, stride, channels: means.length, w2: of('w2'), kl: of('kl') }
}

const short = (value: number): number => Number(value.toPrecision(3))

function text(taps: readonly ReturnType<typeof ofTap>[], n: number, rejections: Rejections): string {
  const head = ['tap', 'stride', 'channels', 'W2 together', 'of a picture: median', '95 %', 'KL together', 'of a picture: median', '95 %']
  const rows = taps.map(({ name, stride, channels, w2, kl }) => [
    name,
    stride,
    channels,
    ...[w2, kl].flatMap(({ together, median, high }) => [together, median, high]),
  ])
  const unusable = rejections.count === 0 ? '' : `; ${rejections.count} could not be used: ${rejections.text}`
  return `${n.toLocaleString('en-GB')} ${n === 1 ? 'picture' : 'pictures'}${unusable}\n\n${table([head, ...rows])}`
}
