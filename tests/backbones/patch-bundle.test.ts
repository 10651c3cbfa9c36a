import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readPatchBundle } from '../../backbones/patch-bundle.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { tinyGrid, tinyManifest, tinyPatchNetwork, writeTinyPatches } from '../kit/tiny-patches.js'

describe('a bundle of training.discopatch', () => {
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
  })

  const network = tinyPatchNetwork()
  const manifest = tinyManifest(network)
  const written = (changes: object) => writeTinyPatches(folder, network, changes)

  it('is its network, the grid of its patches, and what its pictures went through', async () => {
    const { model, grid, version, source } = await readPatchBundle(await written({}))
    expect(model).toEqual(network)
    expect(grid).toEqual(tinyGrid)
    expect(version).toBe(manifest.model.sha256)
    expect(source).toEqual(manifest.source)
  })

  it.each([
    ['a network of another run', { model: { ...manifest.model, sha256: '0'.repeat(64) } }, 'copy both files of one run'],
    ['another format', { format: 'other' }, 'field "format": '],
    ['a newer schema', { schemaVersion: 2 }, 'field "schemaVersion": '],
    ['a network elsewhere', { model: { ...manifest.model, file: '../model.onnx' } }, 'field "model.file": '],
    ['pictures taken in another way', { preprocessing: { ...manifest.preprocessing, crop: 'none' } }, 'field "preprocessing.crop": '],
    ['patches larger than the picture', { patchGrid: { ...manifest.patchGrid, patch: 64 } }, 'field "patchGrid.patch": is larger than'],
    ['another number of patches', { patchGrid: { ...manifest.patchGrid, rows: 4 } }, '9, but the grid has 4 x 3 patches'],
  ])('is refused with %s', async (_, changes, message) => {
    await expect(readPatchBundle(await written(changes))).rejects.toThrow(message)
  })

  it('is refused where the manifest is no JSON, and where there is none', async () => {
    await writeFile(join(folder, 'manifest.json'), '{')
    await expect(readPatchBundle(folder)).rejects.toThrow('expected a folder that `python -m training.discopatch` wrote')
    await expect(readPatchBundle(join(folder, 'none'))).rejects.toThrow('ENOENT')
  })
})
