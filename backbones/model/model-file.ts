import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { inlineExternalData } from './external-data.js'
import { ModelFault, messageOf } from './fault.js'
import { type GraphProto, type ModelProto, ModelProtoSchema } from './onnx_pb.js'

/** Protobuf messages, and so single ONNX files, end here. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1

/** A parsed ONNX model with all its weights. */
export interface SourceModel {
  /** The file's name, without its folder. */
  readonly name: string
  readonly model: ModelProto
  readonly graph: GraphProto
  /** Version of the default operator set. */
  readonly opset: number
  /** Bytes of the file and of its external tensors. */
  readonly bytes: number
  /** Files beside the model that hold tensors, as the model names them. */
  readonly external: readonly string[]
  /** Hex SHA-256 of the file, followed by the external tensors in the order of the graph. */
  readonly sha256: string
}

/**
 * Reads an ONNX file; tensors in files beside it are read into the model.
 * @throws ModelFault when it is no ONNX model that can be read here; the error of the file system when the file itself cannot be read
 */
export async function readModel(path: string): Promise<SourceModel> {
  const bytes = await bytesOf(path)
  const source = parsed(bytes, basename(path))
  const hash = createHash('sha256').update(bytes)
  const files = await inlineExternalData(source.graph, dirname(path), MAX_MODEL_BYTES - bytes.length, hash)
  return finished(source, hash, bytes.length + files.bytes, files.names)
}

/** Parses an ONNX model that is one file. @throws ModelFault */
export function parseModel(bytes: Uint8Array, name: string): SourceModel {
  return finished(parsed(bytes, name), createHash('sha256').update(bytes), bytes.length, [])
}

type Parsed = Pick<SourceModel, 'name' | 'model' | 'graph' | 'opset'>

const finished = (source: Parsed, hash: Hash, bytes: number, external: readonly string[]): SourceModel => ({
  ...source,
  bytes,
  external,
  sha256: hash.digest('hex'),
})

async function bytesOf(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new ModelFault(`${path} is no file; give the .onnx file itself`)
    if (stat.size > MAX_MODEL_BYTES) throw new ModelFault(`${path} has ${stat.size} bytes; an ONNX file has at most ${MAX_MODEL_BYTES}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function parsed(bytes: Uint8Array, name: string): Parsed {
  const kind = otherKind(bytes)
  if (kind !== undefined) throw new ModelFault(`${name} is no ONNX model: ${kind}`)
  const model = decoded(bytes, name)
  const { graph } = model
  // Bytes of anything may happen to parse as fields that the schema does not know.
  if (graph === undefined || graph.node.length === 0)
    throw new ModelFault(`${name} is no ONNX model: it holds no graph with nodes; export the model with torch.onnx.export or tf2onnx`)
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version
  if (opset === undefined) throw new ModelFault(`${name} does not say its operator set (opset_import); export it anew, with opset 17`)
  return { name, model, graph, opset: Number(opset) }
}

function decoded(bytes: Uint8Array, name: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (error) {
    throw new ModelFault(`${name} is no ONNX model, or only a part of one (${messageOf(error)}); copy or export it anew`, { cause: error })
  }
}

/** Files that are often given in the place of an ONNX model, by how they begin. */
const kinds: readonly (readonly [offset: number, start: string, what: string])[] = [
  [0, 'version https://git-lfs', 'it is a Git LFS pointer; fetch the file that it stands for (git lfs pull)'],
  [0, 'PK\u0003\u0004', 'it is a zip file, such as a PyTorch checkpoint; export the model with torch.onnx.export'],
  [0, '\u0080\u0002', 'it is a Python pickle; load it where it comes from and export the model with torch.onnx.export'],
  [0, '\u0089HDF', 'it is an HDF5 file, such as a Keras model; convert it with tf2onnx'],
  [0, '<', 'it is a page of HTML or XML; the download has failed'],
  [0, '{', 'it is JSON'],
  [4, 'TFL3', 'it is a TensorFlow Lite model; convert it with tf2onnx --tflite'],
  [4, 'ORTM', "it is in ONNX Runtime's own format; give the .onnx file that it was made from"],
  [8, '{"', 'it is a safetensors file: weights without a graph; export the model with torch.onnx.export'],
]

function otherKind(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'it is empty'
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1')
  return kinds.find(([offset, start]) => head.startsWith(start, offset))?.[2]
}
