import { createHash } from 'node:crypto'
import { pointModel } from '../alerts/severity-model.js'
import type { BudgetBar, KindLogic } from '../calibration/calibration.js'
import { type OwnPastLimit, ownPastBar } from '../calibration/own-past.js'
import { type PastOptions, pastDefaults } from '../detectors/past/past.js'
import { around, lifePolicies, REJECTS } from './around.js'
import type { MonitorComponents, MonitorSettings, Onlookers, StopSignals } from './assemble.js'
import { byOwnPast } from './contributions.js'
import type { FindingsOptions } from './findings.js'
import type { MonitorParts } from './monitor.js'

/** How streams are watched by their own past. */
export interface OwnPastSettings {
  readonly features: readonly string[]
  /** Records of a stream before its first score. */
  readonly probation: number
  /** Moments of the past that are kept per stream and feature. */
  readonly capacity: number
  /** Least score of an alert. */
  readonly level: number
  /** Least data time from one alert of a stream to the next, ms. */
  readonly refractory: number
  readonly rowsPerDay: number
  readonly record: KindLogic
}

/** The name by which metrics, events and score lines call the detector. */
export const OWN_PAST = 'past'

/** A stream's state is large and says much that was said before: it is copied seldom, and few are copied in one go. */
const CHECKPOINTS = { every: 60_000, streams: 20 }

const optionsOf = ({ capacity, probation }: OwnPastSettings): PastOptions => ({ ...pastDefaults, capacity, warmUp: probation })

/** Stands for a reference's version: names what a stream's state depends on. */
export const ownPastVersion = (own: OwnPastSettings): string =>
  createHash('sha256')
    .update(JSON.stringify([optionsOf(own), own.features, own.level]))
    .digest('hex')
    .slice(0, 16)

export const ownPastLimit = ({ alerting }: Pick<MonitorSettings, 'alerting'>, own: OwnPastSettings): OwnPastLimit => ({
  level: own.level,
  budgetPerDay: alerting.falseAlarmsPerDay,
  evaluationsPerDay: own.rowsPerDay * own.features.length,
  refractory: own.refractory,
})

/** By what scores are judged; p is that of a record of the probation, all others have one of their own. */
export const ownPastMeasures = ({ level }: OwnPastSettings): Pick<FindingsOptions, 'scales' | 'pValue'> => ({
  scales: { record: [{ detector: OWN_PAST, limit: level }], drift: [] },
  pValue: () => 1,
})

/** Makes the parts of a monitor without a reference. Does no I/O. */
export function assembleOwnPast(
  settings: MonitorSettings,
  own: OwnPastSettings,
  components: Omit<MonitorComponents, 'scorer'>,
  onlookers: Onlookers,
  signals: StopSignals,
): MonitorParts {
  const limit = ownPastLimit(settings, own)
  const shape = { d: own.features.length, width: 0, window: { size: 1, hop: 1 }, detrend: 0, past: optionsOf(own) }
  const { noData, updateEvery, severityModel = pointModel, relativeClearing } = settings.alerting
  const logic = { record: own.record, drift: own.record }
  const findings: FindingsOptions = {
    monitor: settings.name,
    configVersion: settings.version,
    referenceVersion: ownPastVersion(own),
    bar: startingBar(limit, own),
    severityModel,
    policies: lifePolicies(updateEvery, { record: own.record.gap, drift: own.record.gap }),
    ...ownPastMeasures(own),
    farthest: undefined,
    deploys: settings.deploys,
  }
  const common = around({ settings, shape, findings, components, onlookers, signals, checkpoints: CHECKPOINTS })
  return {
    ...common,
    judge: { by: 'own past', limit, memory: common.memory },
    grade: {
      ...findings,
      alarm: { bar: findings.bar.bar, logic, relativeClearing, decay: 0 },
      rejects: REJECTS,
      budget: undefined,
      silenceLimit: noData === undefined ? undefined : noData / 1000,
      warmUp: 0,
      explain: byOwnPast(own.features),
      refractory: own.refractory,
      memory: common.memory,
    },
  }
}

/** What a monitor promises before any of its streams has a past; each alert says what its stream's past has made of it. */
function startingBar(limit: OwnPastLimit, { probation, level }: OwnPastSettings): BudgetBar {
  const { budgetPerDay, evaluationsPerDay } = limit
  const records = Math.ceil((8 * evaluationsPerDay) / budgetPerDay).toLocaleString('en-GB')
  return {
    ...ownPastBar(budgetPerDay, 1 / evaluationsPerDay),
    bar: -Math.log10(budgetPerDay),
    likely: [0, evaluationsPerDay],
    reachablePerDay: undefined,
    missingDays: 8 / budgetPerDay,
    sentence:
      `no reference: each stream is judged by its own past, from its record ${(probation + 1).toLocaleString('en-GB')} on. ` +
      `An alert needs a score of ${level} that this past held no more often than ${budgetPerDay.toPrecision(2)}/day; ` +
      `in a past of fewer than ${records} records that rate is known roughly at best`,
  }
}
