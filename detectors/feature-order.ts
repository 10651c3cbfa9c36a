import type { Bank } from './detector.js'

/**
 * The d features in an order of their own, by what their values are and not by where they stand: a hash of whether each rises from one row of
 * the bank to the next. What is drawn at random in that order goes with the features when they are reordered, or measured in other units.
 */
export const featureOrder = ({ m, rows }: Bank, d: number): number[] => {
  const hashes = Int32Array.from({ length: d }, (_, j) => {
    // FNV-1a
    let hash = 0x811c9dc5
    for (let at = j; at < (m - 1) * d; at += d) hash = Math.imul(hash ^ Number(rows[at + d] > rows[at]), 0x01000193)
    return hash
  })
  return [...hashes.keys()].sort((a, b) => hashes[a] - hashes[b])
}
