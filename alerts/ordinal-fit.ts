import { rank, type Severity, severities } from './severity.js'
import { type Axes, axisNames, type SeverityModel } from './severity-model.js'

/** One rater's word on one alert. */
export interface Rating {
  readonly alertId: string
  readonly rater: string
  readonly axes: Axes
  readonly rating: Severity
}

export interface OrdinalFit extends SeverityModel {
  /** By how much each rater rates higher than the average one, on the scale of the cuts; they sum to zero. */
  readonly raters: ReadonlyMap<string, number>
}

/** Ridge on weights and raters' offsets: a normal prior with a standard deviation of 1, on the logistic scale. */
const RIDGE = 1
/** Each level counts as if an average alert had been rated so half a time: cuts stay finite and apart where nobody used a level. */
const PRIOR_RATING = 0.5
const MOST_STEPS = 2000
const TOLERANCE = 1e-7
const WEIGHTS = axisNames.length
const CUTS = severities.length - 1

/**
 * Proportional-odds logistic regression of ratings with an offset for each rater, as in a many-facet Rasch model
 * (Linacre 1989; McCullagh 1980): P(rating >= l) = logistic(weights . axes + offset(rater) - cut(l)).
 *
 * The penalised likelihood is concave: projected gradient steps (Barzilai-Borwein length, halved until the objective falls)
 * find its one maximum with weights of 0 or more. What all raters have in common belongs to the cuts.
 */
export function fitOrdinal(ratings: readonly Rating[]): OrdinalFit {
  const raters = [...new Set(ratings.map(({ rater }) => rater))].sort()
  const problem = rows(ratings, raters)
  const parameters = minimise((at) => objective(problem, at), start(raters.length))
  const [rarity, effect, persistence, detectors] = parameters
  const offsets = parameters.subarray(WEIGHTS + CUTS)
  const common = offsets.reduce((sum, offset) => sum + offset, 0) / offsets.length
  const [warning, error, critical] = parameters.subarray(WEIGHTS).map((cut) => cut - common)
  return {
    weights: { rarity, effect, persistence, detectors },
    cuts: [warning, error, critical],
    raters: new Map(raters.map((rater, i) => [rater, offsets[i] - common])),
  }
}

interface Row {
  readonly x: readonly number[]
  readonly level: number
  /** Index of the rater's offset among the parameters; undefined: nobody's. */
  readonly offset: number | undefined
  readonly count: number
}

function rows(ratings: readonly Rating[], raters: readonly string[]): Row[] {
  const index = new Map(raters.map((rater, i) => [rater, WEIGHTS + CUTS + i]))
  const x = ({ axes }: Rating) => axisNames.map((axis) => axes[axis])
  const average = axisNames.map((axis) => ratings.reduce((sum, { axes }) => sum + axes[axis], 0) / ratings.length)
  return [
    ...ratings.map((rating) => ({ x: x(rating), level: rank(rating.rating), offset: index.get(rating.rater), count: 1 })),
    ...severities.map((_, level) => ({ x: average, level, offset: undefined, count: PRIOR_RATING })),
  ]
}

/** Weights, cuts, offsets. */
const start = (raters: number): Float64Array => Float64Array.of(0, 0, 0, 0, -1, 0, 1, ...Array.from({ length: raters }, () => 0))

interface Value {
  readonly loss: number
  readonly gradient: Float64Array
}

/** Negative penalised log-likelihood; infinite where cuts do not increase. */
function objective(problem: readonly Row[], at: Float64Array): Value {
  const gradient = new Float64Array(at.length)
  let loss = 0
  for (let i = 0; i < at.length; i++) {
    if (i >= WEIGHTS && i < WEIGHTS + CUTS) continue
    loss += (RIDGE / 2) * at[i] ** 2
    gradient[i] = RIDGE * at[i]
  }
  for (const { x, level, offset, count } of problem) {
    const sum = x.reduce((total, value, i) => total + value * at[i], offset === undefined ? 0 : at[offset])
    const lower = level === 0 ? 1 : logistic(sum - at[WEIGHTS + level - 1])
    const upper = level === CUTS ? 0 : logistic(sum - at[WEIGHTS + level])
    const p = lower - upper
    if (!(p > 0)) return { loss: Number.POSITIVE_INFINITY, gradient }
    loss -= count * Math.log(p)
    const slope = count * (lower + upper - 1)
    for (let i = 0; i < WEIGHTS; i++) gradient[i] += slope * x[i]
    if (offset !== undefined) gradient[offset] += slope
    if (level > 0) gradient[WEIGHTS + level - 1] += (count * lower * (1 - lower)) / p
    if (level < CUTS) gradient[WEIGHTS + level] -= (count * upper * (1 - upper)) / p
  }
  return { loss, gradient }
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

function minimise(value: (at: Float64Array) => Value, from: Float64Array): Float64Array {
  let [at, here] = [from, value(from)]
  let length = 1 / Math.hypot(...here.gradient)
  for (let step = 0; step < MOST_STEPS; step++) {
    const moved = descend(value, at, here, length)
    if (moved === undefined) return at
    const change = moved.at.map((x, i) => x - at[i])
    const bend = dot(
      change,
      moved.here.gradient.map((g, i) => g - here.gradient[i]),
    )
    length = bend > 0 ? dot(change, change) / bend : 2 * length
    at = moved.at
    here = moved.here
    if (Math.hypot(...change) < TOLERANCE) return at
  }
  return at
}

/** A step of that length or the first half, quarter, ... that lowers the loss; undefined when none does. */
function descend(value: (at: Float64Array) => Value, at: Float64Array, here: Value, length: number) {
  for (let shorter = length; shorter > Number.EPSILON * length; shorter /= 2) {
    const next = at.map((x, i) => (i < WEIGHTS ? Math.max(0, x - shorter * here.gradient[i]) : x - shorter * here.gradient[i]))
    const there = value(next)
    if (there.loss < here.loss) return { at: next, here: there }
  }
  return undefined
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0)
