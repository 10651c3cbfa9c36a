import { fitSession } from '../fit-session.js'
import { assemble, bytesOfModel } from './assemble.js'
import { ModelFault } from './fault.js'
import { dependents } from './graph.js'
import type { SourceModel } from './model-file.js'
import { valueInfo } from './nodes.js'
import type { NodeProto } from './onnx_pb.js'
import type { PictureInput } from './picture-input.js'
import { preprocessingFor } from './preprocessing.js'
import { runFault, withSession } from './session.js'
import type { TapValue } from './statistics.js'
import { suggestion } from './suggest.js'

/** A value of the model that can be pooled: float [N, channels, height, width]. */
export interface Tap {
  readonly name: string
  /** Operator that computes it. */
  readonly operator: string
  readonly type: TapValue['type']
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Pixels of the picture per position, rounded. */
  readonly stride: number
  /** One of the model's own outputs. */
  readonly output: boolean
  /** A sum of two values of the picture: the end of a residual block. */
  readonly joins: boolean
}

/** Operators whose output has its channels on axis 1. */
const spatial = [
  'Conv ConvTranspose MaxPool AveragePool LpPool BatchNormalization InstanceNormalization GroupNormalization LRN SpaceToDepth DepthToSpace',
  'Resize Upsample QLinearConv ConvInteger',
].flatMap((line) => line.split(' '))
/** Operators that leave the axes as they are. */
const elementwise = [
  'Relu Clip LeakyRelu PRelu Elu Selu Celu Gelu Mish HardSwish HardSigmoid Sigmoid Softplus Softsign Tanh Erf Add Sub Mul Div Min Max Sum Pow',
  'Sqrt Abs Identity Dropout Cast Concat Pad QuantizeLinear DequantizeLinear',
  'QLinearAdd QLinearMul QLinearConcat QLinearLeakyRelu QLinearSigmoid',
].flatMap((line) => line.split(' '))

/** Values with channels, height and width on axes 1 to 3, as far as the operators say, in the order of the graph. */
function feature(nodes: readonly NodeProto[], fromPicture: ReadonlySet<string>): Map<string, NodeProto> {
  const known = new Map<string, NodeProto>()
  for (const node of nodes) {
    const [value] = node.output
    if (!fromPicture.has(value)) continue
    const kept = elementwise.includes(node.opType) && node.input.some((name) => known.has(name))
    if (kept || spatial.includes(node.opType)) known.set(value, node)
  }
  return known
}

/** Finds what can be tapped, by running the model once. @throws ModelFault when it does not run */
export async function candidateTaps(source: SourceModel, input: PictureInput): Promise<Tap[]> {
  const { node, output } = source.graph
  const outputs = output.map(({ name }) => name)
  const values = feature(node, dependents(source.graph, input.name))
  const shapes = await probe(source, input, [...values.keys()])
  return [...values].flatMap(([name, { opType, input: read }]) => {
    const tap = tapOf(shapes.get(name), input)
    const joins = opType === 'Add' && read.every((one) => values.has(one))
    return typeof tap === 'string' ? [] : [{ name, operator: opType, ...tap, output: outputs.includes(name), joins }]
  })
}

/** The taps of these names, in this order. @throws ModelFault when one is not there, or cannot be pooled */
export async function namedTaps(source: SourceModel, input: PictureInput, names: readonly string[]): Promise<Tap[]> {
  const fromPicture = dependents(source.graph, input.name)
  const known = feature(source.graph.node, fromPicture)
  const written = source.graph.node.flatMap(({ output }) => output)
  const refuse = (name: string, why: string): never => {
    throw new ModelFault(`tap "${name}" of ${source.name} ${why}`)
  }
  for (const name of names) {
    if (!written.includes(name)) refuse(name, `does not exist${suggestion(name, [...known.keys()])}`)
    if (!fromPicture.has(name)) refuse(name, `does not depend on the input "${input.name}"`)
    if (!known.has(name))
      refuse(name, `cannot be pooled: that its channels are on axis 1 is not known${suggestion(name, [...known.keys()])}`)
  }
  const shapes = await probe(source, input, names)
  return names.map((name) => {
    const tap = tapOf(shapes.get(name), input)
    if (typeof tap === 'string') return refuse(name, tap)
    return { name, operator: known.get(name)?.opType ?? '', ...tap, output: false, joins: false }
  })
}

interface Probed {
  readonly type: string
  readonly dims: readonly number[]
}

/** Runs the model on one black picture (or as many as it takes) and tells the shapes of the values. */
async function probe(source: SourceModel, input: PictureInput, values: readonly string[]): Promise<Map<string, Probed>> {
  if (values.length === 0) return new Map()
  const batch = input.batch ?? 1
  const names = new Map<string, string>()
  const model = assemble({ source, input, preprocessing: preprocessingFor(input), values }, (_, nameOf) =>
    values.map((value) => {
      names.set(nameOf(value), value)
      return valueInfo(nameOf(value))
    }),
  )
  const shape = [batch, ...input.size, 3]
  const black = new Uint8Array(shape.reduce((product, size) => product * size, 1))
  const results = await withSession(bytesOfModel(model), source.name, fitSession, (run) =>
    run(black, shape).catch((error: unknown) => {
      throw runFault(source.name, error)
    }),
  )
  return new Map(Object.entries(results).map(([name, { type, dims }]) => [names.get(name) ?? name, { type, dims }]))
}

const tapTypes = new Map<string, Tap['type']>([
  ['float32', 'float'],
  ['float16', 'float16'],
  ['float64', 'double'],
])

function tapOf(
  probed: Probed | undefined,
  { size, batch = 1 }: PictureInput,
): Pick<Tap, 'type' | 'channels' | 'height' | 'width' | 'stride'> | string {
  if (probed === undefined) return 'was not computed'
  const { dims } = probed
  const type = tapTypes.get(probed.type)
  const shown = `${probed.type} [${dims.join(', ')}]`
  if (type === undefined) return `is ${shown}: whole numbers mean nothing without their scale; tap what DequantizeLinear makes of them`
  if (dims.length !== 4 || dims[0] !== batch) return `is ${shown}, not a map of ${batch} x channels x height x width`
  const [, channels, height, width] = dims
  if (height * width <= 1) return `is ${shown}: one position has no spread; tap an earlier value`
  return { type, channels, height, width, stride: Math.round(size[0] / height) }
}

/**
 * Taps to begin with, from stride 4 on: the model's own outputs where it has several; else the last sum of each stage of residual blocks; else
 * the last value of each stride. Of a model without such strides, its last value.
 */
export function suggestedTaps(taps: readonly Tap[]): Tap[] {
  const deep = taps.filter(({ stride }) => stride >= 4)
  if (deep.length === 0) return taps.slice(-1)
  const outputs = deep.filter(({ output }) => output)
  if (outputs.length > 1) return outputs
  const sums = deep.filter(({ joins }) => joins)
  const last =
    sums.length > 0 ? lastOfEach(sums, ({ stride, channels }) => `${stride} ${channels}`) : lastOfEach(deep, ({ stride }) => `${stride}`)
  return deep.filter((tap) => last.has(tap))
}

const lastOfEach = (taps: readonly Tap[], key: (tap: Tap) => string): Set<Tap> =>
  new Set(new Map(taps.map((tap) => [key(tap), tap])).values())
