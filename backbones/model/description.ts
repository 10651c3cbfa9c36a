import { z } from 'zod'
import { FEATURES, PIXELS } from './assemble.js'
import { isOf, trainedSchema } from './batch-norm.js'
import { ModelFault } from './fault.js'
import { parseModel } from './model-file.js'
import { preprocessingSchema } from './preprocessing.js'
import { quantisations } from './quantisation.js'
import { type Statistic, statistics } from './statistics.js'
import { inputsOf, outputsOf } from './values.js'

/** Key in the metadata of the ONNX file. */
export const METADATA_KEY = 'driftwatch'
/** Of the description; another one is refused. */
const SCHEMA_VERSION = 1

const count = z.int().positive()

const tapSchema = z
  .strictObject({
    name: z.string().min(1),
    channels: count,
    height: count,
    width: count,
    /** Pixels of the picture per position. */
    stride: count,
    statistics: z.array(z.enum(statistics)).min(1),
    /** Where the model's BatchNormalization knows it, or it was given. */
    trained: trainedSchema.optional(),
  })
  .refine(({ channels, trained }) => trained === undefined || isOf(trained, channels), {
    path: ['trained'],
    error: 'expected one mean and one variance per channel',
  })

const descriptionSchema = z.strictObject({
  schema: z.literal(SCHEMA_VERSION),
  /** File that it was made from, and its hex SHA-256 (external tensors included). */
  name: z.string(),
  source: z.string().regex(/^[0-9a-f]{64}$/),
  /** How it must be run follows from it: `backboneSession`. */
  quantisation: z.enum(quantisations),
  preprocessing: preprocessingSchema,
  taps: z.array(tapSchema).min(1),
  /** The tap that is a second output, `map`. */
  map: z.string().optional(),
  /** 1 where pictures must be run one by one. */
  batch: z.literal(1).optional(),
})

/** What a prepared backbone says of itself. */
export type BackboneDescription = z.infer<typeof descriptionSchema>
export type DescribedTap = BackboneDescription['taps'][number]

export const describe = (content: Omit<BackboneDescription, 'schema'>): BackboneDescription => ({ schema: SCHEMA_VERSION, ...content })

/** Names of the features in their order: taps, in them statistics, in them channels; such as `f16a.mean.12`. */
export const featureNames = ({ taps }: Pick<BackboneDescription, 'taps'>): string[] =>
  taps.flatMap(({ name, channels, statistics }) =>
    statistics.flatMap((statistic: Statistic) => Array.from({ length: channels }, (_, channel) => `${name}.${statistic}.${channel}`)),
  )

/** Reads what a prepared backbone says of itself. @throws ModelFault when it is none, or says what is not true of it */
export function readPrepared(bytes: Uint8Array, name = 'the backbone'): BackboneDescription {
  const { model, graph } = parseModel(bytes, name)
  const entry = model.metadataProps.find(({ key }) => key === METADATA_KEY)
  if (entry === undefined) throw new ModelFault(`${name} is no prepared backbone; make one of it with \`driftwatch backbone prepare\``)
  const parsed = descriptionSchema.safeParse(json(entry.value))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw new ModelFault(`${name}, metadata ${METADATA_KEY}, field "${path.join('.')}": ${message}; prepare it again`)
  }
  const description = parsed.data
  const width = featureNames(description).length
  const features = outputsOf(graph).find((output) => output.name === FEATURES)
  if (features?.shape?.[1] !== width)
    throw new ModelFault(
      `${name} describes ${width} features, its output "${FEATURES}" has ${features?.shape?.[1] ?? 'none'}; prepare it again`,
    )
  const pixels = inputsOf(graph).find((input) => input.name === PIXELS)
  const [height, columns] = description.preprocessing.size
  if (pixels?.type !== 'uint8' || pixels.shape?.[1] !== height || pixels.shape[2] !== columns)
    throw new ModelFault(`${name} has no input "${PIXELS}" of uint8 [N, ${height}, ${columns}, 3], as it describes; prepare it again`)
  return description
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
