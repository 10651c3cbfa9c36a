import { toBinary } from '@bufbuild/protobuf'
import { ModelFault } from './fault.js'
import { changed, computing, feeds, fixedNames, renamed, withGraph } from './graph.js'
import { MAX_MODEL_BYTES, type SourceModel } from './model-file.js'
import { AddedNodes, valueInfo } from './nodes.js'
import { type ModelProto, ModelProtoSchema, type StringStringEntryProto, type ValueInfoProto } from './onnx_pb.js'
import type { PictureInput } from './picture-input.js'
import { addPreprocessing, type Preprocessing } from './preprocessing.js'

/** Input of a prepared model: uint8 [N, H, W, 3], RGB. */
export const PIXELS = 'pixels'
/** Its output, float32 [N, D]. */
export const FEATURES = 'features'
/** Its second output, one tap as it is, float32 [N, C, h, w]. */
export const MAP = 'map'
const ours = [PIXELS, FEATURES, MAP]

export interface Assembly {
  readonly source: SourceModel
  readonly input: PictureInput
  readonly preprocessing: Preprocessing
  /** Values of the source that are needed; whatever they do not need is left out. */
  readonly values: readonly string[]
  /** Pictures per run; default: any number. */
  readonly batch?: number | undefined
}

/**
 * Puts a model together: pixels, pre-processing, the source as far as it is needed, and what `append` makes of the values, whose names in the
 * graph it is told. `append` returns the outputs.
 * @throws ModelFault when the source needs other inputs, too
 */
export function assemble(
  { source, input, preprocessing, values, batch }: Assembly,
  append: (added: AddedNodes, nameOf: (value: string) => string) => ValueInfoProto[],
  metadata: readonly StringStringEntryProto[] = [],
): ModelProto {
  const graph = computing(source.graph, values)
  const others = feeds(graph).filter(({ name }) => name !== input.name)
  if (others.length > 0)
    throw new ModelFault(
      `${source.name} needs more than pictures: ${others.map(({ name }) => `"${name}"`).join(', ')}; export it with these as constants`,
    )
  const fixed = fixedNames(graph)
  const clash = ours.find((name) => fixed.has(name))
  if (clash !== undefined) throw new ModelFault(`${source.name} holds a value "${clash}", a name that the prepared model needs; rename it`)
  const nameOf = (value: string) => (ours.includes(value) ? `source/${value}` : value)
  const [front, back] = [new AddedNodes(), new AddedNodes('after/')]
  addPreprocessing(front, PIXELS, { ...input, name: nameOf(input.name) }, preprocessing)
  const output = append(back, nameOf)
  const whole = changed(graph, {
    node: [...front.nodes, ...renamed(graph.node, nameOf), ...back.nodes],
    initializer: [...graph.initializer, ...front.initializers, ...back.initializers],
    // What remains of the inputs is stored.
    input: [valueInfo(PIXELS, 'uint8', [batch ?? 'N', ...input.size, 3]), ...graph.input.filter(({ name }) => name !== input.name)],
    output,
  })
  return withGraph(source.model, whole, metadata)
}

/** @throws ModelFault when the model is too large for one file */
export function bytesOfModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  const bytes = toBinary(ModelProtoSchema, model)
  if (bytes.length <= MAX_MODEL_BYTES) return bytes
  throw new ModelFault(`the model has ${bytes.length} bytes; one ONNX file holds at most ${MAX_MODEL_BYTES}: take a smaller backbone`)
}
