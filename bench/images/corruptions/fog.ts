import { mapped } from '../pixels.js'
import { family } from './family.js'

/** Strength: thickness, and by how much finer wisps are thinner. */
export const fog = family<readonly [number, number]>(
  'fog',
  {
    photo: [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
    mild: [
      [0.3, 2],
      [0.5, 2],
      [0.75, 2],
      [1, 2],
      [1.5, 2],
    ],
    tiny: [
      [0.2, 3],
      [0.5, 3],
      [0.75, 2.5],
      [1, 2],
      [1.5, 1.75],
    ],
  },
  (picture, [thickness, decay], uniform) => {
    const { width, height, rgb } = picture
    const side = 2 ** Math.ceil(Math.log2(Math.max(width, height)))
    const cloud = plasma(side, decay, uniform)
    const brightest = rgb.reduce((most, value) => Math.max(most, value), 1)
    return mapped(picture, (i) => {
      const [row, column] = [Math.floor(i / (3 * width)), Math.floor((i / 3) % width)]
      return ((rgb[i] + 255 * thickness * cloud[row * side + column]) * brightest) / (brightest + 255 * thickness)
    })
  },
)

/** Diamonds and squares (Fournier et al. 1982) on a torus of side x side, side a power of 2; 0 to 1. */
function plasma(side: number, decay: number, uniform: () => number): Float64Array {
  const heights = new Float64Array(side * side)
  const at = (row: number, column: number) => ((row + side) % side) * side + ((column + side) % side)
  let wobble = 1
  /** Sets a point to the mean of its four neighbours, give or take. */
  const set = (row: number, column: number, neighbours: readonly (readonly [number, number])[]) => {
    const sum = neighbours.reduce((total, [down, across]) => total + heights[at(row + down, column + across)], 0)
    heights[at(row, column)] = sum / 4 + wobble * (2 * uniform() - 1)
  }
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2
    const [corners, edges] = [
      [
        [-half, -half],
        [-half, half],
        [half, -half],
        [half, half],
      ] as const,
      [
        [-half, 0],
        [half, 0],
        [0, -half],
        [0, half],
      ] as const,
    ]
    for (let row = half; row < side; row += step) for (let column = half; column < side; column += step) set(row, column, corners)
    for (let row = 0; row < side; row += half)
      for (let column = row % step === 0 ? half : 0; column < side; column += step) set(row, column, edges)
    wobble /= decay * decay
  }
  const [least, most] = heights.reduce(([low, high], height) => [Math.min(low, height), Math.max(high, height)], [Infinity, -Infinity])
  return heights.map((height) => (height - least) / (most - least))
}
