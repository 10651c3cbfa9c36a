/** Uniform on [low, high). */
export const between = (random: () => number, low: number, high: number): number => low + (high - low) * random()

/** Uniform on a logarithmic scale. */
export const logBetween = (random: () => number, low: number, high: number): number =>
  Math.exp(between(random, Math.log(low), Math.log(high)))
