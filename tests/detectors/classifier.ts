import { normals } from './samples.js'

/** Of a classifier of 3 classes: 20 features in a plane, but for noise, and its logits. */
export const d = 23
export const features = Array.from({ length: 20 }, (_, j) => j)
export const logits = [20, 21, 22]
/** Two directions that span the plane. */
const plane = [features.map((j) => 2 + Math.cos(j)), features.map((j) => Math.sin(2 * j))]
/** Where in the plane the classes lie. */
const classes = [
  [2, 0],
  [-1, 1.7],
  [-1, -1.7],
]

/** The record at (u, v) in the plane, with its features moved off it. */
export const classified = (u: number, v: number, off: readonly number[] = []): Float64Array =>
  Float64Array.from([
    ...features.map((j) => u * plane[0][j] + v * plane[1][j] + (off[j] ?? 0)),
    ...classes.map(([a, b]) => 1 + 4 * (a * u + b * v)),
  ])

/** As far off the plane as most are. */
export const noise = features.map((j) => (j % 2 === 0 ? 0.1 : -0.1))

/** n records of the classes in turn, n x d. */
export const classifiedRows = (seed: number, n: number): Float64Array => {
  const normal = normals(seed)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n; i++) {
    const [a, b] = classes[i % 3]
    const off = features.map(() => 0.1 * normal())
    rows.set(classified(a + 0.15 * normal(), b + 0.15 * normal(), off), i * d)
  }
  return rows
}
