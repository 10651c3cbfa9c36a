import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from '../../backbones/model/onnx_pb.js'
import type { PatchGrid } from '../../pictures/patches.js'
import { modelOf, node, tensor, value } from '../backbones/model/nets.js'

export const tinyGrid: PatchGrid = { size: 32, kernel: 'bicubic', patch: 16, rows: 3, columns: 3, jitter: 2 }
const PATCHES = tinyGrid.rows * tinyGrid.columns

/** Of a position its red less that of the one to the right. */
const slope = [1, -1]

/**
 * A network in the shape of those of training.discopatch, that finds blur: minus the mean over all patches of the red channel's |slope|, times `gain`.
 * Its convolutions mean over the patches of each picture as theirs do.
 */
export function tinyPatchNetwork(gain = 1): Uint8Array<ArrayBuffer> {
  const model = modelOf({
    nodes: [
      node('Cast', ['patches'], 'pixels', { to: 1 }),
      node('Conv', ['pixels', 'slope'], 'slopes', { kernel_shape: [1, 2] }),
      node('Abs', ['slopes'], 'steepness'),
      node('GlobalAveragePool', ['steepness'], 'logits'),
      node('Reshape', ['logits', 'by_picture'], 'by_patch'),
      node('Conv', ['by_patch', 'mean'], 'means', { kernel_shape: [1, 1] }),
      node('Reshape', ['means', 'flat'], 'score'),
    ],
    tensors: [
      tensor(
        'slope',
        [1, 3, 1, 2],
        'FLOAT',
        [...slope, 0, 0, 0, 0].map((weight) => gain * weight),
      ),
      tensor('by_picture', [4], 'INT64', [-1, PATCHES, 1, 1]),
      tensor('mean', [1, PATCHES, 1, 1], 'FLOAT', Array(PATCHES).fill(-1 / PATCHES)),
      tensor('flat', [1], 'INT64', [-1]),
    ],
  })
  if (model.graph === undefined) throw new Error('the model has no graph')
  model.graph.input = [value('patches', 'UINT8', ['N', 3, tinyGrid.patch, tinyGrid.patch])]
  model.graph.output = [value('score', 'FLOAT', ['G'])]
  return toBinary(ModelProtoSchema, model)
}

const all = (one: number) => ({ min: one, p10: one, p50: one, p90: one, max: one })

/** What `training.discopatch` would say of it, of training pictures that are like the made-up ones (PNG, 40 x 36). */
export const tinyManifest = (model: Uint8Array) => ({
  format: 'driftwatch discopatch',
  schemaVersion: 1,
  model: { file: 'model.onnx', sha256: createHash('sha256').update(model).digest('hex'), patchesPerPicture: PATCHES },
  preprocessing: {
    orientation: 'exif',
    colour: 'rgb',
    crop: 'centre square',
    resize: { width: tinyGrid.size, height: tinyGrid.size, kernel: tinyGrid.kernel, antialias: true, as: 'Pillow 12.0.0' },
    layout: 'nchw',
    range: [0, 255],
  },
  patchGrid: { patch: tinyGrid.patch, rows: tinyGrid.rows, columns: tinyGrid.columns, jitter: tinyGrid.jitter },
  source: { pictures: 200, formats: { PNG: 200 }, resizeFactor: all(0.889), jpegQuality: null, chromaSampling: {} },
})

/** Writes a bundle; `changes` to fields of its manifest. */
export async function writeTinyPatches(folder: string, model = tinyPatchNetwork(), changes: object = {}): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), model)
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...tinyManifest(model), ...changes }))
  return folder
}
