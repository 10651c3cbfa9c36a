import { z } from 'zod'
import { chartNames, chartSeries } from '../calibration/charts.js'
import { thinnedLength } from '../calibration/p-value.js'
import { MOST_STREAMS } from '../calibration/stream-curves.js'
import { detectors as known } from '../detectors/registry.js'
import type { Tensor } from '../detectors/stored.js'
import { featureMap } from '../kinds/feature-map.js'
import type { Inputs } from '../kinds/inputs.js'
import { isTensor } from './packing.js'

/** What a bundle must hold, once its tensors are in their places. Sizes that must agree are checked here too. */

const tensor = z
  .custom<Tensor>(isTensor, 'expected a float64 tensor')
  .refine(({ data }) => data.every(Number.isFinite), { message: 'holds a number that is not finite', abort: true })
const vector = tensor.transform(({ data }) => data)
const absent = z
  .string()
  .nullable()
  .transform((text) => text ?? undefined)

const fitted = z.strictObject({
  scalars: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  tensors: z.record(z.string(), tensor),
})

const rises = (values: Float64Array): boolean => values.every((value, i) => i === 0 || value > values[i - 1])

const rateMap = z
  .strictObject({
    scores: vector,
    counts: vector,
    tailStart: z.number(),
    tailScale: z.number().positive(),
    tailCount: z.number().positive(),
  })
  .refine(({ scores, counts }) => scores.length === counts.length && scores.length > 0, 'expected as many scores as counts, at least one')
  .refine(({ scores }) => rises(scores.toReversed()), 'expected the scores to fall')
  .refine(({ counts }) => counts[0] > 0 && rises(counts), 'expected the counts to rise')

const kindLogic = z.strictObject({ k: z.int().positive(), n: z.int().positive(), gap: z.int().positive() })

const lengths = { size: z.int().positive(), hop: z.int().positive(), longer: z.array(z.int().positive()).exactOptional() }

const logic = z.strictObject({
  window: z
    .union([z.strictObject(lengths), z.strictObject({ by: z.literal('time'), ...lengths, least: z.int().positive() })])
    .refine(
      ({ size, hop, longer = [] }) => [size, ...longer].every((length, i, all) => length % hop === 0 && length > (all[i - 1] ?? 0)),
      'expected the lengths to be rising multiples of the hop',
    ),
  record: kindLogic,
  drift: kindLogic,
  charts: z.array(z.enum(chartNames)).min(1).exactOptional(),
})

const calibration = z.strictObject({
  spanDays: z.number().positive(),
  rowsPerDay: z.number().positive(),
  rows: z.int().positive(),
  folds: z.int().positive(),
  maps: z.record(z.string(), rateMap),
  combined: rateMap,
  quantiles: z.record(z.string(), vector),
  evaluations: z.record(z.string(), z.int().positive()),
  ceiling: z.number(),
  dispersion: z.number(),
  streams: z
    .strictObject({
      own: z
        .array(z.strictObject({ name: z.string(), rows: z.int().positive(), combined: rateMap, ceiling: z.number() }))
        .min(1)
        .max(MOST_STREAMS)
        .refine((own) => new Set(own.map(({ name }) => name)).size === own.length, 'expected each stream once'),
      others: z.strictObject({ combined: rateMap, ceiling: z.number() }).exactOptional(),
    })
    .exactOptional(),
})

const inputs = z.strictObject({
  features: z.array(z.string()).min(1),
  optional: z.array(z.string()),
  circular: z.record(z.string(), z.number().positive()),
  compositional: z.record(
    z.string(),
    z.strictObject({
      parts: z.array(z.string()).min(2),
      total: z.number().positive(),
      tolerance: z.number().min(0),
      floor: z.number().positive(),
    }),
  ),
  logits: z.array(z.string()).min(2).exactOptional(),
})

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const backbone = z.strictObject({
  name: z.string(),
  version: sha256,
  patches: sha256.exactOptional(),
  golden: z.array(z.strictObject({ picture: z.base64(), decoded: sha256, preprocessed: sha256, features: vector })),
  trained: z.array(z.strictObject({ means: vector, logSds: vector, mean: vector, variance: vector })).exactOptional(),
  places: z
    .strictObject({
      height: z.int().min(1),
      width: z.int().min(1),
      channels: z.array(z.int().min(0)).min(1),
      whitening: fitted,
      usual: vector,
      highest: z.number().positive(),
    })
    .refine(({ height, width, usual }) => usual.length === height * width, { path: ['usual'], error: 'expected one number per position' })
    .exactOptional(),
})

/** The columns that the inputs have; undefined where they cannot be. */
function columnsOf(of: Inputs): readonly string[] | undefined {
  try {
    return featureMap(of).columns
  } catch {
    return undefined
  }
}

export const contentSchema = z
  .strictObject({
    features: z.array(z.string()).min(1),
    inputs: inputs.exactOptional(),
    backbone: backbone.exactOptional(),
    labels: z.array(z.string()).min(1).exactOptional(),
    provenance: z.strictObject({
      source: z.string(),
      rows: z.int().positive(),
      streams: z.int().positive(),
      from: absent,
      to: absent,
      dropped: z.int().nonnegative(),
      purged: z.int().nonnegative().exactOptional(),
      groups: z
        .strictObject({
          groups: z.int().positive(),
          largest: z.int().positive(),
          alone: z.int().nonnegative(),
          effective: z.number().positive(),
        })
        .exactOptional(),
      parts: z.array(z.strictObject({ version: z.string(), source: z.string(), rows: z.int().positive() })),
    }),
    logic,
    detrend: z.number().min(0).lt(1),
    adaptation: z
      .strictObject({
        recency: z.number().min(0).max(1),
        rows: z.int().positive(),
        limit: z.number().min(0),
        quiet: z.strictObject(
          { shift: z.number().min(0), spread: z.number().min(0), together: z.number().min(0) },
          { error: ({ input }) => (input === undefined ? 'is missing: an earlier release fitted this reference; fit it anew' : undefined) },
        ),
        precision: vector,
        mean: vector,
        scale: vector,
      })
      .exactOptional(),
    selfTest: z.strictObject({ s1: z.number(), s2: z.number(), s3: z.number(), passed: z.boolean(), worstFeature: z.string() }),
    whitening: fitted,
    detectors: z.record(z.string(), fitted),
    bank: z
      .strictObject({ m: z.int().positive(), rows: vector })
      .nullable()
      .transform((bank) => bank ?? undefined),
    calibration,
    golden: z.strictObject({
      inputs: vector,
      rows: z.int().nonnegative(),
      expected: z.record(z.string(), vector),
      tolerance: z.number().positive(),
    }),
    constant: z.array(z.string()),
  })
  .superRefine((content, context) => {
    const expect = (holds: boolean, path: string[], message: string) => {
      if (!holds) context.addIssue({ code: 'custom', path, message })
    }
    const d = content.features.length
    const { golden, whitening, detectors, bank, adaptation } = content
    const columns = content.inputs === undefined ? content.features : columnsOf(content.inputs)
    expect(JSON.stringify(columns) === JSON.stringify(content.features), ['inputs'], 'expected inputs whose columns are the features')
    const short = content.backbone?.golden.some(({ features }) => features.length !== d)
    expect(!short, ['backbone', 'golden'], `expected ${d} features of each golden picture`)
    expect(whitening.tensors.mean?.data.length === d, ['whitening', 'tensors', 'mean'], `expected ${d} numbers, one per feature`)
    if (adaptation !== undefined) {
      const { mean, scale, precision } = adaptation
      const fits = mean.length === d && scale.length === d && precision.length === d * d
      expect(fits, ['adaptation'], `expected means, scales and a precision of ${d} features`)
    }
    expect(bank === undefined || bank.rows.length === bank.m * d, ['bank', 'rows'], `expected ${bank?.m} rows of ${d} features`)
    expect(golden.inputs.length === golden.rows * d, ['golden', 'inputs'], `expected ${golden.rows} rows of ${d} features`)
    for (const [name, scores] of Object.entries(golden.expected)) {
      const fitted = Object.hasOwn(detectors, name)
      expect(scores.length === golden.rows && fitted, ['golden', 'expected', name], 'expected one score per golden row')
    }
    const windowDetectors = known.flatMap(({ name, kind }) => (kind === 'window' && Object.hasOwn(detectors, name) ? [name] : []))
    const series = chartSeries(content.logic.charts ?? [], windowDetectors).map(({ name }) => name)
    const names = JSON.stringify([...Object.keys(detectors), ...series].sort())
    const { calibration } = content
    for (const part of ['maps', 'quantiles', 'evaluations'] as const) {
      const same = JSON.stringify(Object.keys(calibration[part]).sort()) === names
      expect(same, ['calibration', part], 'expected one entry per detector and chart')
    }
    for (const [name, held] of Object.entries(calibration.quantiles)) {
      const kept = thinnedLength(calibration.evaluations[name] ?? 0)
      expect(held.length === kept, ['calibration', 'quantiles', name], `expected ${kept} scores, as many as are kept of the evaluations`)
    }
  })
