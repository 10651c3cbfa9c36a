import type { Detector } from '../detectors/detector.js'
import { type Moments, merge } from '../detectors/moments.js'
import { packedTrace } from '../detectors/packed.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../detectors/whitening.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { momentsOfRows, standardisationOfRows } from './fold-moments.js'
import { cutFolds, type Folds } from './folds.js'
import { FitRefused } from './refusal.js'
import type { Rows } from './rows.js'
import { openModel, type ScoringModel } from './scoring-model.js'

/** Rows summed up per fold: all that a fit to any of the folds needs to know of them. */
export interface Summed {
  readonly rows: Rows
  readonly folds: Folds
  readonly standardisation: Standardisation
  /** Per fold, of its standardised rows. */
  readonly moments: readonly Moments[]
  /** Of all folds together. */
  readonly total: Moments
  readonly whitening: Whitening
}

/** Undefined when the rows are too few for folds. Throws `FitRefused` when none of the features varies. */
export async function sumUp(rows: Rows, options: FitOptions, { matmul, openMoments }: FitTools): Promise<Summed | undefined> {
  const folds = cutFolds(rows, options.logic.window.hop)
  if (folds === undefined) return undefined
  const standardisation = standardisationOfRows(rows)
  if (standardisation.scale.every((scale) => scale === 0)) {
    throw new FitRefused('constant', `none of the ${rows.d} features varies in the reference; give data in which they do`)
  }
  const moments: Moments[] = []
  const runner = await openMoments(standardisation, rows.store.dtype)
  for (const fold of folds) moments.push(await momentsOfRows(rows, fold, runner))
  await runner.close()
  const total = moments.reduce(merge)
  return { rows, folds, standardisation, moments, total, whitening: await fitWhitening(total, standardisation, options, matmul) }
}

/** Detectors fitted to the chosen folds alone. Close it after use. Throws `FitRefused` when none of the features varies in them. */
export async function fitToFolds(
  { rows, standardisation, moments }: Summed,
  chosen: (fold: number) => boolean,
  detectors: readonly Detector[],
  options: FitOptions,
  { matmul, openGraph }: FitTools,
): Promise<ScoringModel> {
  const training = moments.filter((_, fold) => chosen(fold)).reduce(merge)
  if (packedTrace(training.scatter, rows.d) === 0) {
    throw new FitRefused(
      'constant',
      `none of the ${rows.d} features varies in most of the reference; give data in which they vary throughout`,
    )
  }
  const whitening = await fitWhitening(training, standardisation, options, matmul)
  return openModel({ moments: training, whitening }, detectors, rows.store.dtype, openGraph)
}
