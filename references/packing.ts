import type { Tensor } from '../detectors/stored.js'
import { harmless } from '../telemetry/terminal.js'
import type { NumericTensor } from './safetensors.js'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Names in a bundle may have any length and any characters; a message about them has not. */
const LONGEST_MESSAGE = 500

/** A bundle that cannot be read as one; the message names the file and what is wrong with it. */
export class BundleFault extends Error {
  override readonly name = 'BundleFault'

  constructor(message: string, options?: ErrorOptions) {
    super(harmless(message, LONGEST_MESSAGE), options)
  }
}

/** No manifest is deeper; one of ten thousand features has some 20,000 values. */
const MAX_DEPTH = 32
const MAX_VALUES = 100_000

/**
 * The same object as JSON: each tensor (or plain Float64Array or Float32Array) is put into `tensors` under its path and becomes
 * `{"tensor": path}`; undefined becomes null. Throws `RangeError` for a number that is not finite.
 */
export const extractTensors = (value: object, tensors: Map<string, NumericTensor>): JsonObject => extractFields(value, [], tensors)

const extractFields = (value: object, path: readonly string[], tensors: Map<string, NumericTensor>): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([key, field]) => [key, extract(field, [...path, key], tensors)]))

function extract(value: unknown, path: readonly string[], tensors: Map<string, NumericTensor>): Json {
  const tensor = value instanceof Float64Array || value instanceof Float32Array ? { shape: [value.length], data: value } : value
  if (isTensor(tensor) || isFloat32Tensor(tensor)) {
    tensors.set(path.join('.'), tensor)
    return { tensor: path.join('.') }
  }
  if (Array.isArray(value)) return value.map((item, i) => extract(item, [...path, String(i)], tensors))
  if (typeof value === 'object' && value !== null) return extractFields(value, path, tensors)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value === undefined || value === null) return null
  throw new RangeError(`${path.join('.')} is ${String(value)}, which a manifest cannot hold`)
}

/** The object with its tensors back in place. Throws `BundleFault` when the two do not name the same tensors. */
export function insertTensors(value: Json, tensors: ReadonlyMap<string, NumericTensor>): unknown {
  const unused = new Set(tensors.keys())
  const whole = insert(value, tensors, unused)
  const [stray] = unused
  if (stray !== undefined) throw new BundleFault(`tensors.safetensors holds "${stray}", which manifest.json does not name`)
  return whole
}

function insert(value: Json, tensors: ReadonlyMap<string, NumericTensor>, unused: Set<string>): unknown {
  if (!isObject(value)) return Array.isArray(value) ? value.map((item) => insert(item, tensors, unused)) : value
  const entries = Object.entries(value)
  const name = entries.length === 1 ? value.tensor : undefined
  if (typeof name !== 'string') {
    return Object.fromEntries(entries.map(([key, field]) => [key, insert(field, tensors, unused)]))
  }
  unused.delete(name)
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new BundleFault(`manifest.json names the tensor "${name}", which tensors.safetensors lacks`)
  return tensor
}

/** Whether a value is a tensor of float64. */
export const isTensor = (value: unknown): value is Tensor => hasData(value) && value.data instanceof Float64Array

/** Many numbers that were no more precise where they came from. */
export interface Float32Tensor extends NumericTensor {
  readonly data: Float32Array<ArrayBuffer>
}

export const isFloat32Tensor = (value: unknown): value is Float32Tensor => hasData(value) && value.data instanceof Float32Array

const hasData = (value: unknown): value is { readonly data: unknown } =>
  typeof value === 'object' && value !== null && 'shape' in value && 'data' in value

export const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** One text per value: no spaces, keys in the order of their code units. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

/** Throws `BundleFault` for a manifest so deep or so large that looking at it would take the stack, or seconds. */
export function checkBounds(manifest: Json): void {
  const open: [Json, number][] = [[manifest, 0]]
  let values = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next
    if (depth > MAX_DEPTH) throw new BundleFault(`manifest.json is nested deeper than ${MAX_DEPTH}`)
    if (++values > MAX_VALUES) throw new BundleFault(`manifest.json holds more than ${MAX_VALUES} values`)
    if (typeof value === 'object' && value !== null) for (const child of Object.values(value)) open.push([child, depth + 1])
  }
}
