import { z } from 'zod'
import { byteSize, duration } from '../options.js'

/** An ISO 8601 time with its offset, as ms since the epoch. */
export const timestamp = () =>
  z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-01T00:00:00Z' }).transform((text) => Date.parse(text))

export const drivers = ['kafkajs', 'columnar'] as const

/** How records are fetched. */
export const fetchFields = {
  driver: z
    .enum(drivers)
    .default('kafkajs')
    .describe('What fetches and decodes: kafkajs, or columnar, which is faster and needs Kafka 2.3 or newer'),
  checkCrcs: z.boolean().default(false).describe('Whether driver columnar checks the checksum of every record batch'),
  maxBytesPerPartition: byteSize().prefault('1MiB').describe('Most bytes that one fetch takes from a partition; bounds the memory'),
  maxWait: duration().prefault('500ms').describe('How long a broker waits for new records before it answers that there are none'),
}

export type FetchOptions = { readonly [Name in keyof typeof fetchFields]: z.output<(typeof fetchFields)[Name]> }
