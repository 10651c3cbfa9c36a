import { calibrate } from '../calibration/calibrate.js'
import type { Detector } from '../detectors/detector.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { checkGolden, GoldenMismatch, goldenOf } from './golden.js'
import { holdOut, seriesOf } from './held-out.js'
import type { Rung } from './ladder.js'
import { seal } from './manifest.js'
import type { Provenance, Reference } from './reference.js'
import { FitRefused } from './refusal.js'
import type { ReferenceRows } from './rows.js'
import { openModel } from './scoring-model.js'
import { summaryOf } from './summed.js'

/**
 * Fits a reference: what normal is, and how often its detectors would alarm on it (calibration study, section 9).
 * The rate of the slow mean comes from the halves test; held-out scores of contiguous folds calibrate the alarms; the fit to all
 * rows is what scores the live stream. Where no rate passes the halves test the reference is fitted all the same, its self-test
 * not passed. Deterministic: same rows and options, same version.
 * Throws `FitRefused` for data that cannot be a reference.
 */
export async function fitReference(rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<Reference> {
  const heldOut = await holdOut(rows, options, tools)
  const { rung, rowsPerDay, detectors, logic } = heldOut
  const { whitening, selfTest, rate } = rung
  return seal({
    features: options.features,
    provenance: provenanceOf(rows, options.source),
    logic,
    detrend: rate,
    selfTest,
    whitening,
    ...(await fitToAll(rung, detectors, tools)),
    calibration: calibrate(seriesOf(heldOut), { logic, rows: rung.rows.n, rowsPerDay }),
    constant: options.features.filter((_, j) => !whitening.active[j]),
  })
}

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
