/** `count` values on the straight lines between evenly spaced knots, both ends included. */
export function curve(knots: readonly number[], count: number): Float64Array {
  const made = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const at = (i / (count - 1)) * (knots.length - 1)
    const left = Math.min(Math.floor(at), knots.length - 2)
    made[i] = knots[left] + (at - left) * (knots[left + 1] - knots[left])
  }
  return made
}
