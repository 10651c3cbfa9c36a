import { z } from 'zod'
import type { SourceComponent } from '../component.js'
import { type Sequence, SequentialSource } from '../files/sequential.js'
import type { RawRecord } from '../records.js'
import { rounds, spell } from './rounds.js'
import { featureNames, type Sample, type SystemOptions, samples } from './system.js'

const fault = z.strictObject({
  kind: z
    .enum(['burst', 'correlation', 'shift'])
    .describe('burst: outliers at once; correlation: features that part from the load; shift: a slow rise'),
  ...spell,
  size: z.number().default(6).describe('Height in sigmas; a correlation break has none'),
})

const schema = z.strictObject({
  ...rounds(['checkout-eu', 'checkout-us', 'search', 'payments'], 200),
  faults: z.array(fault).default([]).describe('Faults that are worked into the rows'),
})

/**
 * A made-up live system, for the demo and for trying things out: JSON messages with `service` (also the key), `ts` and eight
 * features. Repeatable: a record depends only on the options and its offset.
 */
export const generatorSource: SourceComponent<typeof schema> = {
  type: 'generator',
  title: 'A made-up live system with faults on a schedule',
  schema,
  create: ({ rate, rows = Number.POSITIVE_INFINITY, ...system }) => new SequentialSource(new GeneratedRows(system, rows), rate),
}

/** Records per run: small, so that what is made ahead of a paced reader is little. */
const runLength = 64

class GeneratedRows implements Sequence {
  readonly topic = 'generator'

  constructor(
    private readonly system: SystemOptions,
    private readonly rows: number,
  ) {}

  async open(): Promise<number> {
    return this.rows
  }

  async *read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]> {
    let run: RawRecord[] = []
    for (const sample of samples(this.system, offset)) {
      if (sample.row >= this.rows || signal.aborted) break
      run.push(toRecord(sample))
      if (run.length === runLength) {
        yield run
        run = []
      }
    }
    yield run
  }
}

/** A sample as the message that a service would send. */
export function toRecord({ row, stream, time, values }: Sample): RawRecord {
  const message: Record<string, string | number> = { service: stream, ts: new Date(time).toISOString() }
  for (const [index, name] of featureNames.entries()) message[name] = values[index]
  return { offset: row, timestamp: time, key: Buffer.from(stream), value: Buffer.from(JSON.stringify(message)) }
}
