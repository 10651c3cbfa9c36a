/** Values on a circle of a given period, as the point (cos, sin) that they stand for. */

const TURN = 2 * Math.PI
/** Beyond it a circle's points are so alike, or so spread, that the deviation has no finite size. */
const NEAR = 1e-12

/** The angle of a value, in radians. The remainder first, so that a value of many turns keeps its digits. */
export const angleOf = (value: number, period: number): number => (TURN * (value % period)) / period

/** The value in [0, period) in whose direction a point lies. */
export const valueAlong = (cos: number, sin: number, period: number): number => {
  const turns = Math.atan2(sin, cos) / TURN
  return (turns < 0 ? turns + 1 : turns) * period
}

/** The way from one value to another, the shorter way round: in [-period / 2, period / 2]. */
export const wayTo = (from: number, to: number, period: number): number => {
  const way = (to - from) / period
  return (way - Math.round(way)) * period
}

/** Circular standard deviation of values whose mean point is (cos, sin), in the values' unit (Mardia). */
export const circularDeviation = (cos: number, sin: number, period: number): number => {
  const length = Math.min(1 - NEAR, Math.max(NEAR, Math.hypot(cos, sin)))
  return (Math.sqrt(-2 * Math.log(length)) * period) / TURN
}
