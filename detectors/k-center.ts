/** Coordinates that are summed up before a point is given up as far enough. */
const STEP = 16

/**
 * Greedy k-center (Gonzalez 1985; PatchCore's coreset, Roth et al. 2022): at most k of the points, each next one the farthest from those before it.
 * No choice of k points leaves the others less than half as far from their nearest. The first is point 0, so that it is the same at every fit.
 * Fewer than k where fewer differ.
 *
 * @param points n x d
 * @returns their indices, in the order of their choice
 */
export function kCenter(points: Float32Array, d: number, k: number): number[] {
  const n = points.length / d
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  const chosen: number[] = []
  for (let next = 0; chosen.length < k && distances[next] > 0; next = farthest(distances)) {
    chosen.push(next)
    approach(distances, points, d, points.subarray(next * d, (next + 1) * d))
  }
  return chosen
}

/** Squared distances to the nearest of some centres, with one more of them. A sum that has passed what it is compared with is not ended. */
function approach(distances: Float64Array, points: Float32Array, d: number, centre: Float32Array): void {
  for (let i = 0, at = 0; i < distances.length; i++, at += d) {
    const nearest = distances[i]
    let sum = 0
    for (let j = 0; j < d && sum < nearest; ) {
      const end = Math.min(d, j + STEP)
      for (; j < end; j++) {
        const difference = points[at + j] - centre[j]
        sum += difference * difference
      }
    }
    if (sum < nearest) distances[i] = sum
  }
}

function farthest(distances: Float64Array): number {
  let best = 0
  for (let i = 1; i < distances.length; i++) if (distances[i] > distances[best]) best = i
  return best
}

/** Squared distance of each of n points to the nearest of m others (both x d, row-major). */
export function nearestSquares(points: Float32Array, others: Float32Array, d: number): Float64Array {
  const distances = new Float64Array(points.length / d).fill(Number.POSITIVE_INFINITY)
  for (let from = 0; from < others.length; from += d) approach(distances, points, d, others.subarray(from, from + d))
  return distances
}
