import { multiple } from '../../alerts/words.js'
import type { StreamHistory } from '../../live/view.js'
import { rangeOf } from '../model/columns.js'
import { effectSummary } from '../model/summary.js'

const WIDTH = 1000
const HEIGHT = 44
/** Scores are drawn from an eighth of the limit on. */
const LEAST = 1 / 8

/** Each detector's score over its limit, on a scale of doublings; the line is the limit. */
export const Scores = ({ history }: { readonly history: StreamHistory }) => {
  const most = Math.max(2, ...history.effects.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const height = (value: number) => HEIGHT * (1 - Math.log(Math.max(value, LEAST) / LEAST) / Math.log(most / LEAST))
  return (
    <figure class="scores">
      {history.effects.map(({ detector, values }) => (
        <div key={detector}>
          <span class="label" title={detector}>
            {detector} <b>{latest(values)}</b>
          </span>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={effectSummary(detector, values)}>
            <path class="limit" d={`M0 ${height(1)}H${WIDTH}`} />
            <path class="score" d={lineOf(history, values, height)} />
          </svg>
        </div>
      ))}
      <figcaption>Score over limit, per detector; dashed: the limit.</figcaption>
    </figure>
  )
}

const latest = (values: readonly (number | null)[]): string => {
  const value = values.findLast((one) => one !== null)
  return value == null ? '–' : `×${multiple(value)}`
}

function lineOf(history: StreamHistory, values: readonly (number | null)[], height: (value: number) => number): string {
  const [from, to] = rangeOf(history)
  const points = values.flatMap((value, i) =>
    value === null ? [] : [`${(((history.times[i] - from) / (to - from)) * WIDTH).toFixed(1)} ${height(value).toFixed(1)}`],
  )
  return points.length === 0 ? '' : `M${points.join('L')}`
}
