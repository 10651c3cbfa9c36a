import { startScorer } from '../../backbones/onnx-scorer.js'
import { barFor } from '../../calibration/budget.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Codec } from '../../connectors/codec.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { disagreements } from '../../pipelines/agreement.js'
import { fittedDetectors } from '../../pipelines/assemble.js'
import { checkGolden } from '../../references/golden.js'
import type { Reference } from '../../references/reference.js'
import { type Check, fail, ok, warn } from './finding.js'

/** The reference by itself and against the configuration. */
export const referenceChecks = (config: MonitorConfig, reference: Reference): Check[] => [
  bundle(reference),
  agreement(config, reference),
  budget(config, reference),
]

const bundle = ({ version, features, provenance }: Reference): Check => ({
  name: 'reference',
  look: async () =>
    ok(`version ${version}: ${features.length} features, ${provenance.rows.toLocaleString('en-GB')} rows of ${provenance.source}`),
})

const agreement = (
  { detectors, window, alerting, features, reference: { acceptRefused } }: MonitorConfig,
  reference: Reference,
): Check => ({
  name: 'agreement',
  async look() {
    const lines = disagreements({ detectors, window, alerting, features, acceptRefused }, reference)
    return lines.length === 0 ? ok('the configuration is the one that the reference was calibrated with') : lines.map((line) => fail(line))
  },
})

const budget = ({ alerting }: MonitorConfig, { calibration, selfTest }: Reference): Check => ({
  name: 'budget',
  async look() {
    const { status, sentence } = barFor(calibration, alerting.falseAlarmsPerDay, selfTest.passed)
    return status === 'OK' ? ok(sentence) : warn(sentence)
  },
})

/** Starts the worker as `run` does, and lets it score the reference's golden rows. */
export const scoringCheck = ({ execution }: MonitorConfig, reference: Reference, { dtype }: Codec): Check => ({
  name: 'scoring',
  async look() {
    const { record } = fittedDetectors(reference)
    const { providers, required, threads } = execution
    const unavailable: string[] = []
    const scorer = await startScorer({
      ...scoringGraph(reference.whitening, record, dtype),
      d: reference.features.length,
      providers: required ? providers.slice(0, 1) : providers,
      threads,
      onUnavailable: (provider, message) => unavailable.push(`${provider} cannot be used: ${message}`),
    })
    try {
      await checkGolden(reference, async (inputs, n) => {
        const values = dtype === 'float32' ? Float32Array.from(inputs) : Float64Array.from(inputs)
        const { scores } = await scorer.score({ values, n, segments: new Int32Array(n), segmentCount: 1 })
        return new Map(record.map(({ detector }, j) => [detector.name, scores[j]]))
      })
    } finally {
      await scorer.close()
    }
    const line = `${scorer.provider} reproduces the ${reference.golden.rows} golden rows of the reference (${dtype})`
    return unavailable.length === 0 ? ok(line) : warn(`${line}; ${unavailable.join('; ')}`)
  },
})
