import { alertKinds, severities } from '../alerts/severity.js'
import { rejectReasons } from '../connectors/codec.js'
import { deadLetterReasons, sinkReasons } from '../connectors/sink.js'
import type { Catalogue } from './metric-catalogue.js'
import { stages } from './metric-labels.js'

export const kindsAndSeverities = alertKinds.flatMap((kind) => severities.map((severity) => [kind, severity] as const))

interface FixedLabels {
  readonly detectors: readonly string[]
  /** Names of the sinks. */
  readonly sinks: readonly string[]
}

/** Makes a monitor's series before anything happens: one that comes into being with its first increase hides that from Prometheus. */
export function zero(all: Catalogue, monitor: string, { detectors, sinks }: FixedLabels): void {
  for (const counter of [
    all.received,
    all.incomplete,
    all.batches,
    all.outOfOrder,
    all.tooLate,
    all.adaptations,
    all.stateRounds,
    all.stateBytes,
    all.expected,
  ])
    counter.inc({ monitor }, 0)
  for (const reason of rejectReasons) all.rejected.inc({ monitor, reason }, 0)
  for (const reason of deadLetterReasons) all.deadLetters.inc({ monitor, reason }, 0)
  all.latency.zero({ monitor })
  for (const stage of stages) all.stage.zero({ monitor, stage })
  for (const detector of detectors) all.logRate.zero({ monitor, detector })
  for (const detector of detectors) all.pValue.zero({ monitor, detector })
  for (const [kind, severity] of kindsAndSeverities) all.resolved.inc({ monitor, kind, severity }, 0)
  for (const sink of sinks) {
    all.delivered.inc({ monitor, sink }, 0)
    all.lost.inc({ monitor, sink }, 0)
    for (const reason of sinkReasons) all.deliveryFailures.inc({ monitor, sink, reason }, 0)
  }
}
