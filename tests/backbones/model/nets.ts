import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../../../backbones/model/onnx_pb.js'

/** Nodes and tensors of small networks, written out. */
export const node = (
  opType: string,
  input: string[],
  output: string,
  ints: Record<string, number | number[]> = {},
  domain = '',
): NodeProto => {
  const attribute = Object.entries(ints).map(([name, value]) =>
    typeof value === 'number'
      ? create(AttributeProtoSchema, { name, i: BigInt(value), type: AttributeProto_AttributeType.INT })
      : create(AttributeProtoSchema, { name, ints: value.map(BigInt), type: AttributeProto_AttributeType.INTS }),
  )
  return create(NodeProtoSchema, { opType, input, output: [output], attribute, domain })
}

type Type = 'FLOAT' | 'FLOAT16' | 'INT64' | 'INT8' | 'UINT8'

export function tensor(name: string, dims: number[], type: Type, values: readonly number[]): TensorProto {
  const buffers: Record<Type, () => ArrayBuffer> = {
    FLOAT: () => Float32Array.from(values).buffer,
    FLOAT16: () => Uint16Array.from(values, half).buffer,
    INT64: () => BigInt64Array.from(values, BigInt).buffer,
    INT8: () => Int8Array.from(values).buffer,
    UINT8: () => Uint8Array.from(values).buffer,
  }
  const rawData = new Uint8Array(buffers[type]())
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType[type],
    rawData,
  })
}

/** Bits of the nearest number of half precision, for numbers in its normal range. */
export function half(value: number): number {
  if (value === 0) return 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024)
  return ((value < 0 ? 1 : 0) << 15) | ((exponent + 15) << 10) | fraction
}

/** Whole numbers from -bound to bound, the same in every run. */
export const whole = (count: number, bound: number, seed = 1): number[] => {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647
    return (state % (2 * bound + 1)) - bound
  })
}

export const value = (name: string, type: Type | 'BOOL', shape: readonly (number | string)[]) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: TensorProto_DataType[type],
          shape: {
            dim: shape.map((size) =>
              typeof size === 'number'
                ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
                : { value: { case: 'dimParam' as const, value: size } },
            ),
          },
        },
      },
    },
  })

export interface Net {
  readonly opset?: number
  readonly type?: 'FLOAT' | 'FLOAT16'
  readonly input?: string
  readonly shape?: readonly (number | string)[]
  readonly outputs?: readonly string[]
  readonly nodes: readonly NodeProto[]
  readonly tensors: readonly TensorProto[]
}

export const modelOf = ({
  opset = 17,
  type = 'FLOAT',
  input = 'x',
  shape = ['N', 3, 'H', 'W'],
  outputs = [],
  nodes,
  tensors,
}: Net): ModelProto =>
  create(ModelProtoSchema, {
    irVersion: 7n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: create(GraphProtoSchema, {
      name: 'net',
      node: [...nodes],
      initializer: [...tensors],
      input: [value(input, type, shape)],
      output: outputs.map((name) => value(name, type, ['A', 'B', 'C', 'D'])),
    }),
  })

export const bytesOf = (net: Net): Uint8Array<ArrayBuffer> => toBinary(ModelProtoSchema, modelOf(net))

/** Channels of the two taps of `convNet`. */
export const EARLY = 7
export const LATE = 12

const conv = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }

/**
 * Two convolutions, `early` (after Relu) and `late` (without), and a head that no tap needs. Weights are exact in half precision.
 * @param between nodes from `early` to the value that the second convolution reads
 */
export function convNet(
  changes: Partial<Net> & { between?: readonly NodeProto[]; reads?: string; more?: readonly TensorProto[] } = {},
): Net {
  const { between = [], reads = 'early', more = [], ...rest } = changes
  const { type = 'FLOAT', input = 'x' } = rest
  const weights = (name: string, dims: number[], seed: number) =>
    tensor(
      name,
      dims,
      type,
      whole(
        dims.reduce((a, b) => a * b, 1),
        16,
        seed,
      ).map((w) => w / 64),
    )
  return {
    outputs: ['early', 'late'],
    nodes: [
      node('Conv', [input, 'w1', 'b1'], 'c1', conv),
      node('Relu', ['c1'], 'early'),
      ...between,
      node('Conv', [reads, 'w2'], 'late', conv),
      node('GlobalAveragePool', ['late'], 'pooled'),
      node('Flatten', ['pooled'], 'embedding', { axis: 1 }),
      node('Gemm', ['embedding', 'head'], 'logits'),
    ],
    tensors: [
      weights('w1', [EARLY, 3, 3, 3], 1),
      weights('b1', [EARLY], 2),
      weights('w2', [LATE, EARLY, 3, 3], 3),
      weights('head', [LATE, 5], 4),
      ...more,
    ],
    ...rest,
  }
}
