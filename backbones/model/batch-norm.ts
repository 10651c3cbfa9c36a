import { z } from 'zod'
import { ModelFault } from './fault.js'
import type { SourceModel } from './model-file.js'
import { type NodeProto, type TensorProto, TensorProto_DataType } from './onnx_pb.js'

/** Mean and variance per channel of a tap over the pictures that the network was trained on, all positions of all of them. */
export const trainedSchema = z.strictObject({
  mean: z.array(z.number()).min(1),
  variance: z.array(z.number().min(0)).min(1),
  /** The tap adds branches: their means add up, their variances do so only as far as the branches are uncorrelated. */
  summed: z.literal(true).optional(),
})
export type Trained = z.infer<typeof trainedSchema>

/** Whether they are of so many channels. */
export const isOf = ({ mean, variance }: Trained, channels: number): boolean => mean.length === channels && variance.length === channels

/** What a file gives in the place of BatchNormalization: by tap. */
const trainedFile = z.record(z.string(), trainedSchema)

/** Parses such a file. @throws ModelFault naming the field */
export function trainedOf(text: string, name: string): Record<string, Trained> {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new ModelFault(`${name} is no JSON (${error instanceof Error ? error.message : error})`, { cause: error })
  }
  const parsed = trainedFile.safeParse(content)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]
  throw new ModelFault(
    `${name}, field "${path.join('.')}": ${message}; expected {TAP: {mean: [...], variance: [...]}}, one number per channel`,
  )
}

/** Operators that leave every number of a value as it is when a network only predicts. */
const unchanged = ['Identity', 'Cast', 'Dropout']

/**
 * What the BatchNormalization nodes of a model say of its values. Of one's output: beta, and gamma squared as far as the training let it (less by epsilon).
 * Of one's input: the running mean and variance. Of a sum of two such: `summed`. Undefined of any other value, and of all of a model whose
 * BatchNormalization was folded into its convolutions.
 */
export function batchNorms({ graph }: SourceModel): (value: string) => Trained | undefined {
  const writers = new Map(graph.node.flatMap((node) => node.output.map((value): [string, NodeProto] => [value, node])))
  const readers = new Map<string, NodeProto>()
  for (const node of graph.node) {
    if (inferring(node)) readers.set(node.input[0], node)
  }
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]))
  const numbers = (name: string): Float64Array | undefined => {
    const tensor = stored.get(name)
    if (tensor !== undefined) return numbersOf(tensor)
    const writer = writers.get(name)
    if (writer?.opType === 'Constant') return numbersOf(writer.attribute.find((attribute) => attribute.name === 'value')?.t)
    return writer?.opType === 'Identity' ? numbers(writer.input[0]) : undefined
  }
  const written = (value: string): Trained | undefined => {
    const node = writers.get(value)
    if (node === undefined) return undefined
    if (inferring(node)) return outputOf(node.input.slice(1).map(numbers), epsilonOf(node))
    if (unchanged.includes(node.opType)) return found(node.input[0])
    return node.opType === 'Add' ? sumOf(node.input.map(found)) : undefined
  }
  const read = (value: string): Trained | undefined => {
    const [, , , mean, variance] = (readers.get(value)?.input ?? []).map(numbers)
    return trainedFrom(mean, variance)
  }
  const seen = new Map<string, Trained | undefined>()
  const found = (value: string): Trained | undefined => {
    if (!seen.has(value)) {
      const own = written(value)
      seen.set(value, own === undefined || own.summed ? (read(value) ?? own) : own)
    }
    return seen.get(value)
  }
  return found
}

const inferring = ({ opType, attribute }: NodeProto): boolean =>
  opType === 'BatchNormalization' && !attribute.some(({ name, i }) => name === 'training_mode' && i === 1n)

const epsilonOf = ({ attribute }: NodeProto): number => attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5

const trainedFrom = (mean: Float64Array | undefined, variance: Float64Array | undefined): Trained | undefined =>
  mean && variance && mean.length === variance.length ? { mean: [...mean], variance: [...variance] } : undefined

function outputOf([scale, beta, , variance]: readonly (Float64Array | undefined)[], epsilon: number): Trained | undefined {
  if (scale === undefined || variance === undefined) return undefined
  return trainedFrom(
    beta,
    scale.map((gamma, c) => (gamma * gamma * variance[c]) / (variance[c] + epsilon)),
  )
}

function sumOf([a, b]: readonly (Trained | undefined)[]): Trained | undefined {
  if (a === undefined || b === undefined || a.mean.length !== b.mean.length) return undefined
  const sum = (one: readonly number[], other: readonly number[]) => one.map((value, c) => value + other[c])
  return { mean: sum(a.mean, b.mean), variance: sum(a.variance, b.variance), summed: true }
}

/** Of tensors of floats; undefined of others. */
function numbersOf(tensor: TensorProto | undefined): Float64Array | undefined {
  if (tensor === undefined) return undefined
  const { dataType, rawData, floatData, doubleData } = tensor
  const size = dataType === TensorProto_DataType.FLOAT ? 4 : dataType === TensorProto_DataType.DOUBLE ? 8 : undefined
  if (size === undefined) return undefined
  if (rawData.length === 0) return Float64Array.from(size === 4 ? floatData : doubleData)
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  return Float64Array.from({ length: rawData.length / size }, (_, i) =>
    size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  )
}
