import { alertKinds, severities } from '../alerts/severity.js'
import { streamStates } from '../alerts/stream-state.js'
import { embedderParts } from '../backbones/embedder.js'
import { executionProviders } from '../backbones/scorer.js'
import { calibrationStatuses } from '../calibration/calibration.js'
import { rejectReasons } from '../connectors/codec.js'
import { pageTransitions } from '../connectors/pager.js'
import { heartbeatOutcomes } from '../connectors/paging/heartbeat.js'
import { hushReasons } from '../connectors/paging/hush.js'
import { deadLetterReasons, sinkReasons } from '../connectors/sink.js'
import { baselineSteps } from '../references/history.js'
import { delayQuantiles } from '../telemetry/event-loop.js'
import type { LabelValues } from '../telemetry/metrics-page.js'

/** What control messages are counted by. */
export const controlTypes = ['deploy', 'rebaseline', 'silence', 'invalid'] as const

/** What rebaselines that were asked for by a message are counted by. */
export const rebaselineOutcomes = [...baselineSteps, 'failed'] as const

/** What becomes of a heatmap that an alert names: drawn, or why not. */
export const heatmapOutcomes = ['drawn', 'picture_gone', 'no_picture', 'not_drawn', 'not_written', 'busy'] as const
export type HeatmapOutcome = (typeof heatmapOutcomes)[number]

/** What runs models on an execution provider. */
export const providedParts = ['scorer', 'backbone'] as const

/** The stages of the pipeline, in the data's order. */
export const stages = ['embed', 'decode', 'detrend', 'score', 'window', 'calibrate', 'own_past', 'grade', 'deliver', 'commit'] as const
export type Stage = (typeof stages)[number]

/** The labels whose values are a fixed set, for the docs. */
export const labelValues: readonly LabelValues[] = [
  { label: 'stage', values: stages },
  { label: 'kind', values: alertKinds },
  { label: 'severity', values: severities },
  { label: 'state', values: streamStates },
  { label: 'type', values: controlTypes },
  { label: 'step', values: rebaselineOutcomes },
  { label: 'reason', metric: 'driftwatch_records_rejected_total', values: rejectReasons },
  { label: 'reason', metric: 'driftwatch_dead_letters_total', values: deadLetterReasons },
  { label: 'reason', metric: 'driftwatch_delivery_failures_total', values: sinkReasons },
  { label: 'calibration', values: calibrationStatuses },
  { label: 'part', metric: 'driftwatch_worker_restarts_total', values: embedderParts },
  { label: 'part', metric: 'driftwatch_execution_provider_info', values: providedParts },
  { label: 'transition', values: pageTransitions },
  { label: 'why', values: hushReasons },
  { label: 'outcome', metric: 'driftwatch_heatmaps_total', values: heatmapOutcomes },
  { label: 'outcome', metric: 'driftwatch_heartbeats_total', values: heartbeatOutcomes },
  { label: 'provider', values: executionProviders },
  { label: 'quantile', values: delayQuantiles },
]
