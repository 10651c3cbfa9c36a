import { describe, expect, it } from 'vitest'
import { corners, fnv1a, type PatchGrid, patchesOf } from '../../pictures/patches.js'
import { rasterOf } from '../kit/pictures.js'

/** As training.discopatch cuts. */
const grid: PatchGrid = { size: 224, kernel: 'bicubic', patch: 64, rows: 8, columns: 8, jitter: 8 }

describe('patches of a picture', () => {
  it('lie where training.discopatch puts them', () => {
    const seed = fnv1a(Buffer.from('frames/0/81724'))
    const places = corners(grid, seed)
    // patches.grid_corners(224, 8, 'frames/0/81724') in Python.
    expect(seed).toBe(583500721)
    expect(places.slice(0, 6)).toEqual([
      [3, 0],
      [0, 25],
      [0, 38],
      [4, 66],
      [4, 90],
      [1, 112],
    ])
    expect(places.slice(-2)).toEqual([
      [160, 134],
      [156, 156],
    ])
  })

  it('hold the pixels of the centre square, channel by channel', () => {
    const small = { ...grid, size: 20, patch: 6, rows: 2, columns: 3, jitter: 3 }
    // Wider than high by an odd number, so that the square begins at column 3.
    const picture = rasterOf(27, 20, (x, y) => [9 * x, 9 * y, x + y])
    const patches = patchesOf(picture, small, 7)
    const expected = corners(small, 7).flatMap(([top, left]) =>
      [0, 1, 2].flatMap((channel) =>
        Array.from({ length: 36 }, (_, i) => {
          const [x, y] = [3 + left + (i % 6), top + Math.floor(i / 6)]
          return [9 * x, 9 * y, x + y][channel]
        }),
      ),
    )
    expect([...patches]).toEqual(expected)
  })

  it('do not see what lies beyond the square, not by the kernel either', () => {
    const wide = (beyond: number) => rasterOf(60, 40, (x, y) => (x < 10 || x >= 50 ? [beyond, beyond, beyond] : [5 * x, 6 * y, 99]))
    const small = { ...grid, size: 24, patch: 8 }
    expect(patchesOf(wide(0), small, 1)).toEqual(patchesOf(wide(255), small, 1))
  })
})
