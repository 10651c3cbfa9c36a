import { z } from 'zod'
import { instant } from '../codecs/time.js'
import { duration } from '../options.js'

/** Options of made-up input that comes in rounds, one record of each stream; `rate` in records per second. */
export const rounds = (streams: readonly string[], rate: number) => ({
  streams: z
    .array(z.string().min(1))
    .min(1)
    .default([...streams])
    .describe('Names of the streams; each round has one record of each'),
  seed: z.int().default(1).describe('The same seed gives the same records'),
  start: instant().prefault('2026-01-01T00:00:00Z').describe('Time of the first round'),
  interval: duration().prefault('1m').describe('Time from one round to the next, in the data'),
  rate: z.number().min(0).default(rate).describe('Records per second of real time; 0 = as fast as they are worked off'),
  rows: z.int().min(1).optional().describe('How many records; default: without end'),
})

/** Where a fault lies. */
export const spell = {
  at: z.int().min(0).describe('First record of the fault'),
  rows: z.int().min(1).describe('Records of the whole input that it spans'),
  stream: z.string().min(1).optional().describe('The stream that it hits; default: all'),
}
