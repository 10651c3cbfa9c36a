import { box, type Canvas, type Colour, disc, type Place, paint, ring, shade } from './canvas.js'

/** Light from above left on a rounded edge: bright where the edge faces it, dark on the other side. */
const bevel = (x: number, y: number, depth: number, width: number): number =>
  depth >= width ? 0 : ((-0.6 * x - 0.8 * y) / Math.max(1, Math.sqrt(x * x + y * y))) * (1 - depth / width)

/** A domed screw cap. */
export function cap(canvas: Canvas, place: Place, colour: Colour): void {
  const radius = 27
  const shape = disc(radius)
  shade(canvas, shape, place, 8)
  paint(canvas, shape, { ...place, turn: 0 }, colour, (x, y, depth) => {
    const [nx, ny] = [x / radius, y / radius]
    const nz = Math.sqrt(Math.max(0, 1 - nx * nx - ny * ny))
    const facing = Math.max(0, -0.42 * nx - 0.5 * ny + 0.76 * nz)
    const groove = depth > 7 && depth < 9 ? 0.85 : 1
    return [groove * (0.35 + 0.75 * facing), 110 * facing ** 24]
  })
}

/** A steel washer. */
export function washer(canvas: Canvas, place: Place): void {
  const shape = ring(24, 11)
  shade(canvas, shape, place, 4)
  paint(canvas, shape, place, [176, 180, 186], (x, y, depth) => {
    const brushed = 0.06 * Math.cos(4 * Math.atan2(y, x) + 1)
    return [0.9 + brushed + 0.3 * bevel(x, y, depth, 3), 12]
  })
}

/** A small carton with a label. */
export function carton(canvas: Canvas, place: Place, colour: Colour): void {
  const shape = box(58, 40, 4)
  shade(canvas, shape, place, 9)
  paint(canvas, shape, place, colour, (x, y, depth) => [0.95 + 0.18 * bevel(x, y, depth, 4), 0])
  paint(canvas, box(34, 18, 1), place, [232, 230, 222], (x, y) => [Math.abs(y) < 5 && Math.floor(x / 2.5) % 2 === 0 ? 0.35 : 1, 0])
}

/** What does not belong on the belt: a forgotten spanner with a red grip. */
export function spanner(canvas: Canvas, { x, y, turn }: Place): void {
  const along = (by: number): Place => ({ x: x + by * Math.cos(turn), y: y + by * Math.sin(turn), turn })
  const shaft = box(92, 11, 4)
  const head = ring(15, 7)
  shade(canvas, shaft, along(0), 5)
  shade(canvas, head, along(52), 5)
  paint(canvas, shaft, along(0), [150, 154, 162], (u, v, depth) => [0.95 + 0.35 * bevel(u / 8, v, depth, 4), 18])
  paint(canvas, head, along(52), [150, 154, 162], (u, v, depth) => [0.95 + 0.35 * bevel(u, v, depth, 4), 18])
  paint(canvas, box(50, 15, 7), along(-26), [196, 34, 30], (u, v, depth) => [0.9 + 0.4 * bevel(u / 8, v, depth, 6), 0])
}
