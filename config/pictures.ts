import { z } from 'zod'
import { duration } from '../connectors/options.js'
import { fetchSchema } from '../connectors/pictures/rules.js'
import { defaultPictureLimits } from '../pictures/fault.js'

/** What stands between a picture and its features, and what bounds it. */
export const picturesSchema = z.strictObject({
  backbone: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File that `driftwatch backbone prepare` wrote. Default: the backbone that ships with Driftwatch. Changing it needs a new reference (`driftwatch fit`).',
    )
    .meta({ examples: ['./resnet18.prepared.onnx'] }),
  tap: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The tap of the backbone that `corruption` looks at, at fit. Default: of those of stride 16 the one with the fewest channels.',
    ),
  patches: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder that `python -m training.discopatch` wrote: its network judges each picture by its patches, and that score is one more feature, `discopatch.score`, which the detector `discopatch` looks at. Changing it needs a new reference (`driftwatch fit`).',
    )
    .meta({ examples: ['./discopatch'] }),
  batch: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Pictures that go through the backbone in one run, at most, whatever partitions they are of; it bounds the memory of a GPU.'),
  linger: duration()
    .refine((ms) => ms <= 60_000, 'must be at most 1m')
    .prefault('0s')
    .describe(
      'How long a picture waits for others that fill up its run. Without it a run takes what has come when a worker is free. See docs/gpu.md.',
    )
    .meta({ examples: ['100ms'] }),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads with a backbone each, and for each one that decodes and resizes. They share `execution.threads`.'),
  maxPixels: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(defaultPictureLimits.pixels)
    .describe('A picture of more pixels (width x height, as its header says) goes to the dead letters undecoded.'),
  fetch: fetchSchema
    .omit({ maxBytes: true })
    .prefault({})
    .describe(
      'Where the pictures that a URI names (`decode.image.uri`) may come from; nowhere unless it is said. The limit on bytes is `limits.messageBytes`.',
    ),
})

export type PicturesConfig = z.output<typeof picturesSchema>
