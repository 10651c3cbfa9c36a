/**
 * Driftwatch as a library: the pipeline as typed RxJS operators, the contracts of detectors and connectors, and what makes
 * a monitor of them. `monitor(parts)` is the whole pipeline; each stage is exported on its own too.
 *
 * @module driftwatch
 */

export { serialise } from './alerts/compose.js'
export { type Deploy, Deploys } from './alerts/deploys.js'
// Alerts.
export type { AlertData, AlertEvent, Contribution } from './alerts/event.js'
export { type AlertKind, alertKinds, type Severity, severities } from './alerts/severity.js'
// References: fit, write, read.
export { openGraph } from './backbones/graph-runner.js'
export { openMatMul } from './backbones/matmul.js'
export { openMoments } from './backbones/moments.js'
export { startScorer } from './backbones/onnx-scorer.js'
export type { ScoreRequest, ScoreResult, Scorer } from './backbones/scorer.js'
export { barFor, sizingTable } from './calibration/budget.js'
export type { BudgetBar, Calibration, CalibrationStatus } from './calibration/calibration.js'
// Configuration files.
export { loadConfig } from './config/load.js'
export type { Config } from './config/schema.js'
export { ArrayMemory } from './connectors/array-memory.js'
export { type Codec, type Rejection, type RejectReason, type Row, rejectReasons, type Values } from './connectors/codec.js'
export { encoded } from './connectors/codecs/encoded.js'
export type { CodecContext, Component, ComponentContext, PageContext } from './connectors/component.js'
export type { Page, Pager } from './connectors/pager.js'
export { policies, withPolicies } from './connectors/policies/policies.js'
// Contracts of what is plugged in.
export { BufferColumn, type ByteColumn, type Headers, type RawRecord, Records } from './connectors/records.js'
// What ships.
export { codecs, deadLetters, pagers, sinks, sources, stores } from './connectors/registry.js'
export { type DeadLetter, type DeadLetterSink, type Sink, SinkError, type SinkReason, sinkReasons } from './connectors/sink.js'
export type {
  Assigned,
  Lease,
  Origin,
  PartitionRef,
  Position,
  RawBatch,
  Revoked,
  Source,
  SourceEvent,
} from './connectors/source.js'
export type { Round, StateStore, StoredState, StreamSnapshot } from './connectors/store.js'
export type { Detector, FeatureShare, GraphInputs, RecordDetector, ReferenceSummary, WindowDetector } from './detectors/detector.js'
export { defaultDetectors, detectorByName, detectors } from './detectors/registry.js'
export { scoringGraph } from './detectors/scoring-graph.js'
export type { Fitted, Tensor } from './detectors/stored.js'
export { type FeatureMap, mapOf } from './kinds/feature-map.js'
export {
  assemble,
  type MonitorComponents,
  type MonitorSettings,
  measuresOf,
  type Onlookers,
  type StopSignals,
} from './pipelines/assemble.js'
export { assembleOwnPast, type OwnPastSettings } from './pipelines/assemble-own-past.js'
// The pipeline: stages in the data's order, and the unit that travels through them.
export type {
  Batch,
  Calibrated,
  Detrended,
  Graded,
  Outcome,
  Rarity,
  Scored,
  Segment,
  WindowEvaluation,
  Windowed,
} from './pipelines/batch.js'
export { recycle } from './pipelines/batch.js'
export { type BridgeOptions, bridge, type Credits, type Loan } from './pipelines/bridge.js'
export { type CalibrateOptions, calibrate, type Scale, type Scales } from './pipelines/calibrate.js'
export { type CheckpointOptions, checkpoint } from './pipelines/checkpoint.js'
export { type CommitOptions, commit } from './pipelines/commit.js'
export { type DecodeOptions, decode } from './pipelines/decode.js'
export { type DeliverOptions, deliver } from './pipelines/deliver.js'
export { detrend } from './pipelines/detrend.js'
export { fittedDetectors, graphOf } from './pipelines/fitted.js'
export { type GradeOptions, grade } from './pipelines/grade.js'
export { Metrics } from './pipelines/metrics.js'
export { type MonitorParts, monitor, type Watch } from './pipelines/monitor.js'
export { MonitorMetrics } from './pipelines/monitor-metrics.js'
export { Observer, type ObserverOptions } from './pipelines/observe.js'
export { type ReferenceRowsOptions, referenceRows } from './pipelines/reference-rows.js'
export { ConnectError, type RunOptions, runMonitor } from './pipelines/run.js'
export { type ScoreOptions, score } from './pipelines/score.js'
export { StageTimer } from './pipelines/timed.js'
export { type WindowOptions, window } from './pipelines/window.js'
export { readBundle, writeBundle } from './references/bundle.js'
export { collectRows } from './references/collect.js'
export { fitReference } from './references/fit.js'
export type { FitOptions, FitTools } from './references/fit-options.js'
export { mergeReferences } from './references/merge.js'
export { MergeRefused } from './references/mergeable.js'
export type { Reference } from './references/reference.js'
export { FitRefused } from './references/refusal.js'
export type { RowChunk } from './references/rows.js'
