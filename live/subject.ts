import type { Deploys } from '../alerts/deploys.js'
import { certifiedLevel } from '../alerts/grade.js'
import { severities } from '../alerts/severity.js'
import { leastSum, type SeverityModel } from '../alerts/severity-model.js'
import type { BudgetBar } from '../calibration/calibration.js'
import { mapOf } from '../kinds/feature-map.js'
import type { Graded } from '../pipelines/batch.js'
import type { Limits } from '../pipelines/findings.js'
import type { MonitorParts } from '../pipelines/monitor.js'
import type { Reference } from '../references/reference.js'
import { FEATURES } from './history.js'
import type { RarityAxis, ReferenceView } from './view.js'

/** What of a batch is looked at. */
export type Judged = Pick<
  Graded,
  | 'partition'
  | 'states'
  | 'stateOf'
  | 'n'
  | 'd'
  | 'values'
  | 'gaps'
  | 'times'
  | 'record'
  | 'drift'
  | 'scores'
  | 'windows'
  | 'own'
  | 'inAlarm'
>

/** How a monitor judges, as far as who looks on must know it. */
export interface Subject {
  readonly configVersion: string
  /** Of the reference, or of what stands for one. */
  readonly referenceVersion: string
  readonly unit: 'records' | 'pictures'
  readonly provider: string
  readonly bar: BudgetBar
  readonly axis: RarityAxis
  readonly scales: Limits
  readonly rowsPerDay: number
  /** Clustering of alerts on clean data; undefined: no rate of alerts is promised. */
  readonly dispersion: number | undefined
  /** Records before every detector can judge a stream, and those that are not judged at all. */
  readonly needed: number
  readonly warmUp: number
  readonly reference: ReferenceView | undefined
  readonly deploys: Deploys | undefined
  /** The configuration file, for the command that explains a record. */
  readonly file: string | undefined
  pValue(detector: string, score: number): number
  /** The features of a row that are farthest from what is usual, the farthest first: at most 8. */
  deviations(batch: Judged, row: number): readonly { readonly feature: string; readonly sigma: number }[]
}

/** What the parts of a monitor do not tell themselves. */
export interface Prepared {
  readonly parts: MonitorParts
  /** Undefined where streams are judged by their own past. */
  readonly reference: Reference | undefined
  readonly provider: string
  readonly rowsPerDay: number
  readonly recordsNeeded: number
}

/** @param file the configuration file, where there is one */
export function subjectOf({ parts, reference, provider, rowsPerDay, recordsNeeded }: Prepared, file?: string): Subject {
  const { grade, pictures } = parts
  const { bar, scales, configVersion, referenceVersion, severityModel, budget, warmUp, deploys, explain, pValue } = grade
  return {
    configVersion,
    referenceVersion,
    unit: pictures === undefined ? 'records' : 'pictures',
    provider,
    bar,
    axis: axisOf(bar, severityModel),
    scales,
    rowsPerDay,
    dispersion: budget?.dispersion,
    needed: recordsNeeded,
    warmUp,
    reference: reference && referenceView(reference, bar, pictures?.groups),
    deploys: deploys?.known,
    file,
    pValue,
    deviations: (batch, row) => explain.deviations(batch, row, FEATURES),
  }
}

/** A band begins where rarity alone gives a severity; not where the reference cannot certify it, nor where it was refused. */
function axisOf({ bar, budgetPerDay, k, status, resolutionPerDay }: BudgetBar, model: SeverityModel): RarityAxis {
  const weight = model.weights.rarity
  const highest = status === 'REFUSED' || weight === 0 ? 0 : certifiedLevel(k)
  return {
    bar,
    bands: severities
      .slice(1, highest + 1)
      .map((severity, i) => ({ severity, from: leastSum(i + 1, model) / weight - Math.log10(budgetPerDay) })),
    resolution: -Math.log10(resolutionPerDay),
  }
}

/** Pictures have features by the thousand, with names that say nothing: those of their groups stand for them. */
function referenceView(reference: Reference, { status, sentence }: BudgetBar, groups?: ReadonlyMap<string, string>): ReferenceView {
  const { version, fittedAt, provenance, calibration, selfTest, detectors } = reference
  return {
    version,
    fittedAt: fittedAt === undefined ? undefined : Date.parse(fittedAt),
    rows: provenance.rows,
    days: calibration.spanDays,
    features: groups === undefined ? mapOf(reference).features : [...new Set(groups.values())],
    detectors: Object.keys(detectors),
    selfTest: selfTest.passed ? 'passed' : 'refused',
    status,
    sentence,
  }
}
