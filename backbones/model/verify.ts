import { FEATURES } from './assemble.js'
import { type BackboneDescription, featureNames } from './description.js'
import { ModelFault, said } from './fault.js'
import { runFault, withSession } from './session.js'
import { backboneSession } from './session-options.js'

/** Runs of several pictures, by their numbers: each picture's features must be those that it has alone. */
const together = [
  [0, 1],
  [2, 3, 4],
  [7, 6, 5, 4, 3, 2, 1, 0],
] as const
const PICTURES = 8
/** More than cores may be there: sums that depend on how threads share the work show from 4 threads on. */
const THREADS = 4

/**
 * Runs a prepared model on a black, a white and six random pictures, alone and together.
 * @returns why pictures must be run one by one; `undefined` when they need not
 * @throws ModelFault when features are not finite, not the same in the next run, or not as many as their names
 */
export async function verify(bytes: Uint8Array, description: BackboneDescription): Promise<string | undefined> {
  const { name, quantisation, preprocessing } = description
  const { size } = preprocessing
  const names = featureNames(description)
  const pictures = Array.from({ length: PICTURES }, (_, index) => picture(index, size[0] * size[1] * 3))
  return withSession(bytes, name, backboneSession(quantisation, THREADS), async (run) => {
    const features = async (indices: readonly number[]): Promise<Float32Array> => {
      const pixels = new Uint8Array(indices.length * pictures[0].length)
      indices.forEach((index, at) => {
        pixels.set(pictures[index], at * pictures[0].length)
      })
      const { [FEATURES]: output } = await run(pixels, [indices.length, ...size, 3])
      const { data, dims } = output
      if (!(data instanceof Float32Array) || dims.length !== 2 || dims[0] !== indices.length || dims[1] !== names.length)
        throw new Error(
          `${indices.length} pictures gave features of shape [${dims.join(', ')}], expected [${indices.length}, ${names.length}]`,
        )
      return data
    }
    const alone: Float32Array[] = []
    for (const index of pictures.keys()) {
      const row = await features([index]).catch((error: unknown) => {
        throw runFault(name, error)
      })
      alone.push(finite(row, name, names, index))
    }
    if (!same(await features([PICTURES - 1]), alone[PICTURES - 1]))
      throw new ModelFault(
        `${name} gives the same picture other features in the next run; export it for inference (no dropout, no random numbers)`,
      )
    return whySingle(features, alone, names)
  })
}

async function whySingle(
  features: (indices: readonly number[]) => Promise<Float32Array>,
  alone: readonly Float32Array[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const indices of together) {
    const rows = await features(indices).catch((error: unknown) => said(error))
    if (typeof rows === 'string') return `it does not run on ${indices.length} pictures: ${rows}`
    for (const [at, index] of indices.entries()) {
      const row = rows.subarray(at * names.length, (at + 1) * names.length)
      const differs = row.findIndex((value, feature) => value !== alone[index][feature])
      if (differs >= 0)
        return `pictures of one run change each other's features: ${names[differs]} is ${row[differs]}, alone ${alone[index][differs]}`
    }
  }
  return undefined
}

function finite(row: Float32Array, name: string, names: readonly string[], index: number): Float32Array {
  const at = row.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return row
  const kind = ['a black picture', 'a white picture'][index] ?? 'a picture of noise'
  throw new ModelFault(
    `${name} gives ${row[at]} as ${names[at]} of ${kind}; check its pre-processing (scale, mean, std), or export it in float32, or tap an earlier value`,
  )
}

const same = (a: Float32Array, b: Float32Array): boolean => a.every((value, index) => value === b[index])

/** Black, white, then noise that is the same in every process (Lehmer's generator). */
function picture(index: number, length: number): Uint8Array {
  if (index < 2) return new Uint8Array(length).fill(index === 0 ? 0 : 255)
  let state = index
  return Uint8Array.from({ length }, () => {
    state = (state * 48271) % 2147483647
    return state >> 8
  })
}
