import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from '../../backbones/embedder.js'
import type { Prepared } from '../../backbones/model/prepare.js'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { fnv1a, patchBytes, patchesOf } from '../../pictures/patches.js'
import { startPrepared, tinyBackbone, waves } from '../kit/tiny-backbone.js'
import { tinyGrid, tinyPatchNetwork } from '../kit/tiny-patches.js'

describe('an embedder with a network of patches', () => {
  let backbone: Prepared
  let alone: Embedder
  let embedder: Embedder
  let pictures: Buffer[]
  beforeAll(async () => {
    backbone = await tinyBackbone()
    alone = await startPrepared(backbone)
    embedder = await startPrepared(backbone, { patches: { model: tinyPatchNetwork(), grid: tinyGrid } })
    pictures = await Promise.all([1, 2, 3, 4, 5].map(waves))
  })
  afterAll(() => Promise.all([alone.close(), embedder.close()]))

  /** Minus the mean of the red channel's steps along the rows of all patches. */
  async function scoreOf(picture: Buffer): Promise<number> {
    const raster = await decodePicture(picture, defaultPictureLimits)
    if ('reason' in raster) throw new Error(raster.detail)
    const patches = patchesOf(raster, tinyGrid, fnv1a(picture))
    const { patch } = tinyGrid
    const steps: number[] = []
    for (let at = 0; at < patchBytes(tinyGrid); at += 3 * patch * patch)
      for (let i = 0; i < patch * patch; i++) if (i % patch < patch - 1) steps.push(Math.abs(patches[at + i] - patches[at + i + 1]))
    return -steps.reduce((sum, step) => sum + step, 0) / steps.length
  }

  it('gives its score as one more feature, after those of the backbone', async () => {
    const { rows } = await embedder.embed(pictures)
    const own = await alone.embed(pictures)
    expect(embedder.d).toBe(alone.d + 1)
    for (const [i, picture] of pictures.entries()) {
      const row = rows.subarray(i * embedder.d, (i + 1) * embedder.d)
      expect(row.subarray(0, alone.d)).toEqual(own.rows.subarray(i * alone.d, (i + 1) * alone.d))
      expect(row[alone.d]).toBeCloseTo(await scoreOf(picture), 3)
    }
  })

  it('gives the same bits whatever pictures come along, faulty ones too', async () => {
    const together = await embedder.embed([pictures[0], Buffer.from('no picture'), pictures[4], pictures[2]])
    for (const [at, i] of [
      [0, 0],
      [2, 4],
      [3, 2],
    ]) {
      const { rows } = await embedder.embed([pictures[i]])
      expect(together.rows.subarray(at * embedder.d, (at + 1) * embedder.d)).toEqual(rows)
    }
  })

  it('traces the patches as part of the pre-processing, and the score as a feature', async () => {
    const [one, other] = [await embedder.trace(pictures[0]), await alone.trace(pictures[0])]
    expect(one.decoded).toBe(other.decoded)
    expect(one.preprocessed).not.toBe(other.preprocessed)
    expect(one.features).toHaveLength(alone.d + 1)
  })

  it('degrades as without it', async () => {
    expect(await embedder.degrade(pictures[0], [0, 5], 1)).toEqual(await alone.degrade(pictures[0], [0, 5], 1))
  })

  it('is not started where the network cannot be run on patches', async () => {
    const patches = { model: tinyPatchNetwork(), grid: { ...tinyGrid, rows: 4 } }
    await expect(startPrepared(backbone, { patches })).rejects.toThrow('no execution provider could be used')
  })
})
