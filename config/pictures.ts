import { z } from 'zod'
import { byteSize, duration } from '../connectors/options.js'
import { fetchSchema } from '../connectors/pictures/rules.js'
import { defaultPictureLimits } from '../pictures/fault.js'

const heatmapsSchema = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe('Folder that the heatmaps are written to, one PNG per picture; made when it is missing. One for each monitor and replica.'),
  url: z
    .url({ protocol: /^https?$/, error: 'is not a URL that starts with http:// or https://' })
    .transform((url) => (url.endsWith('/') ? url : `${url}/`))
    .optional()
    .describe('Where a web server of yours serves the folder: alerts then link to files under this URL, else they name the path.')
    .meta({ examples: ['https://pictures.example.com/belt/'] }),
  overlay: z
    .boolean()
    .default(false)
    .describe('Draws the heatmap over the picture in grey. Without it nothing of the picture itself leaves the process.'),
  maxFiles: z.int().min(1).max(1_000_000).default(1000).describe('Files that the folder holds, at most; the oldest are deleted.'),
  maxBytes: byteSize().prefault('100MB').describe('Bytes that the files of the folder have together, at most; the oldest are deleted.'),
  attach: byteSize()
    .refine((bytes) => bytes <= MOST_ATTACHED, { error: 'expected at most 500kB: an alert has to pass topics and receivers' })
    .optional()
    .describe(
      'Alerts also carry the heatmap of their worst picture (`heatmapImage`, a data: URI), unless its file has more bytes than this. Default: none do.',
    )
    .meta({ examples: ['200kB'] }),
})

const MOST_ATTACHED = 500_000

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
  heatmaps: heatmapsSchema
    .optional()
    .describe(
      'Draws where in the worst pictures of an alert something is unusual, and links the alert to that. Default: off. See docs/pictures.md.',
    )
    .meta({ examples: [{ folder: './heatmaps', overlay: true }] }),
  fetch: fetchSchema
    .omit({ maxBytes: true })
    .prefault({})
    .describe(
      'Where the pictures that a URI names (`decode.image.uri`) may come from; nowhere unless it is said. The limit on bytes is `limits.messageBytes`.',
    ),
})

export type PicturesConfig = z.output<typeof picturesSchema>
export type HeatmapsConfig = z.output<typeof heatmapsSchema>

/** What stands before a file's name in an alert. */
export const heatmapPrefix = ({ folder, url }: HeatmapsConfig): string => url ?? `${folder.replace(/\/+$/, '')}/`
