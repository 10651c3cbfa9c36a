import { normal } from '../../detectors/random.js'
import { curve } from './curve.js'
import type { Degradation } from './degradation.js'

// As in the study, levels run from -1 (black) to 1 (white).
const levelOf = (byte: number): number => byte / 127.5 - 1
const byteOf = (level: number): number => (level + 1) * 127.5

/** A monotone tone curve: five evenly spaced knots, each moved by N(0, 0.25²) of half the range and sorted, the same for all channels. */
export const toneCurve: Degradation = {
  name: 'tone_curve',
  apply({ width, height, rgb }, random) {
    const knots = [-1, -0.5, 0, 0.5, 1].map((knot) => knot + 0.25 * normal(random)).sort((a, b) => a - b)
    const table = Uint8ClampedArray.from(curve(knots, 256), byteOf)
    return { width, height, rgb: rgb.map((value) => table[value]) }
  },
}

/** A linear mix of the channels: identity + N(0, 0.15²) in each place, and an offset N(0, 0.06²) of half the range, around middle grey. */
export const colourMix: Degradation = {
  name: 'colour_mix',
  apply({ width, height, rgb }, random) {
    const rows = [0, 1, 2].map((row) => [0, 1, 2].map((column) => (row === column ? 1 : 0) + 0.15 * normal(random)))
    const offsets = rows.map(() => 0.06 * normal(random))
    const made = new Uint8ClampedArray(rgb.length)
    for (let at = 0; at < rgb.length; at += 3) {
      const red = levelOf(rgb[at])
      const green = levelOf(rgb[at + 1])
      const blue = levelOf(rgb[at + 2])
      for (let to = 0; to < 3; to++) {
        const row = rows[to]
        made[at + to] = byteOf(row[0] * red + row[1] * green + row[2] * blue + offsets[to])
      }
    }
    return { width, height, rgb: new Uint8Array(made.buffer) }
  },
}
