import { z } from 'zod'

export const adaptSchema = z.strictObject({
  recency: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      'What the copy of a stream makes of the past: 0 weighs all of it alike, 1 forgets within some 10,000 records, 0.1 within some 100,000.',
    ),
  farthest: z
    .number()
    .positive()
    .default(1)
    .describe("How far a copy may go from the fitted reference, in the reference's standard deviations, before an alert says so."),
})
