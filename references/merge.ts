import { mergeCalibrations } from '../calibration/merge.js'
import { pairedChannels } from '../detectors/channels.js'
import type { Bank } from '../detectors/detector.js'
import { scoreColumnsOf } from '../detectors/picture-scores.js'
import { detectorByName } from '../detectors/registry.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { tapColumnsOf } from '../detectors/tap-columns.js'
import type { Whitening } from '../detectors/whitening.js'
import { mapOf } from '../kinds/feature-map.js'
import { mergeBanks } from './bank.js'
import { type Comparison, compareParts, mergedSelfTest } from './between.js'
import type { FitTools } from './fit-options.js'
import { chartsOf, pricesOf } from './held-out.js'
import { fitLiveDetectors } from './live-detectors.js'
import { seal } from './manifest.js'
import { checkConstants, checkMergeable, MergeRefused, type Named } from './mergeable.js'
import { pooledMoments, pooledStandardisation, pooledWhitening, restandardise } from './pooled.js'
import type { Provenance, Reference } from './reference.js'

export interface Merged {
  readonly reference: Reference
  /** Whether the parts agree, every two of them. */
  readonly comparisons: readonly Comparison[]
}

/**
 * Joins references into that of all their rows, without the rows. Centre, scale, covariance and whitening are those that a fit of all
 * rows gives, up to rounding (with Ledoit-Wolf shrinkage: up to its amount); detectors are fitted to them anew, those that need rows to
 * a sample of the parts' banks. The calibration counts what each part's own fit scored. The order of the parts does not matter.
 *
 * @param rowsPerDay over all streams that the merged reference is to watch; default: the sum over the parts
 * @throws MergeRefused when the parts do not go together; FitRefused when the merged detectors cannot be scored in float32
 */
export async function mergeReferences(
  given: readonly Named[],
  rowsPerDay: number | undefined,
  tools: Pick<FitTools, 'matmul' | 'openGraph'>,
): Promise<Merged> {
  checkMergeable(given)
  const parts = given.toSorted((a, b) => (a.reference.version < b.reference.version ? -1 : 1))
  const references = parts.map(({ reference }) => reference)
  const whitenings = references.map(({ whitening }) => whitening)
  const standardisation = standardisationOfAll(whitenings)
  checkConstants(parts, standardisation)
  const moments = await pooledMoments(whitenings, standardisation, tools.matmul)
  const whitening = await pooledWhitening(whitenings, moments, standardisation, tools.matmul)
  const [{ features, inputs, backbone, logic, detrend, constant, detectors }] = references
  const taps = backbone ? tapColumnsOf(features) : []
  const live = Object.keys(detectors).map(detectorByName)
  const comparisons = await compareParts(given, whitening, tools.matmul)
  const calibrations = references.map(({ calibration }) => calibration)
  const reference = seal({
    features,
    ...(inputs !== undefined && { inputs }),
    ...(backbone !== undefined && { backbone }),
    provenance: provenanceOf(references),
    logic,
    detrend,
    selfTest: mergedSelfTest(references, comparisons),
    whitening,
    ...(await fitLiveDetectors(
      {
        moments: async () => moments,
        whitening,
        bank: bankOfAll(references, whitening),
        logits: mapOf(references[0]).logits,
        scoreColumns: scoreColumnsOf(features),
        channels: backbone && detrend === 0 ? pairedChannels(taps) : undefined,
        trained: detrend === 0 ? backbone?.trained : undefined,
        taps,
      },
      live,
      'float32',
      tools,
    )),
    calibration: mergeCalibrations(
      calibrations,
      rowsPerDay ?? calibrations.reduce((sum, one) => sum + one.rowsPerDay, 0),
      pricesOf(live, chartsOf(live, logic)),
    ),
    constant,
  })
  return { reference, comparisons }
}

function standardisationOfAll(whitenings: readonly Whitening[]): Standardisation {
  try {
    return pooledStandardisation(whitenings)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new MergeRefused(`whitening.scale: ${found}; keep a reference per site`, { cause: error })
  }
}

/** Empty where no detector is fitted on rows. */
function bankOfAll(references: readonly Reference[], standardisation: Standardisation): Bank {
  const banks = references.flatMap(({ whitening, bank }) =>
    bank === undefined ? [] : [{ n: whitening.n, bank: restandardise(bank, whitening, standardisation) }],
  )
  return banks.length === 0 ? { m: 0, rows: new Float64Array(0) } : mergeBanks(banks, standardisation.mean.length)
}

function provenanceOf(references: readonly Reference[]): Provenance {
  const all = references.map(({ provenance }) => provenance)
  const sum = (of: (one: Provenance) => number) => all.reduce((total, one) => total + of(one), 0)
  const parts = references.flatMap(({ version, provenance: { source, rows, parts: own } }) =>
    own.length > 0 ? own : [{ version, source, rows }],
  )
  return {
    source: `a merge of ${parts.length} references`,
    rows: sum(({ rows }) => rows),
    streams: sum(({ streams }) => streams),
    from: all.flatMap(({ from }) => from ?? []).sort()[0],
    to: all
      .flatMap(({ to }) => to ?? [])
      .sort()
      .at(-1),
    dropped: sum(({ dropped }) => dropped),
    ...(all.some(({ purged }) => purged !== undefined) && { purged: sum(({ purged = 0 }) => purged) }),
    parts,
  }
}
