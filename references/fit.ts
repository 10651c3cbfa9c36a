import { calibrate, type DetectorSeries } from '../calibration/calibrate.js'
import type { AlarmKind } from '../calibration/calibration.js'
import type { WindowShape } from '../detectors/block-window.js'
import type { Detector } from '../detectors/detector.js'
import { detectorByName } from '../detectors/registry.js'
import { affordable, checkRows, checkWindows, rowsPerDayOf } from './admission.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { warmed } from './folds.js'
import { checkGolden, GoldenMismatch, goldenOf } from './golden.js'
import { climbLadder, type Rung } from './ladder.js'
import { seal } from './manifest.js'
import { purge } from './purge.js'
import type { Provenance, Reference } from './reference.js'
import { FitRefused } from './refusal.js'
import type { ReferenceRows } from './rows.js'
import { openModel } from './scoring-model.js'
import { fitToFolds, summaryOf } from './summed.js'

/**
 * Fits a reference: what normal is, and how often its detectors would alarm on it (calibration study, section 9).
 * The rate of the slow mean comes from the halves test; held-out scores of contiguous folds calibrate the alarms; the fit to all
 * rows is what scores the live stream. Where no rate passes the halves test the reference is fitted all the same, its self-test
 * not passed. Deterministic: same rows and options, same version.
 * Throws `FitRefused` for data that cannot be a reference.
 */
export async function fitReference(rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<Reference> {
  checkRows(rows, options)
  const rowsPerDay = rowsPerDayOf(rows, options.rowsPerDay)
  const detectors = options.detectors.map(detectorByName)
  const trusted = options.unverified ? await purge(rows, tools.matmul) : rows
  const rung = await climbLadder(trusted, options, tools)
  const logic = { ...options.logic, window: affordable(options.logic.window, rung.rows.n) }
  if (detectors.some(({ kind }) => kind === 'window')) checkWindows(rung.folds, logic.window)
  const series = await heldOutSeries(rung, detectors, logic.window, tools)
  const { whitening, selfTest, rate } = rung
  return seal({
    features: options.features,
    provenance: provenanceOf(rows, options.source),
    logic,
    detrend: rate,
    selfTest,
    whitening,
    ...(await fitToAll(rung, detectors, tools)),
    calibration: calibrate(series, { logic, rows: rung.rows.n, rowsPerDay }),
    constant: options.features.filter((_, j) => !whitening.active[j]),
  })
}

/** Scores of each fold by a fit to the others. */
async function heldOutSeries(rung: Rung, detectors: readonly Detector[], window: WindowShape, tools: FitTools): Promise<DetectorSeries[]> {
  const series = detectors.map(({ name, kind, price = 1 }) => ({
    detector: name,
    kind: alarmKind[kind],
    price: price / Math.min(...detectors.filter((other) => other.kind === kind).map((other) => other.price ?? 1)),
    folds: rung.folds.map((): Float64Array[] => []),
  }))
  for (const [f, fold] of rung.folds.entries()) {
    const model = await fitToFolds(rung, (other) => other !== f, detectors, tools)
    for (const stretch of fold) {
      const scores = await model.score(rung.rows, stretch, window, warmed(stretch, window).from)
      for (const { detector, folds } of series) {
        const run = scores.get(detector)
        if (run !== undefined && run.length > 0) folds[f].push(run)
      }
    }
    await model.close()
    tools.progress?.('calibration', f + 1, rung.folds.length)
  }
  return series
}

const alarmKind: Readonly<Record<Detector['kind'], AlarmKind>> = { record: 'record', window: 'drift' }

/** The detectors that go live, with their golden scores; refused when the live graph cannot reproduce them. */
async function fitToAll(rung: Rung, detectors: readonly Detector[], tools: FitTools): Promise<Pick<Reference, 'detectors' | 'golden'>> {
  const { rows, whitening } = rung
  const model = await openModel(summaryOf(rung), detectors, rows.store.dtype, tools)
  const { fitted } = model
  const golden = goldenOf(
    whitening,
    detectors.flatMap((detector) => (detector.kind === 'record' ? [{ detector, fitted: fitted[detector.name] }] : [])),
  )
  try {
    await checkGolden({ golden }, (inputs, n) => model.scoreRows(rows.store.dtype === 'float32' ? Float32Array.from(inputs) : inputs, n))
  } catch (error) {
    if (!(error instanceof GoldenMismatch)) throw error
    throw new FitRefused(
      'ill_conditioned',
      `the covariance of the features has the condition number ${whitening.condition.toExponential(1)}, too large to score in float32; ` +
        'leave out features that are (nearly) combinations of others',
      { cause: error },
    )
  } finally {
    await model.close()
  }
  return { detectors: fitted, golden }
}

function provenanceOf({ n, streams, first, last, dropped }: ReferenceRows, source: string): Provenance {
  const iso = (time: number) => {
    const date = new Date(time)
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
  }
  return { source, rows: n, streams: streams.length, from: iso(first), to: iso(last), dropped }
}
