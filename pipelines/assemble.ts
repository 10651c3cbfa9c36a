import type { BudgetPolicy } from '../alerts/budget-watch.js'
import type { Deploys } from '../alerts/deploys.js'
import { pointModel, type SeverityModel } from '../alerts/severity-model.js'
import type { Scorer } from '../backbones/scorer.js'
import { feedbackDecay } from '../calibration/alarm.js'
import { barFor } from '../calibration/budget.js'
import type { BudgetBar } from '../calibration/calibration.js'
import { warmUpRows } from '../calibration/detrend.js'
import { conformalP } from '../calibration/p-value.js'
import type { Codec } from '../connectors/codec.js'
import type { DeadLetter, DeadLetterSink, Sink, StandingAlert } from '../connectors/sink.js'
import type { Source } from '../connectors/source.js'
import type { StateStore } from '../connectors/store.js'
import { place } from '../detectors/window-sums.js'
import { type Attribute, attribution } from '../kinds/attribution.js'
import { mapOf } from '../kinds/feature-map.js'
import { grouped } from '../kinds/taps.js'
import { labelNumbers } from '../references/labels.js'
import type { Reference } from '../references/reference.js'
import { around, lifePolicies, REJECTS } from './around.js'
import { type Scales, scalesOf } from './calibrate.js'
import { byReference } from './contributions.js'
import type { FindingsOptions } from './findings.js'
import { chartsOf, detectorNames, fittedDetectors, shapeOf } from './fitted.js'
import { gapFillerOf } from './gaps.js'
import type { GradeOptions } from './grade.js'
import type { Heatmaps } from './heatmaps.js'
import type { MonitorParts, Watch } from './monitor.js'
import type { Pictures } from './pictures.js'
import { precisionPolicy, shortestAlert } from './precision.js'
import type { Partition } from './streams.js'
import type { StageTimer } from './timed.js'
import type { Versions } from './versions.js'

/** The settings of one monitor that decide what it says and how much memory it takes. */
export interface MonitorSettings {
  readonly name: string
  /** Names the settings in alert ids. */
  readonly version: string
  readonly alerting: {
    readonly falseAlarmsPerDay: number
    /** Share of the alerts beyond the budget that must be real; undefined: there are none beyond. */
    readonly precision?: number | undefined
    /** Streams that their own reference rows say enough of are held to their share of the budget. */
    readonly perStream?: boolean | undefined
    readonly feedback: boolean
    readonly relativeClearing: boolean
    readonly fixedThresholds?: Readonly<Record<string, number>> | undefined
    /** How the evidence adds up to a severity, in place of the default. */
    readonly severityModel?: SeverityModel | undefined
    /** ms of data time. */
    readonly updateEvery: number
    /** ms of wall-clock time. */
    readonly noData?: number | undefined
  }
  readonly adapt?: { readonly farthest: number } | undefined
  /** Deploys that are known, now and later, and how long an event names one, in ms of data time. */
  readonly deploys?: { readonly known: Deploys; readonly nameFor: number } | undefined
  readonly limits: {
    readonly inFlightRecords: number
    readonly inFlightBytes: number
    readonly streams: number
    readonly knownStreams: number
    /** ms of data time. */
    readonly forgetAfter: number
  }
}

export interface MonitorComponents {
  readonly source: Source
  readonly codec: Codec
  /** Only where records are pictures. */
  readonly pictures?: Pictures | undefined
  readonly heatmaps?: Heatmaps | undefined
  readonly scorer: Scorer
  readonly required: readonly Sink[]
  readonly optional: readonly Sink[]
  readonly deadLetters: DeadLetterSink
  readonly store: StateStore
  /** Who is told when reference or configuration change; left out: nobody. */
  readonly versions?: Versions | undefined
  /** Each commit writes just what was delivered since the one before: nothing may be delivered ahead of its turn. */
  readonly inTurn?: boolean | undefined
}

/** Who is told what happens. */
export interface Onlookers {
  readonly watch: Watch
  readonly timer: StageTimer
  onLoan(records: number, bytes: number): void
  /** `open`: the alerts that were open when its state was restored. */
  adopted(partition: Partition, open: readonly StandingAlert[]): void
  dropped(partition: Partition): void
  delivered(sink: string): void
  lost(sink: string, stream: string, error: unknown): void
  deadLettered(letters: readonly DeadLetter[]): void
  committed(partition: Partition, bytes: number): void
  fenced(partition: Partition): void
}

export interface StopSignals {
  /** No further batch is asked for. */
  readonly stop: AbortSignal
  /** Deliveries still waiting are given up. */
  readonly giveUp: AbortSignal
}

const CHECKPOINTS = { every: 5000, streams: 500 }

/** The bar that the reference gives the settings' budget. */
export const budgetBar = (settings: MonitorSettings, { calibration, selfTest }: Reference): BudgetBar =>
  barFor(calibration, settings.alerting.falseAlarmsPerDay, selfTest.passed)

/** Makes the parts of a monitor from its settings, its reference and its components. Does no I/O. */
export function assemble(
  settings: MonitorSettings,
  reference: Reference,
  components: MonitorComponents,
  onlookers: Onlookers,
  signals: StopSignals,
): MonitorParts {
  const { logic } = reference
  const findings = findingsOptions(settings, reference)
  const { record, drift } = fittedDetectors(reference)
  const windows = place(reference.features.length, drift)
  const charts = chartsOf(reference)
  const common = around({ settings, shape: shapeOf(reference), findings, components, onlookers, signals, checkpoints: CHECKPOINTS })
  const { memory } = common
  const readsLabels = drift.some(({ detector }) => detector.labels === 'live')
  return {
    ...common,
    heatmaps: components.heatmaps,
    decode: {
      ...common.decode,
      ...(readsLabels && { labels: labelNumbers(reference.labels ?? []) }),
      keepsRaw: components.heatmaps?.draws === true,
    },
    judge: {
      by: 'reference',
      score: {
        scorer: components.scorer,
        memory,
        detectors: record.length,
        previous: [...record, ...drift].some(({ detector }) => detector.usesPrevious),
        width: windows.width,
        window: logic.window,
        warmUp: warmUpRows(reference.detrend),
      },
      gaps: gapFillerOf(reference),
      window: { windows, charts, lengths: 1 + (logic.window.longer ?? []).length, memory },
      calibrate: { ...findings.scales, memory },
    },
    grade: {
      ...findings,
      ...gradeOptions(settings, reference, findings.bar),
      explain: byReference({
        attribute: attributionFor(reference, components.pictures),
        plain: reference.inputs === undefined && components.pictures === undefined,
        whitening: reference.whitening,
        labels: reference.labels,
        record,
        windows,
        charts,
      }),
      charts,
      memory,
    },
  }
}

/** In the names of the features; of pictures in words for groups of them, as their names say nothing. */
function attributionFor(reference: Reference, pictures: Pictures | undefined): Attribute {
  const attribute = attribution(mapOf(reference), reference.whitening)
  const groups = pictures?.groups
  return groups === undefined ? attribute : (shares, place) => grouped(attribute(shares, place), groups)
}

/** By what the scores of a monitor are judged. */
type Measures = Pick<FindingsOptions, 'pValue'> & { readonly scales: Scales }

export function measuresOf(settings: MonitorSettings, reference: Reference): Measures {
  const { calibration } = reference
  const pValues = new Map(
    Object.entries(calibration.quantiles).map(([name, held]) => [name, conformalP(held, calibration.evaluations[name])]),
  )
  return {
    scales: scalesOf(detectorNames(reference), calibration, budgetBar(settings, reference), settings.alerting),
    pValue: (detector, score) => pValues.get(detector)?.(score) ?? 1,
  }
}

function findingsOptions(settings: MonitorSettings, reference: Reference): FindingsOptions & Measures {
  const bar = budgetBar(settings, reference)
  const { severityModel = pointModel } = settings.alerting
  return {
    ...measuresOf(settings, reference),
    monitor: settings.name,
    configVersion: settings.version,
    referenceVersion: reference.version,
    bar,
    severityModel,
    policies: lifePolicies(settings.alerting.updateEvery, { record: reference.logic.record.gap, drift: reference.logic.drift.gap }),
    farthest: reference.adaptation && (settings.adapt?.farthest ?? 1),
    deploys: settings.deploys,
  }
}

function gradeOptions(
  { alerting }: MonitorSettings,
  reference: Reference,
  bar: BudgetBar,
): Omit<GradeOptions, keyof FindingsOptions | 'explain' | 'charts' | 'memory'> {
  const { logic, calibration, detrend } = reference
  const decay = alerting.feedback ? feedbackDecay(bar.budgetPerDay, calibration.rowsPerDay) : 0
  return {
    alarm: { bar: bar.bar, logic, relativeClearing: alerting.relativeClearing, decay },
    precision: precisionPolicy(alerting, reference.selfTest.passed, reference),
    rejects: REJECTS,
    budget: budgetPolicy(alerting, reference, bar),
    silenceLimit: alerting.noData === undefined ? undefined : alerting.noData / 1000,
    warmUp: warmUpRows(detrend),
  }
}

/** By what the rate of alerts is judged. Limits that an operator has set, or a refused reference, promise no rate. */
function budgetPolicy(
  { fixedThresholds = {} }: MonitorSettings['alerting'],
  { calibration, logic, version }: Reference,
  { status, budgetPerDay, reachablePerDay = budgetPerDay }: BudgetBar,
): BudgetPolicy | undefined {
  if (status === 'REFUSED' || Object.keys(fixedThresholds).length > 0) return undefined
  const { rowsPerDay, dispersion } = calibration
  const block = Math.max(1, Math.round(rowsPerDay / reachablePerDay))
  return {
    version: `${version} at ${budgetPerDay}/day`,
    block,
    allowed: (block * reachablePerDay) / rowsPerDay,
    shortest: shortestAlert({ calibration, logic }),
    dispersion,
  }
}
