import type { FastMatMul } from '../../backbones/matmul.js'
import { normals } from '../../connectors/generator/random.js'
import type { Detector } from '../../detectors/detector.js'
import { quantile } from '../figures.js'
import { judgeBy, type Scores } from './judge.js'
import { FEATURES } from './normal.js'
import type { Draw, Drift, Situation } from './situation.js'

/** Records of a window. */
export const lengths = [64, 256] as const
const LONGEST = 256
/** Of 250 rows each, as of a stream whose windows differ. */
const REFERENCE_WINDOWS = 12
const LEVEL = 0.01

export interface Effort {
  /** References that are drawn and fitted. */
  readonly references: number
  /** Windows without drift that set the thresholds of each. */
  readonly nulls: number
  /** Windows of each drift that each judges. */
  readonly windows: number
}

/** Share of the windows of a drift that each detector alarms on, by length. */
export interface Power {
  readonly drift: Drift
  readonly of: ReadonlyMap<string, readonly number[]>
}

/** Each detector alone, at the threshold that 1 % of fresh windows without drift exceed. */
export async function powerOf(
  { usual, drifts }: Situation,
  detectors: readonly Detector[],
  { references, nulls, windows }: Effort,
  matmul: FastMatMul,
): Promise<Power[]> {
  const alarms = drifts.map(() => new Map(detectors.map(({ name }) => [name, lengths.map(() => 0)])))
  for (let r = 0; r < references; r++) {
    const normal = normals(r, drifts.length)
    const reference = Array.from({ length: REFERENCE_WINDOWS }, () => [...usual(normal, 250)]).flat()
    const judge = await judgeBy(detectors, Float64Array.from(reference), FEATURES, matmul, lengths[0])
    const judged = async (draw: Draw, count: number): Promise<Scores[][]> => {
      const all: Scores[][] = []
      for (let w = 0; w < count; w++) all.push(await judge.scores(draw(normal, LONGEST), lengths))
      return all
    }
    const without = await judged(usual, nulls)
    for (const [i, { draw }] of drifts.entries()) {
      const drifted = await judged(draw, windows)
      for (const [name, counts] of alarms[i])
        lengths.forEach((_, l) => {
          const of = (scores: readonly Scores[][]) => scores.map((byLength) => byLength[l].get(name) ?? 0)
          const threshold = quantile(of(without), 1 - LEVEL)
          counts[l] += of(drifted).filter((score) => score > threshold).length / (references * windows)
        })
    }
    await judge.close()
  }
  return drifts.map((drift, i) => ({ drift, of: alarms[i] }))
}
