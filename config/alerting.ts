import { z } from 'zod'
import { severityModelSchema } from '../alerts/severity-model.js'
import { rate, wait } from './fields.js'
import { kOfN, obey } from './rules.js'

/** How evaluations of one kind become an alarm: k of the last n, an episode ends after `gap` evaluations without one. */
const logic = (gap: number, evaluation: string) =>
  z
    .strictObject({
      k: z.int().min(1).max(1000).default(1).describe(`An alert opens when k of the last n ${evaluation} are over the limit.`),
      n: z.int().min(1).max(1000).default(1).describe('See k; at least k.'),
      gap: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(gap)
        .describe(`An episode is over after this many ${evaluation} in a row below the limit.`),
    })
    .check(obey(kOfN))

/** When an alert opens, and how many may be false. */
export const alertingSchema = z.strictObject({
  falseAlarmsPerDay: rate()
    .describe(
      'The budget: alerts that may open on clean data, over all streams of the monitor. A number per day, or a rate such as `1/week`.',
    )
    .meta({ examples: [1, '1/week'] }),
  precision: z
    .number()
    .min(0.5)
    .max(0.999)
    .optional()
    .describe(
      'Beyond the budget, alerts lower the limit for a while: of those that then open, this share should be real. For many streams with common causes. Without it the limit is that of the budget.',
    )
    .meta({ examples: [0.9] }),
  perStream: z
    .boolean()
    .default(true)
    .describe(
      'A stream with enough reference rows of its own (K of at least 8 in its share of the budget), whose alerts are not what its share allows, gets a limit of its own.',
    ),
  rowsPerDay: rate()
    .optional()
    .describe('Records over all streams, per day or as a rate such as `10/s`. Without it the event times of the reference say.')
    .meta({ examples: ['10/s'] }),
  record: logic(30, 'records').prefault({}).describe('Record anomalies. Changing it needs a new calibration (`driftwatch fit`).'),
  drift: logic(8, 'windows').prefault({}).describe('Window drift. Changing it needs a new calibration (`driftwatch fit`).'),
  feedback: z.boolean().default(true).describe('Moves the limit within bounds so that the realised rate of alerts stays on the budget.'),
  relativeClearing: z
    .boolean()
    .default(true)
    .describe('An alert also resolves when a stream has settled well below its own worst level, not only below the limit.'),
  fixedThresholds: z
    .record(z.string(), z.number())
    .optional()
    .describe(
      "Advanced: a limit on a detector's own score in place of the calibrated one. The budget then says nothing about that detector.",
    )
    .meta({ examples: [{ gaussian: 42 }] }),
  severityModel: severityModelSchema
    .optional()
    .describe(
      'How rarity, effect, persistence and agreement add up to a severity: what `driftwatch severity fit` wrote. Default: each by its levels.',
    )
    .meta({ examples: [{ weights: { rarity: 0.5, effect: 1.7, persistence: 2.1, detectors: 0.9 }, cuts: [1.2, 3.1, 5.4] }] }),
  updateEvery: wait(1000).prefault('15m').describe('An open alert is sent again at most this often when nothing but its evidence changed.'),
  noData: wait(1000)
    .optional()
    .describe('A stream that is silent this long is reported as feed trouble. Without it silence is not reported.')
    .meta({ examples: ['10m'] }),
})
