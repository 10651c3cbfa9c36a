import { NotEmbedded, type PictureMap } from '../backbones/embedder.js'
import type { Records } from '../connectors/records.js'
import type { Origin, PartitionRef, Source } from '../connectors/source.js'
import { uniforms } from '../detectors/random.js'
import { fnv1a } from '../pictures/patches.js'
import type { BlockMap } from '../references/bank-places.js'
import { finiteBatches } from './finite-batches.js'
import type { Pictures } from './pictures.js'

export interface DrawnMapsOptions {
  readonly sources: readonly Source[]
  readonly pictures: Pictures
  /** Maps to draw, at most. */
  readonly most: number
  /** Stretches that each partition is cut into. */
  readonly blocks: number
  onPicture?(done: number): void
}

export interface DrawnMaps {
  readonly maps: readonly BlockMap[]
  /** The block that a record is of: block b is the b-th part of every partition. */
  blockOf(origin: Origin): number
}

interface Drawn {
  readonly origin: Origin
  readonly rank: number
}

/**
 * Maps of pictures of finite sources, drawn by chance that is a hash of where a record stands: however partitions come in between one another, the
 * same ones are drawn. Connects and closes the sources. @throws ConnectError
 */
export async function drawnMaps({ sources, pictures, most, blocks, onPicture }: DrawnMapsOptions): Promise<DrawnMaps> {
  const extents = new Map<string, { readonly first: number; readonly last: number }>()
  let drawn: (Drawn & Pick<BlockMap, 'map'>)[] = []
  let looked = 0
  for await (const { lease, records } of finiteBatches(sources)) {
    const key = keyOf(lease)
    const offsets = Array.from(records.offsets)
    extents.set(key, { first: extents.get(key)?.first ?? offsets[0], last: offsets.at(-1) ?? 0 })
    const fresh = offsets.map((offset, index) => ({ ...drawAt({ ...lease, offset }), index }))
    const limit = [...drawn, ...fresh].map(({ rank }) => rank).sort((one, other) => one - other)[most - 1] ?? 1
    const found = await Promise.all(
      fresh.map(async ({ index, ...one }) => {
        const map = one.rank <= limit ? await mapOf(pictures, records, index) : undefined
        return map && { ...one, map }
      }),
    )
    const mapped = found.filter((one) => one !== undefined)
    drawn = [...drawn, ...mapped].sort((one, other) => one.rank - other.rank).slice(0, most)
    looked += mapped.length
    onPicture?.(looked)
  }
  const blockOf = (origin: Origin): number => {
    const { first, last } = extents.get(keyOf(origin)) ?? { first: 0, last: 0 }
    return Math.max(0, Math.min(blocks - 1, Math.floor((blocks * (origin.offset - first)) / (last - first + 1))))
  }
  const inOrder = drawn.toSorted(({ origin: a }, { origin: b }) =>
    keyOf(a) === keyOf(b) ? a.offset - b.offset : keyOf(a) < keyOf(b) ? -1 : 1,
  )
  return { maps: inOrder.map(({ origin, map }) => ({ map, block: blockOf(origin) })), blockOf }
}

/** Undefined where the row of the picture is not had either. */
async function mapOf(pictures: Pictures, records: Records, index: number): Promise<PictureMap | undefined> {
  const map = await pictures.map(records, index).catch((error) => {
    if (!(error instanceof NotEmbedded)) throw error
  })
  return map?.values.every(Number.isFinite) ? map : undefined
}

const keyOf = ({ topic, partition }: PartitionRef): string => JSON.stringify([topic, partition])

function drawAt({ topic, partition, offset }: Origin): Drawn {
  return { origin: { topic, partition, offset }, rank: uniforms(fnv1a(Buffer.from(JSON.stringify([topic, partition, offset]))))() }
}
