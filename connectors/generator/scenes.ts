import { z } from 'zod'
import { encodeJpeg } from '../../pictures/encode.js'
import { type SceneFaults, scene } from '../../pictures/scenes.js'
import type { SourceComponent } from '../component.js'
import { type Sequence, SequentialSource } from '../files/sequential.js'
import type { RawRecord } from '../records.js'
import { rounds, spell } from './rounds.js'

const fault = z.strictObject({
  kind: z
    .enum(['blur', 'noise', 'darkness', 'foreign'])
    .describe('blur, darkness: grow evenly to their size at half their records; noise: at once; foreign: a spanner lies on the belt'),
  ...spell,
  size: z
    .number()
    .positive()
    .optional()
    .describe('blur: standard deviation in pixels (2); noise: in grey levels (15); darkness: the share of light that is missing (0.5)'),
})
type Fault = z.output<typeof fault>

const schema = z.strictObject({
  ...rounds(['camera-1', 'camera-2', 'camera-3'], 20),
  faults: z.array(fault).default([]).describe('Faults that are worked into the pictures'),
})
type Options = z.output<typeof schema>

/**
 * Cameras above a made-up conveyor belt, for the demo and for trying things out: JPEGs of 256 x 256 pixels with the camera as their
 * key. Repeatable: a record depends only on the options and its offset.
 */
export const scenesSource: SourceComponent<typeof schema> = {
  type: 'scenes',
  title: 'Made-up pictures of a conveyor belt, with faults on a schedule',
  schema,
  create: (options) => new SequentialSource(new Scenes(options), options.rate),
}

class Scenes implements Sequence {
  readonly topic = 'scenes'

  constructor(private readonly options: Options) {}

  async open(): Promise<number> {
    return this.options.rows ?? Number.POSITIVE_INFINITY
  }

  async *read(offset: number, signal: AbortSignal): AsyncIterable<readonly RawRecord[]> {
    const end = await this.open()
    for (let at = offset; at < end && !signal.aborted; at++) yield [await sceneRecord(this.options, at)]
  }
}

/** How libjpeg counts it; what cameras usually send. */
const QUALITY = 90

/** The picture that a camera would send. */
export async function sceneRecord({ streams, seed, start, interval, faults }: Options, offset: number): Promise<RawRecord> {
  const stream = streams[offset % streams.length]
  const value = await encodeJpeg(scene(seed, offset, faultsAt(faults, stream, offset)), QUALITY)
  return { offset, timestamp: start + Math.floor(offset / streams.length) * interval, key: Buffer.from(stream), value }
}

const faultsAt = (faults: readonly Fault[], stream: string, offset: number): SceneFaults =>
  Object.assign(
    {},
    ...faults
      .filter(({ at, rows, stream: hit = stream }) => hit === stream && offset >= at && offset < at + rows)
      .map((fault) => effectOf(fault, offset)),
  )

function effectOf({ kind, at, rows, size }: Fault, offset: number): SceneFaults {
  const grown = Math.min(1, (2 * (offset - at + 1)) / rows)
  if (kind === 'blur') return { blur: grown * (size ?? 2) }
  if (kind === 'darkness') return { darkness: grown * (size ?? 0.5) }
  if (kind === 'noise') return { noise: size ?? 15 }
  return { foreign: true }
}
