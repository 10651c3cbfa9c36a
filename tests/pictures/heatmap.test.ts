import { describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { encodePng } from '../../pictures/encode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { heatmap } from '../../pictures/heatmap.js'
import type { Raster } from '../../pictures/raster.js'
import { scene } from '../../pictures/scenes.js'
import { plain } from '../kit/pictures.js'

const pixel = ({ width, rgb }: Raster, x: number, y: number) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
const violet = [68, 1, 84]
const green = [33, 145, 140]
const yellow = [253, 231, 37]
const near = (found: number[], wanted: number[]) =>
  expect(Math.max(...found.map((value, at) => Math.abs(value - wanted[at])))).toBeLessThan(5)

describe('a heatmap', () => {
  const map = { height: 2, width: 3, values: [0, 0, 0, 0, 0, 10] }

  it("runs through matplotlib's viridis, from the least to the greatest value of the map", () => {
    const { bare } = heatmap(map, plain(60, 40, 128))
    near(pixel(bare, 0, 0), violet)
    near(pixel(bare, 59, 39), yellow)
    const half = heatmap({ height: 1, width: 2, values: [0, 1] }, plain(101, 10, 0)).bare
    near(pixel(half, 50, 5), green)
  })

  it('is bilinear between the middles of patches and flat outside of them', () => {
    const { bare } = heatmap({ height: 1, width: 2, values: [0, 1] }, plain(100, 4, 0))
    expect(pixel(bare, 0, 0)).toEqual(pixel(bare, 24, 0))
    expect(pixel(bare, 75, 3)).toEqual(pixel(bare, 99, 3))
    const greens = Array.from({ length: 50 }, (_, x) => pixel(bare, 25 + x, 0)[1])
    expect(greens).toEqual([...greens].sort((a, b) => a - b))
  })

  it('takes a range that stands for every picture alike, and clips to it', () => {
    const of = (value: number) => pixel(heatmap({ height: 1, width: 1, values: [value] }, plain(8, 8, 0), { range: [0, 4] }).bare, 3, 3)
    near(of(-1), violet)
    near(of(2), green)
    near(of(9), yellow)
  })

  it('of equal values is all of the first colour', () => {
    const { bare } = heatmap({ height: 2, width: 2, values: [5, 5, 5, 5] }, plain(8, 8, 0))
    near(pixel(bare, 4, 4), violet)
  })

  it('leaves the picture visible where nothing is the matter', () => {
    const sound = scene(1, 0)
    const { overlay } = heatmap(map, sound)
    const greys = [pixel(sound, 60, 200), pixel(overlay, 60, 200)].map(([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b)
    expect(Math.abs(greys[0] - greys[1])).toBeLessThan(12)
    expect(Math.min(...pixel(overlay, 250, 250))).toBeLessThan(Math.max(...pixel(overlay, 250, 250)) - 60)
  })

  it('makes a dark picture light enough to be seen under it', () => {
    const dark = { ...plain(20, 20, 4), rgb: plain(20, 20, 4).rgb.map((value, at) => (at < 30 ? 20 : value)) }
    const { overlay } = heatmap({ height: 2, width: 2, values: [0, 0, 0, 1] }, dark)
    expect(pixel(overlay, 3, 0)[0]).toBeCloseTo(160, -1)
    expect(pixel(overlay, 3, 12)[0]).toBeCloseTo(32, -1)
  })

  it('keeps the shape, shrinks what is larger than its side, and is a small PNG, always the same one', async () => {
    const large = plain(1000, 500, 90)
    const { bare, overlay } = heatmap(map, large, { side: 200 })
    expect([bare.width, bare.height, overlay.width, overlay.height]).toEqual([200, 100, 200, 100])
    const bytes = await encodePng(overlay)
    expect(bytes.length).toBeLessThan(20_000)
    expect(await encodePng(heatmap(map, large, { side: 200 }).overlay)).toEqual(bytes)
    expect(await decodePicture(bytes, defaultPictureLimits)).toEqual(overlay)
  })
})
