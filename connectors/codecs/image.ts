import { z } from 'zod'
import type { Codec, Picture, Rejection, Row } from '../codec.js'
import type { CodecContext } from '../component.js'
import type { Records } from '../records.js'
import type { CodecKind } from './codec-kind.js'
import { parseJson, unlikeObject } from './json-message.js'
import { anywhere, MetaReader, metaShape } from './meta.js'
import { isObject, parsePath, valueAt } from './path.js'
import { reject, show, unfit } from './rejection.js'

const path = 'Path of a field of the JSON message, such as camera.name; only beside base64 or uri'

const schema = z
  .strictObject({
    base64: z
      .string()
      .min(1)
      .optional()
      .describe('The message is JSON, and the picture stands base64 in the field of this path. Default: the value is the picture'),
    uri: z
      .string()
      .min(1)
      .optional()
      .describe('The message is JSON, and the field of this path says where to fetch the picture (`pictures.fetch`)'),
    ...metaShape(anywhere(path)),
  })
  .superRefine(({ base64, uri, stream, time, id, label, group }, context) => {
    if (base64 !== undefined && uri !== undefined) context.addIssue({ code: 'custom', message: 'needs either base64 or uri, and not both' })
    if (base64 !== undefined || uri !== undefined) return
    for (const [name, place] of Object.entries({ stream, time, id, label, group }))
      if (typeof place === 'string')
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `is "${place}", but a picture has no fields; expected {key: true} or {header: name}, or the picture in a JSON message (base64 or uri)`,
        })
  })
type Options = z.output<typeof schema>

/** Pictures (JPEG, PNG, WebP): the value itself, or named by a field of a JSON message. Features are what the backbone makes of them. */
export const image: CodecKind<typeof schema> = {
  type: 'image',
  title: 'A picture (JPEG, PNG or WebP), as the value, base64 in a JSON field, or named by a URI in one',
  schema,
  create: (options, context) => new ImageCodec(options, context),
  featureNames: () => undefined,
}

class ImageCodec implements Codec {
  readonly dtype = 'float32'
  readonly #maxBytes: number
  readonly #features: readonly string[]
  readonly #field: ((root: unknown) => unknown) | undefined
  readonly #meta: MetaReader<unknown>

  constructor(
    private readonly options: Options,
    { features, maxMessageBytes, groups }: CodecContext,
  ) {
    const compile = (name: string) => {
      const place = parsePath(name)
      return (root: unknown) => valueAt(root, place)
    }
    const where = options.base64 ?? options.uri
    this.#field = where === undefined ? undefined : compile(where)
    this.#meta = new MetaReader<unknown>(options, compile, groups)
    this.#features = features
    this.#maxBytes = maxMessageBytes
  }

  picture(records: Records, index: number): Picture | Rejection {
    const rejection = unfit(records, index, this.#maxBytes, this.#field === undefined ? 'a picture' : 'JSON with a picture')
    if (rejection !== undefined) return rejection
    const bytes = records.values.at(index)!
    if (this.#field === undefined) return { bytes }
    const root = parseJson(bytes)
    if (!isObject(root)) return unlikeObject(bytes, root)
    const found = this.#field(root)
    if (typeof found !== 'string' || found.length === 0) return this.#noPicture(found)
    if (this.options.uri !== undefined) return { uri: found }
    return isBase64(found) ? { bytes: Buffer.from(found, 'base64') } : this.#noPicture(found)
  }

  decode(records: Records, index: number, row: Row): Rejection | undefined {
    const { embedded } = records
    if (embedded === undefined) throw new Error('records of pictures must be embedded before they are decoded')
    const rejection = embedded.rejections[index]
    if (rejection !== undefined) return rejection
    const d = this.#features.length
    const features = embedded.rows.subarray(index * d, (index + 1) * d)
    const odd = features.findIndex((value) => !Number.isFinite(value))
    if (odd >= 0) return reject('not_finite', `the backbone makes ${features[odd]} of the picture as feature "${this.#features[odd]}"`)
    row.values.set(features, row.at)
    const root = this.#field === undefined ? undefined : parseJson(records.values.at(index)!)
    return this.#meta.read(records, index, root, row)
  }

  #noPicture(found: unknown): Rejection {
    const { base64, uri } = this.options
    const expected = base64 === undefined ? 'a URI' : 'a picture in base64'
    return reject('undecodable', `the field "${base64 ?? uri}" is ${show(found)}; expected ${expected}`)
  }
}

/** Of either alphabet, in lines too; Node would skip what is none. */
const isBase64 = (text: string): boolean => /^[\w+/\s-]*={0,2}\s*$/.test(text)
