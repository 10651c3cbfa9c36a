import { z } from 'zod'
import { checkKinds, KindsFault } from '../kinds/inputs.js'
import { distinct } from './fields.js'

const compositionSchema = z.strictObject({
  parts: distinct(z.string().min(1), 'part')
    .min(2)
    .describe('The features that are its parts, two or more.')
    .meta({ examples: [['cpu', 'disk', 'idle']] }),
  total: z.number().positive().default(1).describe('What the parts sum to: 1 for probabilities, 100 for per cents.'),
  tolerance: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('How far their sum may be from it, as a share of the total. A record beyond is rejected, as is one with a negative part.'),
  floor: z
    .number()
    .positive()
    .max(0.25)
    .default(0.001)
    .describe('Smallest share of a part. What is below, zeros too, counts as this, and the other parts give way in proportion.'),
})

/** Which features are more than a plain number that every record has. */
export const kindsSchema = z
  .strictObject({
    optional: distinct(z.string().min(1), 'feature')
      .default([])
      .describe(
        'Features that a record may lack (no field, null, NaN, an empty cell): it is judged by the others. A composition is named by its own name.',
      )
      .meta({ examples: [['latency_p95']] }),
    circular: z
      .record(z.string(), z.number().positive())
      .default({})
      .describe('Features on a circle, each with its period: after the highest value comes the lowest.')
      .meta({ examples: [{ hour: 24, wind_direction: 360 }] }),
    compositional: z
      .record(z.string(), compositionSchema)
      .default({})
      .describe(
        'Groups of features that are parts of a whole, each under a name of its own: `parts` (two or more features), `total` (1), `tolerance` of their sum (0.01) and `floor`, the smallest share (0.001).',
      )
      .meta({ examples: [{ time: { parts: ['cpu', 'disk', 'idle'], total: 100 } }] }),
    logits: distinct(z.string().min(1), 'feature')
      .min(2)
      .optional()
      .describe("Features that are a classifier's logits, before softmax: `vim` reads them beside the others.")
      .meta({ examples: [['logit_cat', 'logit_dog']] }),
  })
  .superRefine((kinds, context) => {
    try {
      checkKinds(kinds)
    } catch (error) {
      if (!(error instanceof KindsFault)) throw error
      context.addIssue({ code: 'custom', path: [...error.field], message: error.what })
    }
  })
