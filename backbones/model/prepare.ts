import { create } from '@bufbuild/protobuf'
import { assemble, bytesOfModel, FEATURES, MAP } from './assemble.js'
import { batchNorms, isOf, type Trained } from './batch-norm.js'
import { type BackboneDescription, describe, featureNames, METADATA_KEY } from './description.js'
import { ModelFault } from './fault.js'
import type { SourceModel } from './model-file.js'
import { valueInfo } from './nodes.js'
import { StringStringEntryProtoSchema } from './onnx_pb.js'
import { type InputChoice, type PictureInput, pictureInput } from './picture-input.js'
import { type PreprocessingChoice, preprocessingFor } from './preprocessing.js'
import { quantisationOf } from './quantisation.js'
import { addStatistics, type Statistic } from './statistics.js'
import { namedTaps, type Tap } from './taps.js'
import { usable } from './usable.js'
import { verify } from './verify.js'

export interface PrepareOptions extends InputChoice {
  /** Names of values of the model, as `inspect` lists them. */
  readonly taps: readonly string[]
  /** Default: mean and logSd. */
  readonly statistics?: readonly Statistic[] | undefined
  readonly preprocessing?: PreprocessingChoice | undefined
  /** A tap that becomes an output of its own, `map`, as it is. */
  readonly map?: string | undefined
  /** By tap its statistics in training, in the place of what BatchNormalization nodes say. */
  readonly trained?: Readonly<Record<string, Trained>> | undefined
}

export interface Prepared {
  /** The ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly description: BackboneDescription
  /** Why pictures must be run one by one; `undefined` when they need not. */
  readonly single: string | undefined
}

/**
 * Makes a prepared backbone: one ONNX file from uint8 pixels to a few numbers per channel of the taps, which describes itself
 * (`readPrepared`). It is run on black, white and random pictures before it is given out.
 * @throws ModelFault with what is wrong and how to mend it
 */
export async function prepare(source: SourceModel, options: PrepareOptions): Promise<Prepared> {
  usable(source)
  const input = pictureInput(source, options)
  const preprocessing = preprocessingFor(input, options.preprocessing)
  const names = [...new Set([...options.taps, ...(options.map === undefined ? [] : [options.map])])]
  if (options.taps.length === 0) throw new ModelFault('no taps were named; `driftwatch backbone inspect` lists them')
  const all = await namedTaps(source, input, names)
  const taps = all.slice(0, new Set(options.taps).size)
  const statistics = options.statistics ?? ['mean', 'logSd']
  const trainedIn = trainedTaps(source, options)
  const described = {
    name: source.name,
    source: source.sha256,
    quantisation: quantisationOf(source),
    preprocessing,
    taps: taps.map(({ name, channels, height, width, stride }) => {
      const trained = trainedIn(name, channels)
      return { name, channels, height, width, stride, statistics: [...statistics], ...(trained && { trained }) }
    }),
    ...(options.map !== undefined && { map: options.map }),
  }
  const write = (description: BackboneDescription) => written(source, input, description, all)
  const description = describe(described)
  const bytes = write(description)
  const single = await verify(bytes, description)
  if (single === undefined) return { bytes, description, single }
  const oneByOne = describe({ ...described, batch: 1 })
  return { bytes: write(oneByOne), description: oneByOne, single }
}

/** Statistics of a tap in training. @throws ModelFault, then or at once, when given ones are of no tap, or of other channels */
function trainedTaps(source: SourceModel, { trained = {}, taps }: PrepareOptions): (name: string, channels: number) => Trained | undefined {
  const stray = Object.keys(trained).find((name) => !taps.includes(name))
  if (stray !== undefined)
    throw new ModelFault(`statistics in training are given of "${stray}", which is none of the taps: ${taps.join(', ')}`)
  const known = batchNorms(source)
  return (name, channels) => {
    const found = trained[name] ?? known(name)
    if (found === undefined) return undefined
    if (!isOf(found, channels))
      throw new ModelFault(
        `statistics in training of tap "${name}" hold ${found.mean.length} means and ${found.variance.length} variances; expected ${channels} of each`,
      )
    return { ...found, mean: found.mean.map(short), variance: found.variance.map(short) }
  }
}

/** As float32 holds it. */
const short = (value: number): number => Number(value.toPrecision(8))

function written(
  source: SourceModel,
  input: PictureInput,
  description: BackboneDescription,
  taps: readonly Tap[],
): Uint8Array<ArrayBuffer> {
  const { preprocessing, batch, map } = description
  const metadata = create(StringStringEntryProtoSchema, { key: METADATA_KEY, value: JSON.stringify(description) })
  const model = assemble(
    { source, input, preprocessing, values: taps.map(({ name }) => name), batch },
    (added, nameOf) => {
      const tapOf = (name: string) => {
        const { height, width, type, channels } = taps.find((tap) => tap.name === name)!
        return { value: nameOf(name), height, width, type, channels }
      }
      const columns = description.taps.flatMap(({ name, statistics }) => addStatistics(added, tapOf(name), statistics, source.opset))
      added.node('Concat', columns, { axis: 1 }, FEATURES)
      const outputs = [valueInfo(FEATURES, 'float', [batch ?? 'N', featureNames(description).length])]
      if (map === undefined) return outputs
      const { value, channels, height, width } = tapOf(map)
      added.cast(value, 'float', MAP)
      return [...outputs, valueInfo(MAP, 'float', [batch ?? 'N', channels, height, width])]
    },
    [metadata],
  )
  return bytesOfModel(model)
}
