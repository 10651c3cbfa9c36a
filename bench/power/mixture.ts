import { type Normals, normals } from '../../connectors/generator/random.js'
import { FEATURES, normalRows } from './normal.js'
import type { Draw, Situation } from './situation.js'

const CENTRES = 4
/** Root mean square of the situations' means, in standard deviations of a feature within one. */
const SPREAD = 2

const centres = Float64Array.from({ length: CENTRES * FEATURES }, normals(1)).map((value) => SPREAD * value)

/** Shares of the situations that sum to 1. */
type Mix = (normal: Normals) => readonly number[]

const fixed =
  (...shares: readonly number[]): Mix =>
  () =>
    shares

/** Of each window its own: as a stream whose days differ. */
const wandering: Mix = (normal) => {
  const weights = Array.from({ length: CENTRES }, () => normal() ** 2 + normal() ** 2)
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

const uniformOf = (normal: Normals): number => {
  const [a, b] = [normal() ** 2 + normal() ** 2, normal() ** 2 + normal() ** 2]
  return a / (a + b)
}

/** Records of situations in the given mix; what `moved` returns is added to a record of situation c. */
const rowsOf =
  (mix: Mix, moved: (c: number, j: number) => number = () => 0): Draw =>
  (normal, m) => {
    const shares = mix(normal)
    const rows = normalRows()(normal, m)
    for (let i = 0; i < m; i++) {
      let c = 0
      for (let u = uniformOf(normal) - shares[0]; u >= 0 && c < CENTRES - 1; u -= shares[c]) c++
      for (let j = 0; j < FEATURES; j++) rows[i * FEATURES + j] += centres[c * FEATURES + j] + moved(c, j)
    }
    return rows
  }

const inside = (c: number, j: number) => (c === 1 && j === 7 ? 1 : 0)

/** A stream of four situations, whose mix is always the same. */
export const fixedMix: Situation = {
  title: `${CENTRES} situations in a fixed mix`,
  usual: rowsOf(fixed(0.25, 0.25, 0.25, 0.25)),
  drifts: [
    { key: 'fixed_mix', title: 'mix .25 each → .55 .15 .15 .15', draw: rowsOf(fixed(0.55, 0.15, 0.15, 0.15)), mixOnly: true },
    { key: 'fixed_inside', title: 'one feature 1 σ inside one situation', draw: rowsOf(fixed(0.25, 0.25, 0.25, 0.25), inside) },
  ],
}

/** The same stream, where each window has a mix of its own. */
export const wanderingMix: Situation = {
  title: `${CENTRES} situations whose mix wanders`,
  usual: rowsOf(wandering),
  drifts: [
    { key: 'wandering_mix', title: 'mix at .55 .15 .15 .15', draw: rowsOf(fixed(0.55, 0.15, 0.15, 0.15)), mixOnly: true },
    { key: 'wandering_inside', title: 'one feature 1 σ inside one situation', draw: rowsOf(wandering, inside) },
    { key: 'wandering_everywhere', title: 'one feature 0.7 σ in all situations', draw: rowsOf(wandering, (_, j) => (j === 7 ? 0.7 : 0)) },
  ],
}
