import { type SizingRow, sizingTable } from '../calibration/budget.js'
import { fewestEvaluations } from '../calibration/calibration.js'
import { slowMeanPrice } from '../calibration/detrend.js'
import { type Adaptation, adaptationPrice } from '../calibration/slow-copy.js'
import { scoresWindows } from '../detectors/registry.js'
import { lengthText, longestOf } from '../detectors/window-shape.js'
import { foldCounts } from './folds.js'
import type { GroupCensus } from './groups.js'
import { purgePrice } from './purge.js'
import type { Provenance, Reference, SelfTest } from './reference.js'

/** Fewer windows in a fold than this leave the rate of drift alerts uncertain (calibration study, section 4). */
const ENOUGH_WINDOWS = 8

/** What a fit has learned, for people. */
export interface FitSummary {
  readonly version: string
  readonly rows: number
  readonly dropped: number
  readonly purged: number | undefined
  readonly streams: number
  readonly features: readonly string[]
  readonly constant: readonly string[]
  readonly rowsPerDay: number
  readonly spanDays: number
  /** Largest over smallest eigenvalue of the covariance in use. */
  readonly condition: number
  readonly shrinkage: { readonly method: string; readonly amount: number; readonly ridge: number }
  readonly selfTest: SelfTest
  readonly detrend: number
  readonly adaptation: Adaptation | undefined
  readonly folds: number
  /** Where folds were cut by groups. */
  readonly groups: GroupCensus | undefined
  /** Which budgets the reference can support. */
  readonly sizing: readonly SizingRow[]
  /** What to be aware of, a sentence each. */
  readonly notes: readonly string[]
}

export function fitSummary(reference: Reference): FitSummary {
  const { calibration, whitening, selfTest, provenance } = reference
  return {
    version: reference.version,
    rows: provenance.rows,
    dropped: provenance.dropped,
    purged: provenance.purged,
    streams: provenance.streams,
    features: reference.features,
    constant: reference.constant,
    rowsPerDay: calibration.rowsPerDay,
    spanDays: calibration.spanDays,
    condition: whitening.condition,
    shrinkage: { method: whitening.method, amount: whitening.shrinkage, ridge: whitening.ridge },
    selfTest,
    detrend: reference.detrend,
    adaptation: reference.adaptation,
    folds: calibration.folds,
    groups: provenance.groups,
    sizing: sizingTable(calibration, selfTest.passed),
    notes: notesOn(reference),
  }
}

function notesOn({
  calibration,
  logic,
  selfTest,
  detrend,
  adaptation,
  constant,
  features,
  labels = [],
  detectors,
  provenance,
  whitening,
}: Reference): string[] {
  const { window } = logic
  const windows =
    (window.by === 'time' ? fewestEvaluations(calibration) * window.hop : calibration.rows) / calibration.folds / longestOf(window)
  const notes = [
    !selfTest.passed &&
      `${provenance.parts.length > 0 ? 'the parts of the reference, or the halves of one,' : 'the halves of the reference'} disagree, most in ` +
        `${selfTest.worstFeature}: alerts are unbudgeted`,
    provenance.parts.length > 0 &&
      `merged from ${provenance.parts.length} references: each counted its alarms with its own fit, so K is that of all only as far as they are alike; ` +
        'windows were compared within each, not between them',
    provenance.parts.length > 0 &&
      whitening.method === 'ledoit-wolf' &&
      "the amount of shrinkage is the mean of the parts'; a fit of all rows would shrink less",
    purgePrice(provenance),
    fewGroups(provenance, calibration.folds),
    slowMeanPrice(detrend),
    adaptation && adaptationPrice(adaptation.recency),
    scoresWindows(Object.keys(detectors)) &&
      windows < ENOUGH_WINDOWS &&
      `a fold holds ${windows.toFixed(1)} windows of ${lengthText(window, longestOf(window))}, fewer than ${ENOUGH_WINDOWS}: the rate of drift alerts is uncertain`,
    constant.length > 0 && `${constant.length} of ${features.length} features never varied and are not scored: ${constant.join(', ')}`,
    leftOut(detectors, features, constant),
    labels.length > 0 && `${labels.length} labels are told apart${mislabelled(detectors)}`,
    provenance.rows < 10 * features.length &&
      `${provenance.rows} rows are few for ${features.length} features: the covariance leans on shrinkage`,
  ]
  return notes.filter((note) => typeof note === 'string')
}

/** A group so large that its fold is twice what it should be, or so few that folds are too. */
function fewGroups({ rows, groups }: Provenance, folds: number): string | false {
  if (groups === undefined) return false
  const { largest } = groups
  if (largest > (2 * rows) / folds)
    return (
      `the largest group holds ${largest} of the ${rows} rows, where a fold would have ${Math.round(rows / folds)}: its fold is judged by a fit to few others, and limits ` +
      'may be too wide; name finer groups (decode.*.group), or give rows of more of them'
    )
  return (
    folds < foldCounts[0] &&
    `groups are enough for ${folds} folds only: limits may be too wide; ${foldCounts[0]} or more groups are better (decode.*.group)`
  )
}

/** The features that are too slow for near3-means. */
function leftOut(
  { 'near3-means': means }: Reference['detectors'],
  features: readonly string[],
  constant: readonly string[],
): string | false {
  const kept = means?.tensors.kept?.data
  const slow = features.filter((feature, j) => kept !== undefined && !kept.includes(j) && !constant.includes(feature))
  return (
    slow.length > 0 && `near3-means leaves out ${slow.length} of ${features.length} features, which move too slowly: ${slow.join(', ')}`
  )
}

/** How many rows were left out of the classes, where there are any. */
function mislabelled({ classes, relative }: Reference['detectors']): string {
  const { labelled, n } = (classes ?? relative)?.scalars ?? {}
  if (typeof labelled !== 'number' || typeof n !== 'number' || n === labelled) return ''
  return `; ${labelled - n} of ${labelled} rows with a label look as if they were of another one, and count for no class`
}
