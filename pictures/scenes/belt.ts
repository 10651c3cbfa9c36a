import type { Canvas } from './canvas.js'

/** A dark ribbed belt between two steel rails, filling the canvas; `offset` is how far the belt has moved, in pixels. */
export function paintBelt({ side, levels }: Canvas, offset: number, random: () => number): void {
  const rail = side * 0.085
  const grain = Math.floor(random() * 4096)
  for (let y = 0, at = 0; y < side; y++) {
    const edge = Math.min(y + 0.5, side - y - 0.5)
    for (let x = 0; x < side; x++, at += 3) {
      if (edge < rail) steel(levels, at, edge / rail, speckle(x >> 3, y + grain))
      else rubber(levels, at, x + offset, y, grain)
      // The belt lies deeper than the rails.
      if (edge >= rail && edge < rail + 7)
        for (let channel = 0; channel < 3; channel++) levels[at + channel] *= 0.55 + 0.064 * (edge - rail)
    }
  }
}

function steel(levels: Float32Array, at: number, across: number, grain: number): void {
  const round = 0.55 + 0.45 * Math.sin(Math.PI * (0.15 + 0.8 * across))
  const level = 165 * round + 10 * (grain - 0.5)
  levels[at] = level
  levels[at + 1] = level * 1.01
  levels[at + 2] = level * 1.05
}

const ribs = 21

function rubber(levels: Float32Array, at: number, x: number, y: number, grain: number): void {
  const phase = (x % ribs) / ribs
  const rib = phase < 0.12 ? 13 : phase < 0.2 ? -12 : 0
  const rough = 9 * (speckle(Math.floor(x), y) - 0.5) + 12 * (cloud(x, y, 13, grain) - 0.5) + 10 * (cloud(x, y, 47, grain) - 0.5)
  const level = 62 + rib + rough
  levels[at] = level * 0.92
  levels[at + 1] = level * 1.03
  levels[at + 2] = level
}

/** The same number on [0, 1) for the same place: MurmurHash3's finaliser. */
function speckle(x: number, y: number): number {
  let h = Math.imul(x | 0, 0x9e3779b1) ^ Math.imul(y | 0, 0x85ebca77)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

/** Value noise: random numbers on a grid of `size` pixels, smooth in between. */
function cloud(x: number, y: number, size: number, grain: number): number {
  const column = Math.floor(x / size)
  const row = Math.floor(y / size)
  const u = smooth(x / size - column)
  const v = smooth(y / size - row)
  const above = speckle(column, row + grain) * (1 - u) + speckle(column + 1, row + grain) * u
  const below = speckle(column, row + 1 + grain) * (1 - u) + speckle(column + 1, row + 1 + grain) * u
  return above * (1 - v) + below * v
}

const smooth = (t: number): number => t * t * (3 - 2 * t)
