import type { Hash } from 'node:crypto'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'
import { ModelFault, messageOf } from './fault.js'
import { tensorsOf } from './graph.js'
import { type GraphProto, type TensorProto, TensorProto_DataLocation } from './onnx_pb.js'

/**
 * Reads tensors that lie in files of the model's folder into the model itself. Files elsewhere are refused, whether they are named by an
 * absolute path, by `..` or reached through a link: a model could have any file of this machine read.
 * @param room most bytes that may be read
 * @param hash is updated with every tensor
 * @returns the files' names, and how many bytes were read
 * @throws ModelFault
 */
export async function inlineExternalData(
  graph: GraphProto,
  folder: string,
  room: number,
  hash: Hash,
): Promise<{ names: string[]; bytes: number }> {
  const files = new Map<string, FileHandle>()
  let bytes = 0
  try {
    for (const tensor of tensorsOf(graph)) {
      if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue
      const { location, offset, length } = placeOf(tensor)
      const file = files.get(location) ?? (await openInside(folder, location, tensor.name))
      files.set(location, file)
      const { size } = await file.stat()
      const end = length === undefined ? size : offset + length
      if (end > size || offset > end)
        throw new ModelFault(`tensor ${tensor.name} is bytes ${offset} to ${end} of ${location}, which has ${size}; copy that file anew`)
      bytes += end - offset
      if (bytes > room) throw new ModelFault('with its external tensors the model is larger than 2 GiB, more than one ONNX file can hold')
      tensor.rawData = await contentOf(file, offset, end - offset)
      hash.update(tensor.rawData)
      tensor.dataLocation = TensorProto_DataLocation.DEFAULT
      tensor.externalData = []
    }
  } finally {
    for (const file of files.values()) await file.close()
  }
  return { names: [...files.keys()], bytes }
}

function placeOf(tensor: TensorProto): { location: string; offset: number; length: number | undefined } {
  const entry = (key: string) => tensor.externalData.find((one) => one.key === key)?.value
  const count = (key: string) => {
    const text = entry(key)
    if (text === undefined) return undefined
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw new ModelFault(`tensor ${tensor.name}: external_data ${key} is "${text}", not a count of bytes`)
  }
  const location = entry('location')
  if (!location) throw new ModelFault(`tensor ${tensor.name} is said to lie in a file, but which (external_data location) is missing`)
  return { location, offset: count('offset') ?? 0, length: count('length') }
}

async function openInside(folder: string, location: string, tensor: string): Promise<FileHandle> {
  const outside = () =>
    new ModelFault(`tensor ${tensor} lies in "${location}", outside of the model's folder; put that file beside the model (no link to it)`)
  if (isAbsolute(location) || location.split(/[\\/]/).includes('..') || location.includes('\0')) throw outside()
  const path = await realpath(join(folder, location)).catch((error: unknown) => {
    throw new ModelFault(`tensor ${tensor} lies in ${location}, which cannot be read (${messageOf(error)}); put it beside the model`)
  })
  if (!path.startsWith(`${await realpath(folder)}${sep}`)) throw outside()
  const file = await open(path)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new ModelFault(`tensor ${tensor} lies in ${location}, which is no file`)
}

async function contentOf(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const content = new Uint8Array(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(content, read, length - read, offset + read)
    if (bytesRead === 0) throw new ModelFault('a file of external tensors became shorter while it was read')
    read += bytesRead
  }
  return content
}
