import type { Degraded, Detector, ReferenceSummary, WindowMeans } from '../detectors/detector.js'
import { type LabelSummary, mergeLabels } from '../detectors/labels.js'
import { type Moments, merge } from '../detectors/moments.js'
import { packedTrace } from '../detectors/packed.js'
import { type ScoreColumns, scoreColumnsOf } from '../detectors/picture-scores.js'
import { detectorByName, scoresWindows } from '../detectors/registry.js'
import { type Shrinkage, shrinkageFor } from '../detectors/shrinkage.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../detectors/whitening.js'
import type { WindowShape } from '../detectors/window-shape.js'
import { mapOf } from '../kinds/feature-map.js'
import { bankOf } from './bank.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { momentsOfRows, standardisationOfRows } from './fold-moments.js'
import { cutFolds, type Folds, type Stretch } from './folds.js'
import { fillerFor, learnGaps } from './gaps.js'
import { momentsOfPairs } from './pair-moments.js'
import { FitRefused } from './refusal.js'
import type { Rows } from './rows.js'
import { openModel, type ScoringModel } from './scoring-model.js'
import { windowMeansOf } from './window-means.js'

/** Rows summed up per fold: all that a fit to any of the folds needs to know of them. */
export interface Summed {
  readonly rows: Rows
  readonly folds: Folds
  readonly standardisation: Standardisation
  /** Per fold, of its standardised rows. */
  readonly moments: readonly Moments[]
  /** Of all folds together. */
  readonly total: Moments
  /** Per fold, of its pairs of consecutive rows, where a detector uses the previous row. */
  readonly pairs?: readonly Moments[]
  readonly window: WindowShape
  readonly whitening: Whitening
  /** Of every fit to these rows, also of those to a part. */
  readonly shrinkage: Shrinkage
  /** Per fold what the labels of its rows say, where a detector asks for them. */
  readonly labels?: readonly LabelSummary[]
  /** Indices of the columns that are a classifier's logits. */
  readonly logits: readonly number[]
  readonly scoreColumns: ScoreColumns
  /** Of pictures; the same for every fit: it does not matter which of them are held out. */
  readonly degraded: Degraded | undefined
}

/** Cuts few rows where no window minds. */
const ANYWHERE: WindowShape = { size: 1, hop: 1 }

/** Undefined when the rows are too few for folds. Throws `FitRefused` when none of the features varies. */
export async function sumUp(rows: Rows, options: FitOptions, { matmul, openMoments }: FitTools): Promise<Summed | undefined> {
  const folds = cutFolds(rows, options.logic.window) ?? (scoresWindows(options.detectors) ? undefined : cutFolds(rows, ANYWHERE))
  if (folds === undefined) return undefined
  const standardisation = standardisationOfRows(rows)
  const moments: Moments[] = []
  const runner = await openMoments(standardisation, rows.store.dtype)
  const shrinkage = options.shrinkage === 'auto' ? shrinkageFor(rows.n, rows.d) : options.shrinkage
  const filler = await learnGaps(rows, standardisation, shrinkage, runner, matmul)
  for (const fold of folds) moments.push(await momentsOfRows(rows, fold, runner, filler))
  await runner.close()
  const total = moments.reduce(merge)
  const whitening = await fitWhitening(total, standardisation, { shrinkage }, matmul)
  const { logits } = mapOf(options)
  const summed = {
    rows,
    folds,
    standardisation,
    moments,
    total,
    window: options.logic.window,
    whitening,
    shrinkage,
    logits,
    scoreColumns: scoreColumnsOf(options.features),
    degraded: options.degraded,
  }
  const usesPrevious = options.detectors.some((name) => detectorByName(name).usesPrevious)
  return usesPrevious ? { ...summed, pairs: await momentsOfPairs(rows, folds, standardisation, openMoments, filler) } : summed
}

/** Detectors fitted to the chosen folds alone. Close it after use. Throws `FitRefused` when none of the features varies in them. */
export async function fitToFolds(
  summed: Summed,
  chosen: (fold: number) => boolean,
  detectors: readonly Detector[],
  { matmul, openGraph }: FitTools,
): Promise<ScoringModel> {
  const { rows, folds, standardisation, moments, pairs, shrinkage, labels, logits, scoreColumns, degraded } = summed
  const training = moments.filter((_, fold) => chosen(fold)).reduce(merge)
  if (packedTrace(training.scatter, rows.d) === 0) {
    throw new FitRefused(
      'constant',
      `none of the ${rows.d} features varies in most of the reference; give data in which they vary throughout`,
    )
  }
  const whitening = await fitWhitening(training, standardisation, { shrinkage }, matmul)
  const stretches = folds.filter((_, fold) => chosen(fold)).flat()
  const bank = bankOf(rows, stretches, whitening, pairs !== undefined)
  const labelled = labels && { labels: labels.filter((_, fold) => chosen(fold)).reduce(mergeLabels) }
  const consecutive = pairs?.filter((_, fold) => chosen(fold)).reduce(merge)
  const windowMeans = windowMeansFor(detectors, summed, stretches, whitening)
  const summary = { moments: training, whitening, bank, pairs: consecutive, windowMeans, logits, scoreColumns, degraded, ...labelled }
  return openModel(summary, detectors, rows.store.dtype, { matmul, openGraph }, fillerFor(rows, whitening))
}

/** What detectors are fitted on that have all of the reference. */
export function summaryOf(summed: Summed, detectors: readonly Detector[]): ReferenceSummary {
  const { rows, folds, total, whitening, pairs, labels, logits, scoreColumns, degraded } = summed
  return {
    moments: total,
    whitening,
    bank: bankOf(rows, folds.flat(), whitening, pairs !== undefined),
    pairs: pairs?.reduce(merge),
    windowMeans: windowMeansFor(detectors, summed, folds.flat(), whitening),
    logits,
    scoreColumns,
    degraded,
    ...(labels && { labels: labels.reduce(mergeLabels) }),
  }
}

/** Only where one of the detectors is fitted on them, and windows hold equally many records. */
const windowMeansFor = (
  detectors: readonly Detector[],
  { rows, window }: Summed,
  stretches: readonly Stretch[],
  whitening: Whitening,
): WindowMeans | undefined =>
  window.by !== 'time' && detectors.some(({ usesWindowMeans }) => usesWindowMeans)
    ? windowMeansOf(rows, stretches, window.size, whitening)
    : undefined
