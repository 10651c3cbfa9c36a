import type { Detector, ReferenceSummary } from '../detectors/detector.js'
import type { FitTools } from './fit-options.js'
import { checkGolden, GoldenMismatch, goldenOf } from './golden.js'
import type { Reference } from './reference.js'
import { FitRefused } from './refusal.js'
import { openModel } from './scoring-model.js'

/**
 * The detectors that go live, fitted to all that a reference knows, with their golden scores and the bank where one of them needs it.
 * Throws `FitRefused` when the live graph cannot reproduce the golden scores.
 */
export async function fitLiveDetectors(
  summary: ReferenceSummary,
  detectors: readonly Detector[],
  dtype: 'float32' | 'float64',
  tools: Pick<FitTools, 'matmul' | 'openGraph'>,
): Promise<Pick<Reference, 'detectors' | 'golden' | 'bank'>> {
  const { whitening, bank } = summary
  const model = await openModel(summary, detectors, dtype, tools)
  const { fitted } = model
  const golden = goldenOf(
    whitening,
    detectors.flatMap((detector) => (detector.kind === 'record' ? [{ detector, fitted: fitted[detector.name] }] : [])),
  )
  try {
    await checkGolden({ golden }, (inputs, n) => model.scoreRows(dtype === 'float32' ? Float32Array.from(inputs) : inputs, n))
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
  return { detectors: fitted, golden, bank: detectors.some(({ usesBank }) => usesBank) ? { m: bank.m, rows: bank.rows } : undefined }
}
