import { useMemo, useState } from 'preact/hooks'
import { lasting } from '../../alerts/words.js'
import type { MonitorView, StreamHistory } from '../../live/view.js'
import { endOf, shorterThan } from '../model/history.js'
import { RarityChart } from './rarity-chart.js'
import { Scores } from './scores.js'
import { Strip } from './strip.js'

interface Props {
  readonly monitor: MonitorView
  readonly history: StreamHistory
  readonly scores: boolean
  /** An alert was chosen on the chart. */
  readonly pick: (alertId: string) => void
}

/** What is drawn over time, of all there is or of its end. */
export function Charts({ monitor, history, scores, pick }: Props) {
  const [chosen, setLength] = useState<number>()
  const choices = shorterThan(history)
  // Spans that have become wider may be too few for the length that was chosen.
  const length = choices.find((ms) => ms === chosen)
  const shown = useMemo(() => (length === undefined ? history : endOf(history, length)), [history, length])
  return (
    <div class="charts">
      {choices.length > 0 && (
        <select
          class="length"
          aria-label="Time that is shown"
          value={length ?? ''}
          onChange={({ currentTarget: { value } }) => setLength(value === '' ? undefined : Number(value))}
        >
          <option value="">all there is</option>
          {choices.map((ms) => (
            <option key={ms} value={ms}>
              last {lasting(ms)}
            </option>
          ))}
        </select>
      )}
      {scores ? (
        <Scores history={shown} />
      ) : (
        <RarityChart
          history={shown}
          axis={monitor.axis}
          budget={monitor.calibration.askedPerDay}
          changes={monitor.changes}
          pick={(time) => {
            const hit = shown.episodes.find(({ from, to }) => from <= time && time <= (to ?? Number.POSITIVE_INFINITY))
            if (hit !== undefined) pick(hit.alertId)
          }}
        />
      )}
      <Strip history={shown} />
    </div>
  )
}
