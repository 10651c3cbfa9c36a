/**
 * Compositions as isometric log-ratios (Egozcue et al. 2003): D shares become D - 1 coordinates in which distances are those of
 * Aitchison, and whose covariance, unlike that of centred log-ratios, is not singular.
 */

/** An orthonormal basis of the log-ratios of D parts, D x (D - 1) row-major: column k weighs parts 0 to k against part k + 1. */
export const ilrBasis = (parts: number): Float64Array => {
  const width = parts - 1
  const basis = new Float64Array(parts * width)
  for (let k = 0; k < width; k++) {
    const norm = Math.sqrt((k + 1) * (k + 2))
    for (let i = 0; i <= k; i++) basis[i * width + k] = 1 / norm
    basis[(k + 1) * width + k] = -(k + 1) / norm
  }
  return basis
}

/**
 * Positive shares that sum to 1. Shares below the floor become the floor, the others are scaled down by one factor, which keeps their
 * ratios (multiplicative replacement, Martín-Fernández et al. 2003).
 */
export const closed = (parts: Float64Array, floor: number): Float64Array => {
  const sum = parts.reduce((total, part) => total + part, 0)
  const shares = parts.map((part) => part / sum)
  const low = shares.map((share) => (share < floor ? 1 : 0))
  const raised = low.reduce((count, one) => count + one, 0)
  if (raised === 0) return shares
  const rest = shares.reduce((total, share, i) => total + (low[i] === 1 ? 0 : share), 0)
  const factor = (1 - raised * floor) / rest
  return shares.map((share, i) => (low[i] === 1 ? floor : share * factor))
}

/** Coordinates of shares: D - 1. */
export const ilr = (shares: Float64Array, basis: Float64Array): Float64Array => {
  const width = shares.length - 1
  const coordinates = new Float64Array(width)
  shares.forEach((share, i) => {
    const logarithm = Math.log(share)
    for (let k = 0; k < width; k++) coordinates[k] += basis[i * width + k] * logarithm
  })
  return coordinates
}

/** The centred log-ratio of each part, from the coordinates: D numbers that sum to 0. */
export const clrOf = (coordinates: ArrayLike<number>, basis: Float64Array): Float64Array => {
  const width = coordinates.length
  return Float64Array.from({ length: width + 1 }, (_, i) => {
    let sum = 0
    for (let k = 0; k < width; k++) sum += basis[i * width + k] * coordinates[k]
    return sum
  })
}

/** The shares that have these coordinates; they sum to 1. */
export const sharesOf = (coordinates: ArrayLike<number>, basis: Float64Array): Float64Array => {
  const clr = clrOf(coordinates, basis)
  const largest = clr.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const powers = clr.map((value) => Math.exp(value - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
