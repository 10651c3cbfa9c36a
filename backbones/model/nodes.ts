import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.js'

/** What we add to a model has names that begin so. */
const PREFIX = 'driftwatch/'

type Attributes = Readonly<Record<string, number | readonly number[]>>

/** Nodes and constants that are added to a parsed graph, in the order of evaluation. Values are named by strings. */
export class AddedNodes {
  readonly nodes: NodeProto[] = []
  readonly initializers: TensorProto[] = []
  #values = 0

  /** @param part what tells the names of these nodes from those of others that are added to the same graph */
  constructor(private readonly part = '') {}

  /** Appends an operator with one output. Attributes are whole numbers or lists of them. Returns the output's name. Further outputs are `unused`. */
  node(opType: string, input: readonly string[], attributes: Attributes = {}, output: string = this.#fresh(opType), unused = 0): string {
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? create(AttributeProtoSchema, { name, i: BigInt(value), type: AttributeProto_AttributeType.INT })
        : create(AttributeProtoSchema, { name, ints: value.map(BigInt), type: AttributeProto_AttributeType.INTS }),
    )
    const rest = Array.from({ length: unused }, () => this.#fresh('unused'))
    this.nodes.push(create(NodeProtoSchema, { name: output, opType, input: [...input], output: [output, ...rest], attribute }))
    return output
  }

  /** Stores numbers as float32 (`Float32Array`) or int64. Returns the tensor's name. */
  constant(dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const name = this.#fresh('constant')
    const dataType = data instanceof Float32Array ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64
    const rawData = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
    this.initializers.push(create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData }))
    return name
  }

  cast(value: string, to: 'float' | 'float16' | 'double', output?: string): string {
    const numbers = { float: TensorProto_DataType.FLOAT, float16: TensorProto_DataType.FLOAT16, double: TensorProto_DataType.DOUBLE }
    return this.node('Cast', [value], { to: numbers[to] }, output)
  }

  #fresh(stem: string): string {
    return `${PREFIX}${this.part}${stem}_${this.#values++}`
  }
}

/** Declares an input or output; without sizes only by name, and ONNX Runtime infers the rest. */
export function valueInfo(name: string, type?: 'float' | 'uint8', shape: readonly (number | string)[] = []): ValueInfoProto {
  if (type === undefined) return create(ValueInfoProtoSchema, { name })
  const elemType = type === 'float' ? TensorProto_DataType.FLOAT : TensorProto_DataType.UINT8
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  )
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } })
}
