import { feeds } from './graph.js'
import { type GraphProto, TensorProto_DataType, type ValueInfoProto } from './onnx_pb.js'

/** A value as a model declares it. */
export interface DeclaredValue {
  readonly name: string
  /** Element type in the words of ONNX, such as float or float16; `undefined` for what is no tensor. */
  readonly type: string | undefined
  /** A size, the name of one that varies, or '?'; `undefined` where the rank is not said. */
  readonly shape: readonly (number | string)[] | undefined
}

/** What a run of the model has to feed. */
export const inputsOf = (graph: GraphProto): DeclaredValue[] => feeds(graph).map(declared)
export const outputsOf = (graph: GraphProto): DeclaredValue[] => graph.output.map(declared)

const names = new Map<number, string>(Object.entries(TensorProto_DataType).map(([name, number]) => [number, name.toLowerCase()]))

function declared({ name, type }: ValueInfoProto): DeclaredValue {
  if (type?.value.case !== 'tensorType') return { name, type: undefined, shape: undefined }
  const { elemType, shape } = type.value.value
  const sizes = shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : value.value || '?'))
  return { name, type: names.get(elemType), shape: sizes?.map((size) => (typeof size === 'number' && size <= 0 ? '?' : size)) }
}

/** Such as `float [N, 3, 224, 224]`. */
export const valueText = ({ type, shape }: DeclaredValue): string =>
  `${type ?? 'not a tensor'}${shape === undefined ? '' : ` [${shape.join(', ')}]`}`
