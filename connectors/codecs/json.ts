import { z } from 'zod'
import type { Codec, Rejection, Row } from '../codec.js'
import type { CodecContext } from '../component.js'
import type { Records } from '../records.js'
import { type CodecKind, checkFeatures, unnamed } from './codec-kind.js'
import { ExtraFields, type FeatureReader, NamedFeatures, VectorFeature } from './json-features.js'
import { parseJson, unlikeObject } from './json-message.js'
import { anywhere, MetaReader, metaShape } from './meta.js'
import { isObject, parsePath, valueAt } from './path.js'
import { unfit } from './rejection.js'

const path = 'Path of a field, such as data.amount (a dot inside a key is written \\.)'

const schema = z
  .strictObject({
    features: z
      .array(z.string().min(1).describe(path))
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'names a feature twice')
      .optional()
      .describe("Paths of the numeric fields, in the order of the reference's features. Give either features or vector"),
    vector: z.string().min(1).optional().describe('Path of an array of numbers, one per feature; $ is the whole message'),
    extra: z.enum(['allow', 'reject']).default('allow').describe('What to do with a message that has fields which no option names'),
    ...metaShape(anywhere(path)),
  })
  .refine((options) => (options.features === undefined) !== (options.vector === undefined), {
    message: 'needs either features (named fields) or vector (an array), and not both',
  })
type Options = z.output<typeof schema>

/**
 * A JSON object per record (UTF-8, no byte order mark). Numbers must be JSON numbers: "12" is text, and is rejected.
 * Only own fields count, so `__proto__` is a field like any other. Of a repeated key the last one counts.
 */
export const json: CodecKind<typeof schema> = {
  type: 'json',
  title: 'JSON with named numeric fields, or with an array of numbers',
  schema,
  create: (options, context) => new JsonCodec(options, context),
  featureNames(options, { sample }) {
    if (options.features !== undefined || options.vector === undefined) return options.features
    const vector = sample === undefined ? undefined : valueAt(parseJson(sample.value ?? Buffer.alloc(0)), parsePath(options.vector))
    return Array.isArray(vector) && vector.length > 0 ? unnamed(vector.length) : undefined
  },
}

class JsonCodec implements Codec {
  readonly dtype = 'float64'
  readonly #features: FeatureReader
  readonly #meta: MetaReader<unknown>
  readonly #extra: ExtraFields | undefined
  readonly #maxBytes: number

  constructor(options: Options, context: CodecContext) {
    if (options.features !== undefined) checkFeatures('decode.json.features', options.features, context.features)
    this.#features =
      options.vector === undefined
        ? new NamedFeatures(options.features ?? [], context.mayMiss)
        : new VectorFeature(options.vector, context.features, context.mayMiss)
    this.#meta = new MetaReader(
      options,
      (name) => {
        const place = parsePath(name)
        return (root) => valueAt(root, place)
      },
      context.groups,
    )
    this.#extra = options.extra === 'reject' ? new ExtraFields(fieldsOf(options)) : undefined
    this.#maxBytes = context.maxMessageBytes
  }

  decode(records: Records, index: number, row: Row): Rejection | undefined {
    const rejection = unfit(records, index, this.#maxBytes)
    if (rejection !== undefined) return rejection
    const bytes = records.values.at(index)!
    const root = parseJson(bytes)
    if (!isObject(root)) return unlikeObject(bytes, root)
    return this.#extra?.find(root) ?? this.#features.read(root, row) ?? this.#meta.read(records, index, root, row)
  }
}

/** Every path that an option names. */
const fieldsOf = ({ features, vector, stream, time, id, label }: Options): string[] =>
  [...(features ?? []), vector, stream, time, id, label].filter((place) => typeof place === 'string')
