import { z } from 'zod'
import { byteSize, duration } from '../connectors/options.js'
import { largestMessage, obey } from './rules.js'

/** Most records in one batch; the bridge must have credits for at least one whole batch, or it would wait for ever. */
export const batchRecords = 1024

/** What bounds a monitor's memory. */
export const limitsSchema = z
  .strictObject({
    inFlightRecords: z
      .int()
      .min(batchRecords)
      .max(10_000_000)
      .default(16_384)
      .describe(`Records between the source and the commit, at most. At least one batch (${batchRecords}).`),
    inFlightBytes: byteSize().prefault('64MiB').describe('Payload bytes between the source and the commit, at most.'),
    messageBytes: byteSize()
      .optional()
      .describe(
        'A message above this size goes to the dead letters (too_large), and so does a picture that a URI names. Default: 1MiB; of pictures 20MB.',
      ),
    streams: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(25_000)
      .describe('Streams whose state is in memory, at most. That of the others is in a temporary file until their next record.'),
    knownStreams: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe('Streams that a monitor keeps state of, at most; records of further ones go to the dead letters (stream_limit).'),
    forgetAfter: duration()
      .refine((ms) => ms >= 60_000, { error: 'expected a duration of at least 1m' })
      .prefault('30d')
      .describe('A stream that is silent this long, by the times of the other records of its partition, is forgotten: it begins anew.'),
  })
  .check(obey(largestMessage))
