import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder, PictureMap } from '../../backbones/embedder.js'
import type { Prepared } from '../../backbones/model/prepare.js'
import { type PatchBank, pooledPositions } from '../../backbones/patch-bank.js'
import { normals } from '../../detectors/random.js'
import { startPrepared, tinyBackbone, waves } from '../kit/tiny-backbone.js'

const [side, channels] = [8, 12]

/** A bank of made-up patches of three of the channels. */
function bankOf(seed: number): PatchBank {
  const normal = normals(seed)
  return {
    channels: [0, 5, 11],
    patches: Float32Array.from({ length: 3 * 40 }, normal),
    usual: Float64Array.from({ length: side * side }, (_, p) => 1 + (p % 3)),
  }
}

/** The pooled value of a channel at a place, by definition. */
function pooledAt({ values }: Pick<PictureMap, 'values'>, channel: number, y: number, x: number): number {
  const around = [-1, 0, 1]
  const found = around.flatMap((down) =>
    around.flatMap((across) => {
      const [row, column] = [y + down, x + across]
      return row < 0 || row >= side || column < 0 || column >= side ? [] : [values[(channel * side + row) * side + column]]
    }),
  )
  return found.reduce((sum, one) => sum + one, 0) / found.length
}

/** The distance of a map from a bank, by definition. */
function distanceOf(map: PictureMap, { channels: some, patches, usual }: PatchBank): number {
  const far = Array.from({ length: side * side }, (_, p) => {
    const position = some.map((channel) => pooledAt(map, channel, Math.floor(p / side), p % side))
    const squares = Array.from({ length: patches.length / 3 }, (_, i) =>
      position.reduce((sum, value, j) => sum + (value - patches[i * 3 + j]) ** 2, 0),
    )
    return Math.sqrt(Math.min(...squares) / usual[p])
  })
  const farthest = far.sort((one, other) => other - one).slice(0, 4)
  return farthest.reduce((sum, one) => sum + one, 0) / farthest.length
}

describe('an embedder with patch banks', () => {
  let backbone: Prepared
  let embedder: Embedder
  let pictures: Buffer[]
  const banks = [bankOf(1), bankOf(2), bankOf(3)]
  beforeAll(async () => {
    backbone = await tinyBackbone(32, 'late')
    embedder = await startPrepared(backbone, { banks })
    pictures = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(waves))
  })
  afterAll(() => embedder.close())

  const distances = async (some: readonly Buffer[], of?: readonly number[], by = embedder) => {
    const { rows } = await by.embed(some, of)
    return some.map((_, i) => rows[i * by.d + by.d - 1])
  }

  it('gives as the last feature how far the farthest positions are from the bank', async () => {
    expect(embedder.d).toBe(39)
    const found = await distances(pictures)
    for (const [i, picture] of pictures.entries()) {
      const map = await embedder.map(picture)
      if (map === undefined) throw new Error('expected a map')
      expect([map.channels, map.height, map.width]).toEqual([channels, side, side])
      expect(found[i]).toBeCloseTo(distanceOf(map, banks[0]), 4)
    }
  })

  it('leaves the features of the backbone what they are without', async () => {
    const alone = await startPrepared(backbone)
    const [{ rows }, { rows: own }] = [await embedder.embed(pictures), await alone.embed(pictures)]
    await alone.close()
    for (const [i] of pictures.entries()) expect(rows.subarray(i * 39, i * 39 + 38)).toEqual(own.subarray(i * 38, (i + 1) * 38))
  })

  it('gives a picture the same bits in any batch, with any number of threads and workers', async () => {
    const whole = await distances(pictures)
    expect((await Promise.all(pictures.map((picture) => distances([picture])))).flat()).toEqual(whole)
    expect([...(await distances(pictures.slice(0, 2))), ...(await distances(pictures.slice(2)))]).toEqual(whole)
    const other = await startPrepared(backbone, { banks, threads: 2, workers: 2, batch: 3 })
    expect(await distances(pictures, undefined, other)).toEqual(whole)
    await other.close()
  })

  it('compares each picture with the bank that is asked for, a broken one in between or not', async () => {
    const [first, second, third] = await Promise.all([0, 1, 2].map((bank) => distances(pictures.slice(0, 3), [bank, bank, bank])))
    expect(first).not.toEqual(second)
    expect(await distances(pictures.slice(0, 3), [2, 0, 1])).toEqual([third[0], first[1], second[2]])
    const broken = [pictures[0], Buffer.from('no picture'), pictures[2]]
    const found = await distances(broken, [2, 0, 1])
    expect([found[0], found[2]]).toEqual([third[0], second[2]])
  })

  it('traces the distance from the first bank, and degrades without', async () => {
    const { features } = await embedder.trace(pictures[0])
    expect(features[38]).toBe((await distances([pictures[0]]))[0])
    expect((await embedder.degrade(pictures[0], [0, 1], 1))?.shifts.every(Number.isFinite)).toBe(true)
  })
})

it('positions are pooled over what there is around them', () => {
  const values = Float32Array.from({ length: 2 * side * side }, normals(9))
  const pooled = pooledPositions({ height: side, width: side, values }, [1, 0])
  for (let p = 0; p < side * side; p++)
    for (const [c, channel] of [1, 0].entries())
      expect(pooled[2 * p + c]).toBeCloseTo(pooledAt({ values }, channel, Math.floor(p / side), p % side), 5)
})
