import { startScorer } from '../../backbones/onnx-scorer.js'
import type { Scorer } from '../../backbones/scorer.js'
import type { Codec } from '../../connectors/codec.js'
import { graphOf } from '../../pipelines/fitted.js'
import { fitReference } from '../../references/fit.js'
import type { FitOptions } from '../../references/fit-options.js'
import { seal } from '../../references/manifest.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, openTools, synthetic, timed } from '../references/synthetic.js'

/** Features of the small reference. */
export const d = 3

/**
 * A reference fitted to 3,000 rows of three correlated features, one record a second. Window of 16 records (hop 4).
 * `detrend`: the rate of the slow mean, as though the fit had chosen it.
 */
export async function smallReference(changes: Partial<FitOptions> = {}, detrend = 0): Promise<Reference> {
  const tools = await openTools()
  const logic = { window: { size: 16, hop: 4 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
  const rows = timed(asRows(centred(3000, 4), d))
  const { version: _, ...content } = await fitReference(rows, fitOptions(d, { logic, ...changes }), tools)
  await tools.close()
  return seal({ ...content, detrend })
}

/** n rows of correlated features around 0, the standard deviation of feature j about 1.1 (1 + j): with or without a slow mean they are normal. */
export const centred = (n: number, seed: number): Float64Array => synthetic({ n, d, seed }).map((value, i) => value - 100 * (i % d))

/** The real scorer, in its worker. */
export function scorerOf(reference: Reference, dtype: Codec['dtype'] = 'float64'): Promise<Scorer> {
  return startScorer({ ...graphOf(reference, dtype), d: reference.features.length, providers: ['cpu'], threads: 1 })
}
