import { describe, expect, it } from 'vitest'
import { sceneRecord, scenesSource } from '../../../connectors/generator/scenes.js'
import { decodePicture } from '../../../pictures/decode.js'
import { defaultPictureLimits } from '../../../pictures/fault.js'

const start = Date.UTC(2026, 0, 1)
const made = async (offset: number, options: object = {}) =>
  sceneRecord(scenesSource.schema.parse({ streams: ['left', 'right'], ...options }), offset)

async function raster(offset: number, options: object = {}) {
  const decoded = await decodePicture((await made(offset, options)).value ?? Buffer.alloc(0), defaultPictureLimits)
  if ('reason' in decoded) throw new Error(decoded.detail)
  return decoded
}

describe('made-up pictures', () => {
  it('are rounds of all cameras, an interval apart, each a JPEG with its camera as the key', async () => {
    const records = await Promise.all([0, 1, 2].map((offset) => made(offset)))
    expect(records.map(({ offset, key, timestamp }) => [offset, key?.toString(), timestamp])).toEqual([
      [0, 'left', start],
      [1, 'right', start],
      [2, 'left', start + 60_000],
    ])
    expect(await raster(1)).toMatchObject({ width: 256, height: 256 })
  })

  it('are faulty where the schedule says, and else the same as without it', async () => {
    const faults = [{ kind: 'foreign', at: 2, rows: 3, stream: 'left' }]
    const differs = async (offset: number) => !(await made(offset, { faults })).value?.equals((await made(offset)).value ?? Buffer.alloc(0))
    expect(await Promise.all([0, 1, 2, 3, 4, 5, 6].map(differs))).toEqual([false, false, true, false, true, false, false])
  })

  it('darken evenly over the first half of a fault, to what it says', async () => {
    const faults = [{ kind: 'darkness', at: 0, rows: 8, size: 0.6 }]
    const light = async (offset: number) => {
      const sum = ({ rgb }: { readonly rgb: Uint8Array }) => rgb.reduce((total, level) => total + level, 0)
      return sum(await raster(offset, { faults })) / sum(await raster(offset))
    }
    for (const [offset, left] of [0.85, 0.7, 0.55, 0.4, 0.4].entries()) expect(await light(offset)).toBeCloseTo(left, 1)
  })
})
