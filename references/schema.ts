import { z } from 'zod'
import { thinnedLength } from '../calibration/p-value.js'
import type { Tensor } from '../detectors/stored.js'
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

const logic = z.strictObject({
  window: z
    .strictObject({ size: z.int().positive(), hop: z.int().positive(), longer: z.array(z.int().positive()).exactOptional() })
    .refine(
      ({ size, hop, longer = [] }) => [size, ...longer].every((length, i, all) => length % hop === 0 && length > (all[i - 1] ?? 0)),
      'expected the lengths to be rising multiples of the hop',
    ),
  record: kindLogic,
  drift: kindLogic,
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
})

export const contentSchema = z
  .strictObject({
    features: z.array(z.string()).min(1),
    labels: z.array(z.string()).min(1).exactOptional(),
    provenance: z.strictObject({
      source: z.string(),
      rows: z.int().positive(),
      streams: z.int().positive(),
      from: absent,
      to: absent,
      dropped: z.int().nonnegative(),
      parts: z.array(z.strictObject({ version: z.string(), source: z.string(), rows: z.int().positive() })),
    }),
    logic,
    detrend: z.number().min(0).lt(1),
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
    const { golden, whitening, detectors, bank } = content
    expect(whitening.tensors.mean?.data.length === d, ['whitening', 'tensors', 'mean'], `expected ${d} numbers, one per feature`)
    expect(bank === undefined || bank.rows.length === bank.m * d, ['bank', 'rows'], `expected ${bank?.m} rows of ${d} features`)
    expect(golden.inputs.length === golden.rows * d, ['golden', 'inputs'], `expected ${golden.rows} rows of ${d} features`)
    for (const [name, scores] of Object.entries(golden.expected)) {
      const fitted = Object.hasOwn(detectors, name)
      expect(scores.length === golden.rows && fitted, ['golden', 'expected', name], 'expected one score per golden row')
    }
    const names = JSON.stringify(Object.keys(detectors).sort())
    const { calibration } = content
    for (const part of ['maps', 'quantiles', 'evaluations'] as const) {
      const same = JSON.stringify(Object.keys(calibration[part]).sort()) === names
      expect(same, ['calibration', part], 'expected one entry per detector')
    }
    for (const [name, held] of Object.entries(calibration.quantiles)) {
      const kept = thinnedLength(calibration.evaluations[name] ?? 0)
      expect(held.length === kept, ['calibration', 'quantiles', name], `expected ${kept} scores, as many as are kept of the evaluations`)
    }
  })
