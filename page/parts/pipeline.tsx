import { percent } from '../../alerts/words.js'
import type { MonitorView, StageView } from '../../live/view.js'
import { holdingStage, pipelineSummary } from '../model/summary.js'
import { figure, seconds } from '../model/words.js'

/** The way of the data, as in the architecture page: each stage with its rate, its work and its slowest hundredth. */
export function Pipeline({
  monitor: { pipeline, unit },
  eventLoopDelay,
}: {
  readonly monitor: MonitorView
  readonly eventLoopDelay: number
}) {
  const holding = holdingStage(pipeline)
  return (
    <footer class="pipeline">
      <h2 class="unseen">The way of the data</h2>
      <div class="credit" aria-hidden="true">
        <span>
          ◂ credit: {percent(pipeline.inFlight)} lent
          {pipeline.inFlight >= 0.95 && ': the source waits'}
        </span>
      </div>
      <ol>
        {pipeline.stages.map((stage, i) => (
          <Stage key={stage.name} stage={stage} holds={stage === holding} waiting={i === 0 ? pipeline.lag : undefined} />
        ))}
      </ol>
      <p class="unseen">{pipelineSummary(pipeline)}</p>
      <p class="quiet">
        {figure(pipeline.recordsPerSecond)} {unit}/s; {figure(pipeline.rejected)} rejected; event loop late by {seconds(eventLoopDelay)}{' '}
        (p99)
      </p>
    </footer>
  )
}

interface StageProps {
  readonly stage: StageView
  readonly holds: boolean
  /** Records that wait in the source, if this is the source. */
  readonly waiting: number | undefined
}

function Stage({ stage: { name, batchesPerSecond, p99, busy }, holds, waiting }: StageProps) {
  return (
    <li class={holds ? 'holds' : ''}>
      <b>{name}</b>
      <span class="busy" title={waiting === undefined ? `Works ${percent(busy)} of the time` : undefined}>
        {waiting === undefined && <i style={{ width: `${100 * Math.min(1, busy)}%` }} />}
      </span>
      <span>
        {figure(batchesPerSecond)} <small>batches/s</small>
      </span>
      {waiting === undefined ? (
        <span>
          {seconds(p99)} <small>p99</small>
        </span>
      ) : (
        <span>{waiting === 0 ? 'waits for data' : `${figure(waiting)} waiting`}</span>
      )}
      {holds && <span class="mark">▲ holds the others back</span>}
    </li>
  )
}
