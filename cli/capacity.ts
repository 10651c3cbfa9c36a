import type { MonitorConfig } from '../config/monitor.js'
import type { Codec } from '../connectors/codec.js'
import { detectorByName } from '../detectors/registry.js'
import { graphOf } from '../pipelines/fitted.js'
import type { Reference } from '../references/reference.js'
import { startMonitorScorer } from './scoring.js'

const BATCH = 2048
const ROUNDS = 3
/** Rates that come in bursts: several times the mean must be scored in time. */
const HEADROOM = 3
/** Records per second that any machine scores: not worth a measurement. */
const EASY = 100
const SECONDS_PER_DAY = 86_400

/**
 * What to do where the detectors of a fresh reference cannot keep up with the rate of its records, as a sentence. Measured on this machine
 * with the monitor's own provider and threads; undefined where they can.
 * @param measure records per second of the scorer
 */
export async function capacityNote(
  config: MonitorConfig,
  reference: Reference,
  dtype: Codec['dtype'],
  measure = scoringRate,
): Promise<string | undefined> {
  const wanted = (HEADROOM * reference.calibration.rowsPerDay) / SECONDS_PER_DAY
  if (wanted < EASY) return undefined
  const measured = await measure(config, reference, dtype)
  if (measured >= wanted) return undefined
  return (
    `one scorer with ${config.execution.threads} thread(s) does about ${round(measured)} records/s here, the mean rate of these data is ` +
    `${round(wanted / HEADROOM)}/s and peaks are higher: ${leaveOut(config.detectors)}raise execution.threads, or run more replicas`
  )
}

/** The same of pictures, by how many a second were read and embedded for the fit. */
export function embeddingNote({ pictures, execution }: MonitorConfig, reference: Reference, measured: number): string | undefined {
  const mean = reference.calibration.rowsPerDay / SECONDS_PER_DAY
  if (measured >= HEADROOM * mean || pictures === undefined) return undefined
  return (
    `pictures were read and embedded at about ${round(measured)}/s here (pictures.workers: ${pictures.workers}, execution.threads: ${execution.threads}), ` +
    `the mean rate of these data is ${round(mean)}/s and peaks are higher: raise those two, use a GPU (execution.providers), or run more replicas`
  )
}

/** Without costly detectors, where others are left. */
function leaveOut(detectors: MonitorConfig['detectors']): string {
  const costly = detectors.filter((name) => detectorByName(name).costly)
  const cheap = detectors.filter((name) => !detectorByName(name).costly)
  return costly.length > 0 && cheap.length > 0 ? `leave ${costly.join(' and ')} out (detectors: [${cheap.join(', ')}]), ` : ''
}

const round = (rate: number): string => Number(rate.toPrecision(2)).toLocaleString('en-GB')

/** Records per second of the scorer alone. */
async function scoringRate(config: MonitorConfig, reference: Reference, dtype: Codec['dtype']): Promise<number> {
  const { features, whitening } = reference
  const d = features.length
  const scorer = await startMonitorScorer(config, reference, dtype, () => undefined)
  const { width, scores, previous: usesPrevious } = graphOf(reference, dtype)
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const values = dtype === 'float32' ? new Float32Array(BATCH * d) : new Float64Array(BATCH * d)
    for (let at = 0; at < values.length; at++) values[at] = whitening.mean[at % d]
    const previous = usesPrevious ? values.slice() : undefined
    const room = scores.map(() => new Float32Array(BATCH))
    const began = performance.now()
    await scorer.score({ values, n: BATCH, previous, segments: new Int32Array(BATCH), scores: room, sums: new Float64Array(width) })
    best = Math.max(best, (1000 * BATCH) / (performance.now() - began))
  }
  await scorer.close()
  return best
}
