import { barFor } from '../../calibration/budget.js'
import { slowMeanPrice } from '../../calibration/detrend.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Codec } from '../../connectors/codec.js'
import { disagreements, fittedOtherwise } from '../../pipelines/agreement.js'
import { purgePrice } from '../../references/purge.js'
import type { Reference } from '../../references/reference.js'
import { startMonitorScorer } from '../scoring.js'
import { ownBarsLine } from '../stream-report.js'
import { type Check, fail, ok, warn } from './finding.js'

/** The reference by itself and against the configuration. */
export const referenceChecks = (config: MonitorConfig, reference: Reference): Check[] => [
  bundle(reference),
  agreement(config, reference),
  budget(config, reference),
]

const bundle = ({ version, features, provenance, detrend }: Reference): Check => ({
  name: 'reference',
  async look() {
    const rows = provenance.rows.toLocaleString('en-GB')
    const price = slowMeanPrice(detrend)
    const purge = purgePrice(provenance)
    return [
      ok(`version ${version}: ${features.length} features, ${rows} rows of ${provenance.source}`),
      ...(price === undefined ? [] : [ok(price)]),
      ...(purge === undefined ? [] : [warn(purge)]),
    ]
  },
})

const agreement = (
  { detectors, window, charts, adapt, alerting, features, kinds, pictures, reference: { acceptRefused, unverified } }: MonitorConfig,
  reference: Reference,
): Check => ({
  name: 'agreement',
  async look() {
    const lines = disagreements({ detectors, window, charts, adapt, alerting, features, kinds, pictures, acceptRefused }, reference)
    const otherwise = fittedOtherwise(unverified, reference)
    const found = [...lines.map((line) => fail(line)), ...(otherwise === undefined ? [] : [warn(otherwise)])]
    return found.length === 0 ? ok('the configuration is the one that the reference was calibrated with') : found
  },
})

const budget = ({ alerting }: MonitorConfig, reference: Reference): Check => ({
  name: 'budget',
  async look() {
    const bar = barFor(reference.calibration, alerting.falseAlarmsPerDay, reference.selfTest.passed)
    const own = ownBarsLine(reference, bar, alerting)
    const verdict = bar.status === 'OK' ? ok(bar.sentence) : warn(bar.sentence)
    return own === undefined ? verdict : [verdict, ok(`limits: ${own}`)]
  },
})

/** Starts the worker as `run` does, and lets it score the reference's golden rows. */
export const scoringCheck = (config: MonitorConfig, reference: Reference, { dtype }: Codec): Check => ({
  name: 'scoring',
  async look() {
    const unavailable: string[] = []
    const scorer = await startMonitorScorer(config, reference, dtype, (provider, message) => {
      unavailable.push(`${provider} cannot be used: ${message}`)
    })
    await scorer.close()
    const line = `${scorer.provider} reproduces the ${reference.golden.rows} golden rows of the reference (${dtype})`
    return unavailable.length === 0 ? ok(line) : warn(`${line}; ${unavailable.join('; ')}`)
  },
})
