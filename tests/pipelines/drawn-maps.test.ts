import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from '../../backbones/embedder.js'
import { image } from '../../connectors/codecs/image.js'
import { Records } from '../../connectors/records.js'
import type { RawBatch, Source, SourceEvent } from '../../connectors/source.js'
import { drawnMaps } from '../../pipelines/drawn-maps.js'
import { Pictures } from '../../pipelines/pictures.js'
import { makeCodec, recordOf } from '../contract/codec-contract.js'
import { failsOnRed, nanOnRed, redPicture, startPrepared, tinyBackbone, waves } from '../kit/tiny-backbone.js'
import { leaseOf } from './builders.js'

const COUNT = 24
const codec = makeCodec(image, {}, { maxMessageBytes: 1e6 })

describe('maps that are drawn of finite sources', () => {
  let embedder: Embedder
  let pictures: Pictures
  let files: Buffer[]
  beforeAll(async () => {
    embedder = await startPrepared(await tinyBackbone(32, 'late'))
    pictures = new Pictures({ codec, embedder, batch: 4, linger: 0, fetch: async () => Buffer.of() })
    files = await Promise.all(Array.from({ length: COUNT }, (_, i) => waves(i)))
  })
  afterAll(() => pictures.close())

  /** Records [from, to) of a partition; those of partition 1 begin at offset 1000. */
  const batchOf = (partition: number, from: number, to: number): RawBatch => {
    const records = files.slice(from, to).map((value, i) => recordOf(value, { offset: 1000 * partition + from + i }))
    return { kind: 'batch', lease: leaseOf(partition), records: Records.of(records), bytes: 0, lag: 0 }
  }
  const sourceOf = (batches: readonly RawBatch[]): Source => ({
    connect: async () => undefined,
    read: async function* (): AsyncIterable<SourceEvent> {
      yield* batches
    },
    commit: async () => undefined,
    close: async () => undefined,
  })
  const drawn = (most: number, batches: readonly RawBatch[]) => drawnMaps({ sources: [sourceOf(batches)], pictures, most, blocks: 10 })

  it('are the same however partitions come in between one another', async () => {
    const one = await drawn(9, [batchOf(0, 0, 12), batchOf(0, 12, COUNT), batchOf(1, 0, COUNT)])
    const other = await drawn(9, [batchOf(1, 0, 5), batchOf(0, 0, COUNT), batchOf(1, 5, COUNT)])
    expect(one.maps).toHaveLength(9)
    expect(new Set(one.maps.map(({ block }) => block)).size).toBeGreaterThan(3)
    expect(other.maps).toEqual(one.maps)
  })

  it('are of blocks that are parts of each partition, and cover it', async () => {
    const { maps, blockOf } = await drawn(100, [batchOf(0, 0, COUNT), batchOf(1, 0, COUNT)])
    expect(maps).toHaveLength(2 * COUNT)
    for (const partition of [0, 1]) {
      const blocks = Array.from({ length: COUNT }, (_, i) => blockOf({ ...leaseOf(partition), offset: 1000 * partition + i }))
      expect(blocks).toEqual(blocks.toSorted((a, b) => a - b))
      expect(new Set(blocks)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
      expect(maps.slice(partition * COUNT, (partition + 1) * COUNT).map(({ block }) => block)).toEqual(blocks)
    }
    // What came since is of the last block.
    expect(blockOf({ ...leaseOf(0), offset: 5000 })).toBe(9)
  })

  /** The second record has another value. */
  const withValue = (value: Buffer): RawBatch => {
    const batch = batchOf(0, 0, 4)
    return { ...batch, records: Records.of([...batch.records].map((record, i) => (i === 1 ? { ...record, value } : record))) }
  }

  it('leave out what is no picture', async () => {
    expect((await drawn(100, [withValue(Buffer.from('no picture'))])).maps).toHaveLength(3)
  })

  it.each([
    ['that the backbone gives NaN of', nanOnRed],
    ['that the backbone fails on', failsOnRed],
  ])('leave out pictures %s', async (_, backbone) => {
    const other = new Pictures({
      codec,
      embedder: await startPrepared(await backbone('tap')),
      batch: 4,
      linger: 0,
      fetch: async () => Buffer.of(),
    })
    const { maps } = await drawnMaps({ sources: [sourceOf([withValue(await redPicture())])], pictures: other, most: 100, blocks: 10 })
    await other.close()
    expect(maps).toHaveLength(3)
  })
})
