import { multiple } from '../../alerts/words.js'
import type { Episode, StreamHistory } from '../../live/view.js'
import { rangeOf, roundTimes } from '../model/columns.js'
import { effectSummary } from '../model/summary.js'
import { tickLabel } from '../model/words.js'

const WIDTH = 1000
const HEIGHT = 44
/** Scores are drawn from an eighth of the limit on. */
const LEAST = 1 / 8
const MOST_TIMES = 5

/** Each detector's score over its limit, on a scale of doublings; the line is the limit, tinted is the time in which an alert was open. */
export const Scores = ({ history }: { readonly history: StreamHistory }) => {
  const most = Math.max(2, ...history.effects.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const height = (value: number) => HEIGHT * (1 - Math.log(Math.max(value, LEAST) / LEAST) / Math.log(most / LEAST))
  const range = rangeOf(history)
  const part = (time: number) => (time - range[0]) / (range[1] - range[0])
  const { times, step } = roundTimes(range, MOST_TIMES)
  return (
    <figure class="scores">
      {history.effects.map(({ detector, values }) => (
        <div key={detector}>
          <span class="label" title={detector}>
            {detector} <b>{latest(values)}</b>
          </span>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={effectSummary(detector, values)}>
            {history.episodes.map((episode) => (
              <Open key={episode.alertId} episode={episode} part={part} />
            ))}
            <path class="limit" d={`M0 ${height(1)}H${WIDTH}`} />
            <path class="score" d={lineOf(history, values, part, height)} />
          </svg>
        </div>
      ))}
      <div aria-hidden="true">
        <span />
        <span class="times">
          {times.map((time) => (
            <span key={time} style={{ left: `${100 * part(time)}%` }}>
              {tickLabel(time, step)}
            </span>
          ))}
        </span>
      </div>
      <figcaption>Score over limit, per detector; dashed: the limit, tinted: an alert was open.</figcaption>
    </figure>
  )
}

function Open({ episode: { from, to, severity }, part }: { readonly episode: Episode; readonly part: (time: number) => number }) {
  const left = WIDTH * Math.max(0, part(from))
  const right = WIDTH * (to === undefined ? 1 : Math.min(1, part(to)))
  if (right < left) return null
  return <rect x={left} width={Math.max(2, right - left)} height={HEIGHT} fill={`var(--${severity})`} opacity="0.16" />
}

const latest = (values: readonly (number | null)[]): string => {
  const value = values.findLast((one) => one !== null)
  return value == null ? '–' : `×${multiple(value)}`
}

function lineOf(
  { times }: StreamHistory,
  values: readonly (number | null)[],
  part: (time: number) => number,
  height: (value: number) => number,
): string {
  const points = values.flatMap((value, i) =>
    value === null ? [] : [`${(part(times[i]) * WIDTH).toFixed(1)} ${height(value).toFixed(1)}`],
  )
  return points.length === 0 ? '' : `M${points.join('L')}`
}
