import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { conformalP } from '../../calibration/p-value.js'
import { command as explain } from '../../cli/explain.js'
import { fitFrom } from '../../cli/fit.js'
import { fitInput } from '../../cli/fit-input.js'
import { backboneOf, checkedPictures } from '../../cli/picture-backbone.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { image } from '../../connectors/codecs/image.js'
import { Records } from '../../connectors/records.js'
import { patchDistance } from '../../detectors/patch-distance.js'
import { readBundle, writeBundle } from '../../references/bundle.js'
import { checkMergeable } from '../../references/mergeable.js'
import type { Reference } from '../../references/reference.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { makeCodec, recordOf } from '../contract/codec-contract.js'
import { silent } from '../contract/silent-logger.js'
import { configOf, watch } from '../kit/picture-monitor.js'
import { FAULT, tile, writeTiles, writeTinyBackbone } from '../kit/tiles.js'
import { runCommand } from './run-command.js'

/** All of them are drawn for the bank. */
const SOUND = 100

describe('a monitor that compares pictures with patches', () => {
  let folder: string
  let config: MonitorConfig
  let reference: Reference
  const at = (name: string) => join(folder, name)
  const plain = (changes: object = {}) => ({
    name: 'tiles',
    source: { folder: { path: at('normal') } },
    decode: { image: {} },
    pictures: { backbone: at('backbone.onnx') },
    detectors: ['patch-distance'],
    reference: { path: at('reference') },
    alerting: { falseAlarmsPerDay: 1500 },
    sinks: [{ stdout: {} }],
    ...changes,
  })
  const fitted = async (of: MonitorConfig) => fitFrom(of, await fitInput(of, undefined, {}, { monitor: of.name, logger: silent }))

  beforeAll(async () => {
    folder = await temporaryFolder()
    await mkdir(at('normal'))
    await writeTiles(at('normal'), SOUND)
    await writeTinyBackbone(at('backbone.onnx'), 'late')
    config = configOf(plain())
    reference = await fitted(config)
    await writeBundle(at('reference'), reference)
  }, 240_000)

  /** Distances of pictures, by the bank of the reference. */
  async function distancesOf(pictures: readonly Buffer[]): Promise<number[]> {
    const backbone = await backboneOf(config)
    if (backbone === undefined) throw new Error('expected a backbone')
    const embedder = await checkedPictures(config, reference, backbone, makeCodec(image, {}, { maxMessageBytes: 1e6 }))
    const { embedded } = await embedder.embed(Records.of(pictures.map((value, offset) => recordOf(value, { offset }))))
    await embedder.close()
    if (embedded === undefined) throw new Error('expected features')
    expect(embedded.rejections.filter((one) => one !== undefined)).toEqual([])
    return pictures.map((_, i) => embedded.rows[(i + 1) * embedded.d - 1])
  }

  it('keeps a bank in its reference, bounded and in float32', async () => {
    expect(reference.features.at(-1)).toBe('patch.distance')
    const places = reference.backbone?.places
    if (places === undefined || !('patches' in places)) throw new Error('expected a bank')
    expect(places.patches.length).toBeLessThanOrEqual(1000 * places.channels.length)
    expect(await readBundle(at('reference'))).toEqual({ ...reference, fittedAt: expect.any(String) })
  })

  it('alerts on a picture with a small foreign object, and says why', async () => {
    const normal = await Promise.all([601, 602, 603, 604, 605, 606].map((seed) => tile(seed)))
    const { events } = await watch(config, [normal, [await tile(507, true), await tile(508, true)]])
    expect(events[0]).toMatchObject({
      data: { detectors: ['patch-distance'], contributions: [{ feature: 'patch.distance' }] },
    })
    expect(events[0].data).toMatchObject({ worst: [{ offset: expect.toSatisfy((offset: number) => offset >= 6) }] })
  }, 60_000)

  it('calibrates on pictures that are new to the bank: new normal ones raise as many false alarms as is said', async () => {
    const { calibration, detectors, whitening } = reference
    const scoreOf = (distance: number) => {
      const row = Float64Array.from(whitening.mean)
      row[row.length - 1] = distance
      return patchDistance.score(detectors['patch-distance'], whitening, row)
    }
    const pOf = conformalP(calibration.quantiles['patch-distance'], calibration.evaluations['patch-distance'])
    const fresh = await distancesOf(await Promise.all(Array.from({ length: 400 }, (_, i) => tile(20_000 + i))))
    const alarms = (level: number) => fresh.filter((distance) => pOf(scoreOf(distance)) <= level).length / fresh.length
    expect(alarms(0.1)).toBeGreaterThan(0.02)
    expect(alarms(0.1)).toBeLessThan(0.17)
    expect(alarms(0.3)).toBeGreaterThan(0.18)
    expect(alarms(0.3)).toBeLessThan(0.42)
    // What it would be by the distances of the bank's own pictures, those of even tenths, from it.
    const own = Array.from({ length: SOUND }, (_, i) => i).filter((i) => Math.floor(i / 10) % 2 === 0)
    const within = (await distancesOf(await Promise.all(own.map((i) => tile(i + 1))))).sort((a, b) => b - a)
    expect(fresh.filter((distance) => distance > within[own.length / 10]).length / fresh.length).toBeGreaterThan(0.25)
  }, 120_000)

  it('draws heatmaps by the bank: the brightest place is that of the object', async () => {
    await writeFile(at('driftwatch.yaml'), JSON.stringify({ monitors: [plain()] }))
    await writeFile(at('faulty.png'), await tile(9002, true))
    await runCommand(explain, '--config', at('driftwatch.yaml'), at('faulty.png'), '--heatmap', at('heat.png'))
    const { data, info } = await sharp(at('heat.png')).raw().toBuffer({ resolveWithObject: true })
    const green = Array.from({ length: info.width * info.height }, (_, i) => data[i * info.channels + 1])
    const brightest = green.indexOf(Math.max(...green))
    // The network sees the middle of the picture, enlarged by 8/7; a position is 4 pixels, and pooled with those around it.
    const seen = (pixel: number) => (pixel + 0.5) * (7 / 8) + 3
    const [x, y] = [seen(brightest % info.width), seen(Math.floor(brightest / info.width))]
    expect(Math.abs(x - FAULT.x - FAULT.side / 2)).toBeLessThanOrEqual(FAULT.side / 2 + 4)
    expect(Math.abs(y - FAULT.y - FAULT.side / 2)).toBeLessThanOrEqual(FAULT.side / 2 + 4)
  }, 60_000)

  it('is not merged with another: each has patches of its own', () => {
    const other = { ...reference, version: 'another' }
    expect(() =>
      checkMergeable([
        { name: 'a', reference },
        { name: 'b', reference: other },
      ]),
    ).toThrow('backbone: a compares pictures with patches of its own pictures')
  })

  it('needs a backbone with a map, and says so before any picture is read', async () => {
    await writeTinyBackbone(at('plain.onnx'))
    await expect(fitted(configOf(plain({ pictures: { backbone: at('plain.onnx') } })))).rejects.toThrow(
      /detectors: patch-distance compares places of pictures, but the backbone .* gives no map; prepare it with/,
    )
  })

  it('is not fitted to named groups, of which its banks know nothing', async () => {
    const grouped = plain({ decode: { image: { group: { header: 'tile' } } } })
    await expect(fitted(configOf(grouped))).rejects.toThrow('may be of the same group (decode.image.group); leave one of the two out')
  })

  it('is not run without its bank, nor a bank without it', async () => {
    const without = configOf(plain({ detectors: ['angular'] }))
    await expect(watch(without, [])).rejects.toThrow('detectors is ["angular"], but the reference was calibrated with ["patch-distance"]')
  })
})
