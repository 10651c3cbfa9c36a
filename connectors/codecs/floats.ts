import { endianness } from 'node:os'
import { z } from 'zod'
import type { Codec, Rejection, Row, Values } from '../codec.js'
import type { CodecContext } from '../component.js'
import type { Records } from '../records.js'
import { type CodecKind, unnamed } from './codec-kind.js'
import { type MetaOptions, MetaReader, metaShape, outside } from './meta.js'
import { notANumber, reject, unfit } from './rejection.js'

type Dtype = Codec['dtype']

const schema = z.strictObject(metaShape(outside))
const sizes: Readonly<Record<Dtype, number>> = { float32: 4, float64: 8 }

const component = (dtype: Dtype): CodecKind<typeof schema> => ({
  type: dtype,
  title: `The row's ${dtype} numbers, little-endian, and nothing else`,
  schema,
  create: (options, context) => new FloatCodec(dtype, options, context),
  featureNames(_, { sample }) {
    const d = (sample?.value?.length ?? 0) / sizes[dtype]
    return d > 0 && Number.isInteger(d) ? unnamed(d) : undefined
  },
})

export const float32 = component('float32')
export const float64 = component('float64')

/** Copies the value's bytes into the batch and checks the numbers there: the record's bytes need not be aligned. */
class FloatCodec implements Codec {
  readonly dtype: Dtype
  readonly #features: readonly string[]
  readonly #maxBytes: number
  readonly #mayMiss: readonly boolean[] | undefined
  readonly #meta: MetaReader<undefined>
  readonly #size: number
  /** The batch that is being filled, and its bytes: a view per batch instead of one per record. */
  #values: Values = new Float32Array()
  #bytes = new Uint8Array()

  constructor(dtype: Dtype, options: MetaOptions, context: CodecContext) {
    if (endianness() !== 'LE') throw new Error(`decode.${dtype}: this machine is big-endian; use json, or a little-endian machine`)
    this.dtype = dtype
    this.#features = context.features
    this.#maxBytes = context.maxMessageBytes
    this.#mayMiss = context.mayMiss
    this.#size = sizes[dtype]
    this.#meta = new MetaReader(options, () => () => undefined, context.groups)
  }

  decode(records: Records, index: number, row: Row): Rejection | undefined {
    const rejection = unfit(records, index, this.#maxBytes)
    if (rejection !== undefined) return rejection
    const length = records.values.size(index)
    const d = this.#features.length
    if (length !== d * this.#size) return this.#wrongLength(length)
    const { values, at } = row
    if (this.#values !== values) this.#view(values)
    records.values.copy(index, this.#bytes, at * this.#size)
    const rejected = allFinite(values, at, d) ? undefined : this.#notFinite(values, at)
    if (rejected !== undefined) return rejected
    return this.#meta.read(records, index, undefined, row)
  }

  #view(values: Values): void {
    this.#values = values
    this.#bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  }

  #wrongLength(length: number): Rejection {
    const d = this.#features.length
    return reject('dimension', `the value has ${length} bytes; expected ${d * this.#size} (${d} ${this.dtype} numbers)`)
  }

  /** Undefined where only what may be missing is not finite. */
  #notFinite(values: Values, at: number): Rejection | undefined {
    const mayMiss = (i: number) => this.#mayMiss?.[i] && Number.isNaN(values[at + i])
    const index = this.#features.findIndex((_, i) => !Number.isFinite(values[at + i]) && !mayMiss(i))
    return index < 0 ? undefined : notANumber(this.#features[index], values[at + index])
  }
}

/**
 * The sum of finite numbers is finite, unless it is too large for a double: only then each is looked at. No branch per number, and
 * four sums that need not wait for each other.
 */
function allFinite(values: Values, at: number, d: number): boolean {
  const end = at + d
  let [a, b, c, e] = [0, 0, 0, 0]
  let i = at
  for (; i + 8 <= end; i += 8) {
    a += values[i] + values[i + 4]
    b += values[i + 1] + values[i + 5]
    c += values[i + 2] + values[i + 6]
    e += values[i + 3] + values[i + 7]
  }
  for (; i < end; i++) a += values[i]
  return Number.isFinite(a + b + c + e) || values.subarray(at, end).every(Number.isFinite)
}
