import type { Registry } from 'prom-client'
import { instruments } from '../telemetry/instruments.js'

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const stageBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
/** Decades of rarity: 0 is once a day, 2 once in 100 days, -3 a thousand times a day. */
const rarityBuckets = [-5, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4]
/** Tenths, and the two decades below them, where alerts come from. */
const pBuckets = [0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

/**
 * Every metric that Driftwatch has, made in one registry: name, meaning, labels. The docs page is made from it.
 * Names, labels and units are a promise to dashboards and rules: a change is a [CHANGE] in the changelog.
 */
export function catalogue(registry: Registry) {
  const { counter, gauge, info, listed, sampled, histogram, batchHistogram } = instruments(registry)
  return {
    // The way of the data
    received: counter('records_received_total', 'Records that the source delivered.', ['monitor']),
    batches: counter('batches_total', 'Batches that the source delivered.', ['monitor']),
    scored: counter(
      'records_scored_total',
      'Records that were decoded and scored; the streams beyond the configured maximum are counted as "other".',
      ['monitor', 'stream'],
    ),
    outOfOrder: counter(
      'records_out_of_order_total',
      'Records with an event time before the latest of their stream. They are scored and enter the window in which they arrive, with windows by time that of their time.',
      ['monitor'],
    ),
    tooLate: counter(
      'records_too_late_total',
      'Records that are scored, but enter no window by time, because the longest one no longer holds their time.',
      ['monitor'],
    ),
    rejected: counter('records_rejected_total', 'Records that could not become a row of numbers, by reason.', ['monitor', 'reason']),
    incomplete: counter('records_incomplete_total', 'Scored records that lacked a feature which `kinds.optional` allows to be missing.', [
      'monitor',
    ]),
    missing: counter(
      'missing_values_total',
      'Scored records that lacked the optional feature; beside `records_scored_total` of the stream it shows one that never comes any more.',
      ['monitor', 'stream', 'feature'],
    ),
    deadLetters: counter('dead_letters_total', 'Records and refused alerts that the dead-letter sink accepted, by reason.', [
      'monitor',
      'reason',
    ]),
    latency: histogram(
      'end_to_end_latency_seconds',
      'Time of a batch from the source to its end, deliveries included.',
      ['monitor'],
      latencyBuckets,
    ),
    stage: histogram(
      'stage_duration_seconds',
      'Time that a stage took for one batch, waiting included.',
      ['monitor', 'stage'],
      stageBuckets,
    ),

    // Back-pressure and position
    inFlightRecords: sampled('in_flight_records', 'Records between the source and their end.', ['monitor']),
    inFlightBytes: sampled('in_flight_bytes', 'Payload bytes of the records between the source and their end.', ['monitor']),
    creditRecords: sampled('credit_records', 'Records that the bridge may still take in; 0 means that the source waits.', ['monitor']),
    creditBytes: sampled('credit_bytes', 'Payload bytes that the bridge may still take in; 0 means that the source waits.', ['monitor']),
    lag: gauge('consumer_lag_records', 'Records of a partition that are not finished: not read yet, or read and not yet delivered.', [
      'monitor',
      'topic',
      'partition',
    ]),
    commitAge: sampled('commit_age_seconds', 'Time for which the oldest record that was read has waited for its commit.', ['monitor']),
    stateRounds: counter('state_rounds_total', 'Rounds of state that the state store accepted.', ['monitor']),
    stateBytes: counter('state_bytes_total', 'Bytes of state that the state store accepted.', ['monitor']),

    // Scores and calibration
    logRate: batchHistogram(
      'score_log_rate',
      'Rarity a = -log10(lambda) of the scores, lambda being the alerts per day that a threshold at the score opens on clean data.',
      ['monitor', 'detector'],
      rarityBuckets,
    ),
    pValue: batchHistogram(
      'score_p_value',
      'Chance p of so high a score under the reference, of a sample of at most 16 scores per detector and batch; even from 0 to 1 while the stream is like the reference.',
      ['monitor', 'detector'],
      pBuckets,
    ),
    budget: gauge('budget_alerts_per_day', 'False alarms per day that the configuration allows.', ['monitor']),
    resolution: gauge(
      'resolution_alerts_per_day',
      'The smallest rate of false alarms that the reference can certify: below it, read "rarer than".',
      ['monitor'],
    ),
    rarityLimit: gauge(
      'rarity_limit',
      'Rarity a = -log10(lambda) above which an alert opens. The detectors of a monitor share its budget, so each must be rarer than the budget alone says.',
      ['monitor'],
    ),
    realised: sampled('realised_alerts_per_day', 'Alerts per day that were really opened, over the time that the budget is judged on.', [
      'monitor',
    ]),
    expected: counter(
      'expected_false_alarms_total',
      'False alarms that the budget has allowed so far: budget times data time; compare it with the alerts opened.',
      ['monitor'],
    ),
    timeInAlarm: sampled(
      'time_in_alarm_ratio',
      'Share of the time in which an alert was open; a permanent alert keeps the rate of alerts low.',
      ['monitor'],
    ),
    budgetUse: sampled(
      'budget_use_ratio',
      'Alerts opened over those that the budget allowed, in the records that the calibration alert looks at; 0 before it looks, 1 is on budget.',
      ['monitor'],
    ),
    adaptations: counter('reference_adaptations_total', 'Steps that the slow copies of the reference have taken, over all streams.', [
      'monitor',
    ]),
    adaptedBy: sampled(
      'reference_adapted_sigma',
      'How far the slow copy that has gone farthest is from the fitted reference, in deviations of the reference; 0 where none is kept.',
      ['monitor'],
    ),
    pegged: sampled(
      'feedback_pegged_streams',
      'Streams whose live feedback has reached its bound: their budget cannot be held, fit a new reference.',
      ['monitor'],
    ),

    // Alerts
    opened: counter(
      'alerts_opened_total',
      'Alerts that were opened, by the severity at their opening; the streams beyond the configured maximum are counted as "other".',
      ['monitor', 'stream', 'kind', 'severity'],
    ),
    resolved: counter('alerts_resolved_total', 'Alerts that were resolved, by their last severity.', ['monitor', 'kind', 'severity']),
    open: sampled('alerts_open', 'Alerts that are open now, by their present severity.', ['monitor', 'kind', 'severity']),
    streams: sampled('streams', 'Streams that the monitor keeps state of.', ['monitor']),
    evicted: sampled('streams_evicted', 'Of these, the streams whose state is packed away in a temporary file, to save memory.', [
      'monitor',
    ]),
    streamStates: sampled('stream_states', 'Streams by what they are doing.', ['monitor', 'state']),

    // Each stream. Those beyond the configured maximum are one, "other", with the highest value of them, or are left out.
    streamStatus: listed(
      'stream_status',
      'What a stream is doing: 0 warming, 1 watching, 2 no data; with an alert about its records or drift open 3 info, 4 warning, 5 error, 6 critical. Of the streams "other" the highest.',
      ['monitor', 'stream'],
    ),
    streamAlert: listed(
      'stream_alert_open',
      'Constant 1 for each open alert of a stream, by its present severity; gone when it is resolved. Without the streams beyond the configured maximum.',
      ['monitor', 'stream', 'kind', 'severity'],
    ),
    rarity: listed(
      'stream_rarity',
      'Highest rarity a = -log10(lambda) of a stream in the last minute, of its records and of its windows. Of the streams "other" the highest.',
      ['monitor', 'stream', 'kind'],
    ),
    windowEffect: listed(
      'stream_window_effect_ratio',
      'Latest score of a window detector, or value of a chart, over its limit at the budget: 1 is at the limit. Without the streams beyond the configured maximum.',
      ['monitor', 'stream', 'detector'],
    ),
    contribution: listed(
      'alert_contribution_ratio',
      "A feature's part of the score of an open alert, as of the alert's latest event, of at most 8 features; 1 is the whole score. Without the streams beyond the configured maximum.",
      ['monitor', 'stream', 'kind', 'feature'],
    ),
    contributionSigma: listed(
      'alert_contribution_sigma',
      'How far a feature that an open alert names is from its reference mean, in reference standard deviations, signed.',
      ['monitor', 'stream', 'kind', 'feature'],
    ),

    // Deliveries
    delivered: counter('deliveries_total', 'Alert events that a sink accepted.', ['monitor', 'sink']),
    deliveryFailures: counter(
      'delivery_failures_total',
      'Failed tries to write to a sink, by reason; a retried event may fail many times.',
      ['monitor', 'sink', 'reason'],
    ),
    lost: counter(
      'alert_events_lost_total',
      'Alert events that a sink did not take and never will: refused for good, or dropped by an optional sink.',
      ['monitor', 'sink'],
    ),

    // People
    paged: counter('pages_sent_total', 'Pages that a receiver accepted, each about an alert or about many that came together.', [
      'monitor',
      'sink',
      'transition',
    ]),
    suppressed: counter(
      'pages_suppressed_total',
      'Alert events that would have called somebody and were held back, by what held them back.',
      ['monitor', 'sink', 'why'],
    ),
    heldBack: sampled(
      'pages_held_back',
      'Open alerts whose page is owed: held back by a silence or quiet hours, or, when these have ended, not taken yet.',
      ['monitor', 'sink'],
    ),
    silences: sampled('silences_active', 'Silences that hold pages back now.', []),
    heartbeats: counter(
      'heartbeats_total',
      'Heartbeats by what became of them; `withheld`: a monitor was not ready, so that the watchdog misses them.',
      ['outcome'],
    ),

    heatmaps: counter(
      'heatmaps_total',
      'Heatmaps that alerts name and that were not there yet: drawn, or why not. Only of a monitor that draws some.',
      ['monitor', 'outcome'],
    ),
    control: counter('control_messages_total', 'Control messages that were read, by type; only of a monitor that listens to some.', [
      'monitor',
      'type',
    ]),
    rebaselines: counter(
      'rebaseline_steps_total',
      'Steps of rebaselines that control messages asked for; `failed` is a try that is made again. Only of a monitor that listens to some.',
      ['monitor', 'step'],
    ),

    // The process
    eventLoop: sampled('event_loop_delay_seconds', 'How late the event loop was since the last scrape; quantile 1 is the maximum.', [
      'quantile',
    ]),
    notFinite: counter(
      'observations_not_finite_total',
      'Values that were not finite numbers and so could not be observed, by metric; above 0 it is a defect of Driftwatch.',
      ['metric'],
    ),
    build: info('build_info', 'Constant 1; says which version of Driftwatch runs on which version of Node.', ['version', 'node']),
    reference: info('reference_info', 'Constant 1; says which reference bundle is in use and what its calibration makes of the budget.', [
      'monitor',
      'version',
      'calibration',
    ]),
    referenceFitted: gauge(
      'reference_fitted_timestamp_seconds',
      'When the reference was fitted, in seconds since the epoch; absent where its bundle does not say.',
      ['monitor'],
    ),
    referenceRowsEnd: gauge(
      'reference_rows_end_timestamp_seconds',
      'Event time of the latest row that the reference was fitted to, in seconds since the epoch; absent where the rows had no times.',
      ['monitor'],
    ),
    config: info('config_info', 'Constant 1; says which version of the configuration decides about alerts.', ['monitor', 'version']),
    deploy: info(
      'deploy_timestamp_seconds',
      'When the latest deploy that a control message has declared was, in seconds since the epoch. Only of a monitor that listens to some.',
      ['monitor', 'version'],
    ),
    restarts: counter(
      'worker_restarts_total',
      'Workers of a monitor of pictures that died, failed or hung and were replaced; what they were at was tried once more.',
      ['monitor', 'part'],
    ),
    provider: info(
      'execution_provider_info',
      'Constant 1; says which execution provider of ONNX Runtime scores, and which one embeds pictures.',
      ['monitor', 'part', 'provider'],
    ),
    fallback: info(
      'execution_provider_fallback',
      'Whether another execution provider is in use than the wanted one, the first of `execution.providers`, which could not be started: 1 or 0.',
      ['monitor', 'part', 'wanted'],
    ),
  }
}
export type Catalogue = ReturnType<typeof catalogue>
