import type { PictureMap } from './embedder.js'

/** A bounded set of patches of normal pictures (PatchCore's memory bank, Roth et al. 2022), and how far others usually are from it. */
export interface PatchBank {
  /** Of the map, those that are looked at. */
  readonly channels: readonly number[]
  /** m x channels: positions of maps, pooled. */
  readonly patches: Float32Array<ArrayBuffer>
  /** Per position of a map the mean squared distance of normal pictures from a bank without those of their time. */
  readonly usual: Float64Array
}

/**
 * The positions of a map, each the mean of its 3 x 3 neighbourhood as far as there is one (PatchCore's locally aware patches), of some channels.
 *
 * @returns positions x channels
 */
export function pooledPositions(
  { height, width, values }: Omit<PictureMap, 'picture' | 'channels'>,
  channels: readonly number[],
): Float32Array<ArrayBuffer> {
  const k = channels.length
  const positions = height * width
  const pooled = new Float32Array(positions * k)
  for (const [c, channel] of channels.entries()) {
    const plane = values.subarray(channel * positions, (channel + 1) * positions)
    for (let y = 0, at = c; y < height; y++)
      for (let x = 0; x < width; x++, at += k) {
        const [top, bottom] = [Math.max(0, y - 1), Math.min(height - 1, y + 1)]
        const [left, right] = [Math.max(0, x - 1), Math.min(width - 1, x + 1)]
        let sum = 0
        for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) sum += plane[row * width + column]
        pooled[at] = sum / ((bottom - top + 1) * (right - left + 1))
      }
  }
  return pooled
}

/** Part of a picture's positions whose mean is its distance: ten of 14 x 14. */
const FARTHEST = 0.05

/** Distance of a picture from the bank: the mean of its farthest positions, each as a multiple of what is usual there. From squared distances. */
export function patchDistance(squares: Float64Array, usual: Float64Array): number {
  const count = Math.ceil(FARTHEST * squares.length)
  const farthest = squares
    .map((square, p) => Math.sqrt(overUsual(square, usual[p])))
    .sort()
    .subarray(-count)
  return farthest.reduce((sum, one) => sum + one, 0) / count
}

/** A squared distance as a multiple of the usual one. */
export const overUsual = (square: number, usual: number): number => (usual > 0 ? square / usual : square)
