import { beforeAll, describe, expect, it } from 'vitest'
import type { Whitening } from '../../detectors/whitening.js'
import { GapFiller } from '../../kinds/gaps.js'
import type { Detrended } from '../../pipelines/batch.js'
import { fillGaps } from '../../pipelines/gaps.js'
import { Metrics } from '../../pipelines/metrics.js'
import { unshrunk } from '../detectors/samples.js'
import { synthetic } from '../references/synthetic.js'
import { partitionAt } from './builders.js'
import { calibratedOf } from './findings.js'

const gap = Number.NaN
let whitening: Whitening
beforeAll(async () => {
  whitening = await unshrunk(synthetic({ n: 100, d: 2, seed: 1 }), 100, 2)
})

/** Two features each; the first has offset `from`. */
const batchOf = (rows: readonly (readonly [number, number])[], from = 0): Detrended => ({
  ...calibratedOf(
    partitionAt(from),
    rows.map((values) => ({ stream: 'a', values })),
  ),
})

describe('filling gaps', () => {
  it('does nothing where no record may lack anything, or none does', () => {
    const batch = batchOf([
      [1, 2],
      [3, 4],
    ])
    expect(fillGaps(undefined)(batch)).toBe(batch)
    expect(fillGaps(new GapFiller(whitening, [1]))(batch)).toBe(batch)
  })

  it('gives a record the same values in whatever batch it comes, and remembers what was missing', () => {
    const fill = fillGaps(new GapFiller(whitening, [0, 1]))
    const together = fill(
      batchOf([
        [1, gap],
        [3, 4],
        [gap, 101],
      ]),
    )
    const alone = fill(batchOf([[gap, 101]], 2))
    expect([...(together.gaps ?? [])].map(([row, { missing }]) => [row, missing])).toEqual([
      [0, [1]],
      [2, [0]],
    ])
    expect(together.values.every(Number.isFinite)).toBe(true)
    expect(together.values.subarray(4, 6)).toEqual(alone.values.subarray(0, 2))
  })

  it('is counted per stream and feature', async () => {
    const metrics = new Metrics()
    const monitor = metrics.forMonitor('m', { detectors: [], sinks: [], maxStreams: 1 })
    monitor.incomplete(3)
    monitor.missing('a', 'latency', 2)
    monitor.missing('b', 'latency', 1)
    const page = await metrics.registry.metrics()
    expect(page).toContain('driftwatch_records_incomplete_total{monitor="m"} 3')
    expect(page).toContain('driftwatch_missing_values_total{monitor="m",stream="a",feature="latency"} 2')
    expect(page).toContain('driftwatch_missing_values_total{monitor="m",stream="other",feature="latency"} 1')
  })
})
