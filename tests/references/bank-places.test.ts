import { describe, expect, it } from 'vitest'
import type { PictureMap } from '../../backbones/embedder.js'
import { pooledPositions } from '../../backbones/patch-bank.js'
import { nearestSquares } from '../../detectors/k-center.js'
import { normals } from '../../detectors/random.js'
import { type BlockMap, learnBank } from '../../references/bank-places.js'
import { unusualPlaces } from '../../references/places.js'
import { plain } from '../kit/pictures.js'

const [channels, height, width, blocks] = [4, 6, 7, 10]
const positions = height * width

/** An aligned scene: each position has values of its own, and varies around them; more in the last row. */
function mapOf(seed: number, spread = 1): PictureMap {
  const [fixed, normal] = [normals(1), normals(seed)]
  const values = Float32Array.from(
    { length: channels * positions },
    (_, at) => 5 * fixed() + (at % positions >= positions - width ? 3 : 1) * spread * normal(),
  )
  return { channels, height, width, values, picture: plain(8, 8, 128) }
}

const maps = Array.from({ length: 60 }, (_, i): BlockMap => ({ map: mapOf(100 + i), block: Math.floor(i / 6) }))
const { places, without } = learnBank(maps, blocks)
const rowsOf = (map: PictureMap) => pooledPositions(map, places.channels)
const has = (patches: Float32Array, row: Float32Array) => nearestSquares(row, patches, channels)[0] === 0

describe('a bank', () => {
  it('is some of the positions of its pictures, the same at every fit', () => {
    expect(places.patches.length).toBeLessThanOrEqual(1000 * channels)
    const all = Float32Array.from(maps.flatMap(({ map }) => [...rowsOf(map)]))
    expect(nearestSquares(places.patches, all, channels).every((square) => square === 0)).toBe(true)
    expect(learnBank(maps, blocks)).toEqual({ places, without })
  })

  it('is of every other block, and pictures are compared with one that has no patch of their block, nor counts it as usual', () => {
    for (const { map, block } of maps) {
      const rows = rowsOf(map)
      const held = Array.from({ length: positions }, (_, p) => rows.subarray(p * channels, (p + 1) * channels))
      expect(held.some((row) => has(places.patches, row))).toBe(block % 2 === 0)
      expect(held.some((row) => has(without[block].patches, row))).toBe(false)
    }
    const far = maps.map(({ map, block }) => ({ map: block === 3 ? mapOf(1, 50) : map, block }))
    const [one, other] = [learnBank(far, blocks).without[3], without[3]]
    expect(one.usual).toEqual(other.usual)
  })

  it('knows how far normal pictures are from it at each position: as far as new ones, and farther where they vary more', () => {
    const fresh = Array.from({ length: 60 }, (_, i) => nearestSquares(rowsOf(mapOf(9000 + i)), places.patches, channels))
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one, 0) / values.length
    expect(mean(fresh.map(mean)) / mean(places.usual)).toBeCloseTo(1, 0)
    expect(places.usual[positions - 1]).toBeGreaterThan(2 * places.usual[0])
  })

  it('of frames that hardly differ is as far from them as from the frames of another time', () => {
    const still = Array.from({ length: 30 }, (_, i): BlockMap => {
      const block = Math.floor(i / 3)
      const [scene, noise] = [mapOf(100 + block), mapOf(500 + i, 1e-3)]
      return { map: { ...scene, values: scene.values.map((value, at) => value + 1e-3 * noise.values[at]) }, block }
    })
    const { usual } = learnBank(still, blocks).places
    const others = Array.from({ length: blocks }, (_, block) => still[3 * block].map)
    const between = nearestSquares(rowsOf(others[0]), Float32Array.from(others.slice(1).flatMap((map) => [...rowsOf(map)])), channels)
    expect(usual.reduce((sum, one) => sum + one)).toBeGreaterThan(0.5 * between.reduce((sum, one) => sum + one))
  })

  it('shows what no picture has where it is, and draws usual pictures at most half bright on average', () => {
    const odd = mapOf(777)
    const at = 3 * width + 2
    for (let c = 0; c < channels; c++) odd.values[c * positions + at] += 60
    const { values, range } = unusualPlaces(places, odd)
    const brightest = Array.from(values).indexOf(Math.max(...Array.from(values)))
    // Pooled, it is in the positions around it too.
    const [down, across] = [Math.floor(brightest / width) - 3, (brightest % width) - 2]
    expect(Math.max(Math.abs(down), Math.abs(across))).toBeLessThanOrEqual(1)
    expect(range[1]).toBeGreaterThanOrEqual(values[at])
    const heights = Array.from({ length: 40 }, (_, i) => {
      const fresh = unusualPlaces(places, mapOf(2000 + i))
      return Math.max(...Array.from(fresh.values)) / fresh.range[1]
    })
    expect(heights.reduce((sum, one) => sum + one, 0) / heights.length).toBeLessThan(0.6)
  })

  it('cannot be learned of pictures of one time', () => {
    expect(() => learnBank(maps.slice(0, 3), blocks)).toThrow('all 3 are of one tenth of their stream; give more pictures')
  })
})
