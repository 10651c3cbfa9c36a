import { describe, expect, it } from 'vitest'
import type { SeenRecord } from '../../alerts/lifecycle.js'
import type { PictureMap } from '../../backbones/embedder.js'
import { Heatmaps, type HeatmapsOptions } from '../../pipelines/heatmaps.js'
import { KeptPictures } from '../../pipelines/kept-pictures.js'
import type { Partition } from '../../pipelines/streams.js'
import { recordOf } from '../contract/codec-contract.js'
import { batchOf, eventsOf, gate, leaseOf, outcomeOf, partitionAt, streamAt } from './builders.js'

const never = new AbortController().signal
const strongest = (offset: number): SeenRecord => ({ offset, time: 0, score: 1, decades: 0 })
const pictures = (partition: Partition, ...offsets: number[]) =>
  batchOf(
    partition.lease,
    offsets.map((offset) => recordOf(Buffer.alloc(1000, offset), { offset })),
  )

describe('pictures that later alerts may name', () => {
  const partition = partitionAt()
  const [a, b] = [streamAt(partition, 'a'), streamAt(partition, 'b')]

  it('are those of the strongest record of each stream, as copies, until another one is stronger', () => {
    const kept = new KeptPictures(10_000)
    const raw = pictures(partition, 1, 2, 3)
    a.folded.strongest = strongest(2)
    kept.keep({ partition, states: [a], raw })
    raw.records.values.at(1)?.fill(99)
    expect(kept.find(partition.lease, 'a', 2)?.value).toEqual(Buffer.alloc(1000, 2))
    expect(kept.find(partition.lease, 'a', 1)).toBeUndefined()
    expect(kept.find(leaseOf(1), 'a', 2)).toBeUndefined()
    // Its own batch is gone.
    kept.keep({ partition, states: [a], raw: pictures(partition, 4) })
    expect(kept.find(partition.lease, 'a', 2)).toBeDefined()
    a.folded.strongest = strongest(5)
    kept.keep({ partition, states: [a], raw: pictures(partition, 5) })
    expect(kept.find(partition.lease, 'a', 2)).toBeUndefined()
    expect(kept.find(partition.lease, 'a', 5)).toBeDefined()
  })

  it('take no more memory than they may: those of the stream that was silent for longest go first', () => {
    const kept = new KeptPictures(2000)
    a.folded.strongest = strongest(1)
    b.folded.strongest = strongest(2)
    kept.keep({ partition, states: [a], raw: pictures(partition, 1) })
    kept.keep({ partition, states: [b], raw: pictures(partition, 2) })
    expect(kept.find(partition.lease, 'a', 1)).toBeUndefined()
    expect(kept.find(partition.lease, 'b', 2)).toBeDefined()
  })
})

describe('an alert', () => {
  const files = { connect: async () => undefined, has: async () => false, read: async () => undefined, write: async () => undefined }
  const partition = partitionAt()
  const events = eventsOf('a')
  const outcome = outcomeOf(partition, { events })
  const [{ data }] = events

  /** With a drawing that waits for ever, or for a map. */
  const heatmapsOf = (told: string[], changes: Partial<HeatmapsOptions>) =>
    new Heatmaps({
      prefix: 'at/',
      overlay: false,
      files,
      pictures: { mapNext: () => gate<PictureMap>().promise },
      places: { height: 1, width: 1, channels: [], whitening: { scalars: {}, tensors: {} }, usual: new Float64Array(1), highest: 1 },
      attach: undefined,
      memory: 10_000,
      patience: 1,
      told: (outcome) => told.push(outcome),
      ...changes,
    })
  const graded = (offset: number) => ({ partition, states: [], events, raw: pictures(partition, offset) })

  it('does not wait for a heatmap that takes too long', async () => {
    const told: string[] = []
    const heatmaps = heatmapsOf(told, {})
    heatmaps.begin(graded(data.worst[0].offset))
    expect(await heatmaps.ready(outcome, never)).toBe(outcome)
    expect(told).toEqual([])
  })

  it('waits for one that is drawn in time, and neither for more pictures nor for a stop', async () => {
    const told: string[] = []
    const map = gate<undefined>()
    const heatmaps = heatmapsOf(told, { patience: 600_000, pictures: { mapNext: () => map.promise } })
    heatmaps.begin(graded(data.worst[0].offset))
    expect(await heatmaps.ready(outcome, AbortSignal.abort())).toBe(outcome)
    const ready = heatmaps.ready(outcome, never)
    map.open(undefined)
    await ready
    expect(told).toEqual(['no_picture'])
  })

  it('goes without where its picture is gone, or the backbone fails on it', async () => {
    const told: string[] = []
    const mapNext = async () => {
      throw new Error('the device is gone')
    }
    const heatmaps = heatmapsOf(told, { patience: 600_000, pictures: { mapNext } })
    heatmaps.begin(graded(data.worst[0].offset + 1))
    await heatmaps.ready(outcome, never)
    heatmaps.begin(graded(data.worst[0].offset))
    await heatmaps.ready(outcome, never)
    expect(told).toEqual(['picture_gone', 'not_drawn'])
  })

  it('goes without where too many pictures wait to be drawn', async () => {
    const told: string[] = []
    const heatmaps = heatmapsOf(told, { memory: 3000 })
    for (const stream of ['a', 'b']) heatmaps.begin({ ...graded(data.worst[0].offset), events: eventsOf(stream) })
    expect(told).toEqual(['busy'])
  })
})
