import { type Channel, pairedChannels, type TrainedTap } from '../detectors/channels.js'
import type { Degraded, Detector, ReferenceSummary, WindowMeans } from '../detectors/detector.js'
import { type LabelSummary, mergeLabels } from '../detectors/labels.js'
import { type MatMul, transpose } from '../detectors/matmul.js'
import { type Moments, merge } from '../detectors/moments.js'
import { packedTrace } from '../detectors/packed.js'
import { type ScoreColumns, scoreColumnsOf } from '../detectors/picture-scores.js'
import { detectorByName, scoresWindows } from '../detectors/registry.js'
import { sampleMoments } from '../detectors/sample-moments.js'
import { type Shrinkage, shrinkageFor } from '../detectors/shrinkage.js'
import { momentsOutOf, spanOf } from '../detectors/span.js'
import { type Standardisation, standardise } from '../detectors/standardisation.js'
import { type TapColumns, tapColumnsOf } from '../detectors/tap-columns.js'
import { fitWhitening, spansLess, type Whitening } from '../detectors/whitening.js'
import type { WindowShape } from '../detectors/window-shape.js'
import { mapOf } from '../kinds/feature-map.js'
import type { GapFiller } from '../kinds/gaps.js'
import { bankOf } from './bank.js'
import type { FitOptions, FitTools } from './fit-options.js'
import { momentsOfRows, standardisationOfRows } from './fold-moments.js'
import { cutFolds, type Folds, type Stretch } from './folds.js'
import { fillerFor, learnGaps } from './gaps.js'
import { type CutRows, cutByGroups } from './grouped.js'
import type { GroupCensus } from './groups.js'
import { momentsOfPairs } from './pair-moments.js'
import { FitRefused } from './refusal.js'
import type { Rows } from './rows.js'
import { openModel, type ScoringModel } from './scoring-model.js'
import { windowMeansOf } from './window-means.js'

/** Rows summed up per fold: all that a fit to any of the folds needs to know of them. */
export interface Summed {
  readonly rows: Rows
  readonly folds: Folds
  /** Where folds were cut by groups. */
  readonly groups?: GroupCensus
  readonly standardisation: Standardisation
  /** Where rows are fewer than features: r x d, orthonormal rows that span them. Moments are then of the rows' r coordinates. */
  readonly basis?: Float64Array | undefined
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
  readonly taps: readonly TapColumns[]
  /** Of pictures; the same for every fit: it does not matter which of them are held out. */
  readonly degraded: Degraded | undefined
  /** Of pictures, unless a slow mean was subtracted. */
  readonly channels: readonly Channel[] | undefined
  readonly trained: readonly TrainedTap[] | undefined
}

/** Cuts few rows where no window minds. */
const ANYWHERE: WindowShape = { size: 1, hop: 1 }

/**
 * Undefined when the rows are too few for folds. Throws `FitRefused` when none of the features varies.
 * @param residual whether a slow mean was subtracted: then they say no longer where they lie
 */
export async function sumUp(
  given: Rows,
  options: FitOptions,
  { matmul, openMoments }: FitTools,
  residual = false,
): Promise<Summed | undefined> {
  const cut = cutRows(given, options)
  if (cut === undefined) return undefined
  const { rows, folds } = cut
  const standardisation = standardisationOfRows(rows)
  const shrinkage = options.shrinkage === 'auto' ? shrinkageFor(rows.n, rows.d) : options.shrinkage
  const usesPrevious = options.detectors.some((name) => detectorByName(name).usesPrevious)
  const { basis, moments, filler } =
    !usesPrevious && rows.optional === undefined && spansLess(rows.n, standardisation)
      ? await spannedMoments(rows, folds, standardisation, matmul)
      : await plainMoments(rows, folds, standardisation, shrinkage, { matmul, openMoments })
  const total = moments.reduce(merge)
  const whitening = await fitWhitening(total, standardisation, { shrinkage, basis }, matmul)
  const { logits } = mapOf(options)
  const taps = options.backbone ? tapColumnsOf(options.features) : []
  const summed = {
    ...cut,
    standardisation,
    basis,
    moments,
    total,
    window: options.logic.window,
    whitening,
    shrinkage,
    logits,
    scoreColumns: scoreColumnsOf(options.features),
    taps,
    degraded: options.degraded,
    channels: options.backbone && !residual ? pairedChannels(taps) : undefined,
    trained: residual ? undefined : options.backbone?.trained,
  }
  return usesPrevious ? { ...summed, pairs: await momentsOfPairs(rows, folds, standardisation, openMoments, filler) } : summed
}

/** By groups where the rows have any, else by time. */
function cutRows(rows: Rows, options: FitOptions): CutRows | undefined {
  if (rows.groups !== undefined) return cutByGroups(rows, rows.groups, options)
  const folds = cutFolds(rows, options.logic.window) ?? (scoresWindows(options.detectors) ? undefined : cutFolds(rows, ANYWHERE))
  return folds && { rows, folds }
}

interface FoldMoments {
  readonly basis?: Float64Array
  readonly moments: readonly Moments[]
  readonly filler?: GapFiller | undefined
}

async function plainMoments(
  rows: Rows,
  folds: Folds,
  standardisation: Standardisation,
  shrinkage: Shrinkage,
  { matmul, openMoments }: Pick<FitTools, 'matmul' | 'openMoments'>,
): Promise<FoldMoments> {
  const runner = await openMoments(standardisation, rows.store.dtype)
  const filler = await learnGaps(rows, standardisation, shrinkage, runner, matmul)
  const moments: Moments[] = []
  for (const fold of folds) moments.push(await momentsOfRows(rows, fold, runner, filler))
  await runner.close()
  return { moments, filler }
}

/** Of few rows without gaps, which fit into memory. */
async function spannedMoments({ n, d, store }: Rows, folds: Folds, standardisation: Standardisation, matmul: MatMul): Promise<FoldMoments> {
  const standardised = standardise(store.read(0, n), n, standardisation)
  const basis = await spanOf(standardised, d, matmul)
  const r = basis.length / d
  const coordinates = await matmul(standardised, transpose(basis, r, d), n, d, r)
  const moments: Moments[] = []
  for (const fold of folds) {
    const own = fold.flatMap(({ from, to }) => [...coordinates.subarray(from * r, to * r)])
    moments.push(await sampleMoments(Float64Array.from(own), r, matmul))
  }
  return { basis, moments }
}

/** Detectors fitted to the chosen folds alone. Close it after use. Throws `FitRefused` when none of the features varies in them. */
export async function fitToFolds(
  summed: Summed,
  chosen: (fold: number) => boolean,
  detectors: readonly Detector[],
  { matmul, openGraph }: FitTools,
): Promise<ScoringModel> {
  const { rows, folds, standardisation, basis, moments, pairs, shrinkage, labels } = summed
  const training = moments.filter((_, fold) => chosen(fold)).reduce(merge)
  if (packedTrace(training.scatter, training.d) === 0) {
    throw new FitRefused(
      'constant',
      `none of the ${rows.d} features varies in most of the reference; give data in which they vary throughout`,
    )
  }
  const whitening = await fitWhitening(training, standardisation, { shrinkage, basis }, matmul)
  const stretches = folds.filter((_, fold) => chosen(fold)).flat()
  const bank = bankOf(rows, stretches, whitening, pairs !== undefined)
  const labelled = labels && { labels: labels.filter((_, fold) => chosen(fold)).reduce(mergeLabels) }
  const consecutive = pairs?.filter((_, fold) => chosen(fold)).reduce(merge)
  const windowMeans = windowMeansFor(detectors, summed, stretches, whitening)
  const summary = {
    moments: () => ofFeatures(training, basis, matmul),
    whitening,
    bank,
    pairs: consecutive,
    windowMeans,
    ...ofEveryFit(summed),
    ...labelled,
  }
  return openModel(summary, detectors, rows.store.dtype, { matmul, openGraph }, fillerFor(rows, whitening))
}

/** What does not depend on which folds are held out. */
const ofEveryFit = ({ logits, scoreColumns, taps, degraded, channels, trained }: Summed) => ({
  logits,
  scoreColumns,
  taps,
  degraded,
  channels,
  trained,
})

/** What detectors are fitted on that have all of the reference. */
export function summaryOf(summed: Summed, detectors: readonly Detector[], matmul: MatMul): ReferenceSummary {
  const { rows, folds, basis, total, whitening, pairs, labels } = summed
  return {
    moments: () => ofFeatures(total, basis, matmul),
    whitening,
    bank: bankOf(rows, folds.flat(), whitening, pairs !== undefined),
    pairs: pairs?.reduce(merge),
    windowMeans: windowMeansFor(detectors, summed, folds.flat(), whitening),
    ...ofEveryFit(summed),
    ...(labels && { labels: labels.reduce(mergeLabels) }),
  }
}

const ofFeatures = async (moments: Moments, basis: Float64Array | undefined, matmul: MatMul): Promise<Moments> =>
  basis === undefined ? moments : momentsOutOf(moments, basis, matmul)

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
