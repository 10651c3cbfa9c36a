import { sample, uniforms } from '../../detectors/random.js'
import type { Raster } from '../../pictures/raster.js'
import { rankingFigures } from '../adbench/metrics.js'
import { corrupt, families } from './corruptions/corruptions.js'
import type { Scale, Severity } from './corruptions/family.js'
import type { FeaturesOf } from './feature-store.js'
import type { Features, Judge, Verdicts } from './judge.js'

/** Clean pictures to fit on, and clean pictures that are compared with damaged versions of themselves. */
export interface Trial {
  readonly name: string
  readonly reference: readonly Raster[]
  /** Near-duplicates share a number; none where pictures have nothing to do with one another. */
  readonly groups?: readonly number[]
  readonly test: readonly Raster[]
}

/** What one detector makes of the pictures. */
export interface PictureFigures {
  readonly families: readonly {
    readonly family: string
    /** AUROC of damaged against clean for each severity. */
    readonly auroc: readonly number[]
    /** Part of the pairs of pictures of different severity, clean ones being 0, whose scores are in that order; a tie counts one half. */
    readonly cIndex: number
  }[]
  /** Part of the clean test pictures with p at most 5 %. */
  readonly falseAlarms: number
}

/** What one detector makes of windows of them. */
export interface WindowFigures {
  readonly families: readonly {
    readonly family: string
    /** Part of the windows of damaged pictures above the level of 1 % of the clean ones, mean of the severities; for each length. */
    readonly found: readonly number[]
  }[]
  /** Part of the windows of clean test pictures with p at most 1 %; for each length. */
  readonly falseAlarms: readonly number[]
}

/** By detector; `all` is what alarms. */
export interface TrialFigures {
  readonly pictures: ReadonlyMap<string, PictureFigures>
  readonly windows: ReadonlyMap<string, WindowFigures>
}

/** Pictures in a window; a window of one is the picture by itself. */
export const windowLengths = [1, 8, 16, 32] as const
const WINDOWS = 1000
const LEVEL = 0.01
const PICTURE_LEVEL = 0.05

export interface PairedOptions<Fitted> {
  readonly judge: Judge<Fitted>
  readonly featuresOf: FeaturesOf
  readonly scale: Scale
  readonly severities: readonly Severity[]
  /** Called with the name of each condition when it is done. */
  done(condition: string): void
}

/** Verdicts of the test pictures in one condition. */
interface Condition {
  readonly pictures: Verdicts
  /** One for each length. */
  readonly windows: readonly Verdicts[]
}

/**
 * The paired protocol of the image study: clean and damaged versions of the same pictures through the same path, one reference that has
 * seen neither. A window has different pictures, as in a stream, and the same ones in every condition.
 */
export async function pairedTrial<Fitted>(trial: Trial, options: PairedOptions<Fitted>): Promise<TrialFigures> {
  const { judge, featuresOf, scale, severities, done } = options
  const { name, reference, groups, test } = trial
  const seriesOf = (label: string, pictures: readonly Raster[]) =>
    featuresOf({ name: `${name}-${label}`, count: pictures.length, picture: async (i) => pictures[i] })
  const fitted = await judge.fit({ pictures: reference, features: await seriesOf('reference', reference), groups })
  done('fit')
  const windows = windowLengths.map((length) => windowsOf(test.length, length))
  const conditionOf = async (features: Features): Promise<Condition> => {
    const judged: Verdicts[] = []
    for (const some of windows) judged.push(await judge.judgeWindows(fitted, features, some))
    return { pictures: await judge.judge(fitted, features), windows: judged }
  }
  const clean = await conditionOf(await seriesOf('clean', test))
  const damaged = new Map<string, Condition[]>()
  for (const family of families) {
    const conditions: Condition[] = []
    for (const severity of severities) {
      const condition = `${family.name}-${severity}`
      const picture = (i: number) => corrupt(test[i], family, scale, severity, i)
      conditions.push(await conditionOf(await featuresOf({ name: `${name}-${scale}-${condition}`, count: test.length, picture })))
      done(condition)
    }
    damaged.set(family.name, conditions)
  }
  const byDetector = <Figures>(verdicts: Verdicts, figures: (detector: string) => Figures) =>
    new Map(Object.keys(verdicts).map((detector) => [detector, figures(detector)]))
  return {
    pictures: byDetector(clean.pictures, (detector) => pictureFigures(detector, clean, damaged)),
    windows: byDetector(clean.windows[0], (detector) => windowFigures(detector, clean, damaged)),
  }
}

const windowsOf = (pictures: number, length: number): number[][] => {
  if (pictures < length) throw new Error(`${pictures} test pictures are too few for windows of ${length}`)
  const uniform = uniforms(length)
  return Array.from({ length: WINDOWS }, () => sample(pictures, length, uniform))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const share = (values: Float64Array, wanted: (value: number) => boolean): number => values.filter(wanted).length / values.length

function pictureFigures(detector: string, clean: Condition, damaged: ReadonlyMap<string, readonly Condition[]>): PictureFigures {
  return {
    families: [...damaged].map(([family, conditions]) => {
      const scores = [clean, ...conditions].map(({ pictures }) => pictures[detector].scores)
      return { family, auroc: scores.slice(1).map((some) => auroc(scores[0], some)), cIndex: cIndex(scores) }
    }),
    falseAlarms: share(clean.pictures[detector].p, (p) => p <= PICTURE_LEVEL),
  }
}

function windowFigures(detector: string, clean: Condition, damaged: ReadonlyMap<string, readonly Condition[]>): WindowFigures {
  const levels = clean.windows.map((verdicts) => verdicts[detector].scores.toSorted()[Math.ceil((1 - LEVEL) * WINDOWS) - 1])
  const found = (conditions: readonly Condition[]) =>
    levels.map((level, i) => mean(conditions.map(({ windows }) => share(windows[i][detector].scores, (score) => score > level))))
  return {
    families: [...damaged].map(([family, conditions]) => ({ family, found: found(conditions) })),
    falseAlarms: clean.windows.map((verdicts) => share(verdicts[detector].p, (p) => p <= LEVEL)),
  }
}

/** Chance that one of the second scores higher than one of the first. */
export function auroc(normal: Float64Array, odd: Float64Array): number {
  const labels = Uint8Array.from({ length: normal.length + odd.length }, (_, i) => Number(i >= normal.length))
  return rankingFigures({ scores: Float64Array.of(...normal, ...odd), labels }).auroc
}

/** Harrell's concordance of scores with severity: one list of scores for each severity, rising. */
export function cIndex(scores: readonly Float64Array[]): number {
  let [concordant, pairs] = [0, 0]
  for (const [severity, some] of scores.entries()) {
    for (const worse of scores.slice(severity + 1)) {
      concordant += auroc(some, worse) * some.length * worse.length
      pairs += some.length * worse.length
    }
  }
  return concordant / pairs
}
