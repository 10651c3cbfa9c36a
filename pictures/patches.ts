import { z } from 'zod'
import { uniforms } from '../detectors/random.js'
import type { Raster } from './raster.js'
import { kernels, resize } from './resize.js'

const side = () => z.int().min(1).max(4096)

/** How a picture becomes patches: its centre square, resized to `size` x `size`, cut along a grid whose places are moved a little. */
export const patchGridSchema = z
  .object({
    size: side(),
    kernel: z.enum(kernels),
    patch: side(),
    rows: z.int().min(2).max(64),
    columns: z.int().min(2).max(64),
    /** Pixels that a patch may lie off its place along each axis. */
    jitter: z.int().min(0).max(1024),
  })
  .refine(({ size, patch }) => patch <= size, { path: ['patch'], error: 'is larger than the picture that it is cut from' })
export type PatchGrid = z.infer<typeof patchGridSchema>

/** Bytes of the patches of one picture. */
export const patchBytes = ({ rows, columns, patch }: PatchGrid): number => rows * columns * 3 * patch * patch

/** P x 3 x patch x patch bytes (NCHW, RGB), row by row of the grid: what training.discopatch cuts of the same picture with the same seed. */
export function patchesOf(raster: Raster, grid: PatchGrid, seed: number): Uint8Array {
  const { size, kernel, patch } = grid
  const pixels = resize(centreSquare(raster), { width: size, height: size }, kernel)
  const patches = new Uint8Array(patchBytes(grid))
  let to = 0
  for (const [top, left] of corners(grid, seed))
    for (let channel = 0; channel < 3; channel++)
      for (let y = top; y < top + patch; y++)
        for (let from = (y * size + left) * 3 + channel, x = 0; x < patch; x++, from += 3) patches[to++] = pixels[from]
  return patches
}

/** Where each patch begins, from edge to edge; down is drawn before right. */
export function corners({ size, patch, rows, columns, jitter }: PatchGrid, seed: number): [top: number, left: number][] {
  const uniform = uniforms(seed)
  const room = size - patch
  const moved = (index: number, count: number): number => {
    const place = Math.floor((index * room) / (count - 1)) + Math.floor(uniform() * (2 * jitter + 1)) - jitter
    return Math.min(room, Math.max(0, place))
  }
  return Array.from({ length: rows * columns }, (_, i) => [moved(Math.floor(i / columns), rows), moved(i % columns, columns)])
}

/** 32 bits of FNV-1a (Fowler, Noll and Vo). */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Cut before it is resized, so that nothing from beyond its edges bleeds in. */
function centreSquare({ width, height, rgb }: Raster): Raster {
  const side = Math.min(width, height)
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)]
  const square = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * 3
    square.set(rgb.subarray(from, from + side * 3), y * side * 3)
  }
  return { width: side, height: side, rgb: square }
}
