import type { SourceModel } from './model-file.js'
import { TensorProto_DataType } from './onnx_pb.js'

export const quantisations = ['none', 'float16', 'weights', 'qdq', 'operators'] as const
/**
 * How a model's numbers are stored and computed:
 * - `none`: float32 or float64;
 * - `float16`: weights of half precision;
 * - `weights`: whole numbers as weights alone, made floats by DequantizeLinear;
 * - `qdq`: activations too, between QuantizeLinear and DequantizeLinear;
 * - `operators`: operators on whole numbers (QLinearConv, ConvInteger).
 */
export type Quantisation = (typeof quantisations)[number]

const onWholeNumbers = ['QLinearConv', 'ConvInteger', 'MatMulInteger', 'DynamicQuantizeLinear']

export function quantisationOf({ graph: { node, initializer } }: SourceModel): Quantisation {
  const operators = new Set(node.map(({ opType }) => opType))
  if (onWholeNumbers.some((operator) => operators.has(operator))) return 'operators'
  if (operators.has('QuantizeLinear')) return 'qdq'
  if (operators.has('DequantizeLinear')) return 'weights'
  return initializer.some(({ dataType }) => dataType === TensorProto_DataType.FLOAT16) ? 'float16' : 'none'
}
