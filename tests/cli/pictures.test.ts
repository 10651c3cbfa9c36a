import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrepared } from '../../backbones/model/description.js'
import { command as doctor } from '../../cli/doctor.js'
import { command as explain } from '../../cli/explain.js'
import { command as fit } from '../../cli/fit.js'
import { command as replay } from '../../cli/replay.js'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import type { Raster } from '../../pictures/raster.js'
import { readBundle } from '../../references/bundle.js'
import { EARLY, LATE } from '../backbones/model/nets.js'
import { config } from '../config/texts.js'
import { FAULT, tile, writeTiles, writeTinyBackbone } from '../kit/tiles.js'
import { writeChanged } from './reference.js'
import { runCommand } from './run-command.js'

const SOUND = 160
let folder: string
const at = (name: string) => join(folder, name)

/** A monitor of the tiles, with the backbone and the reference of these names. */
function monitor(backbone: string, reference: string): string {
  const path = at(`${backbone}-${reference}.yaml`)
  const fields = {
    source: `{ folder: { path: ${at('tiles')} } }`,
    decode: '{ image: {} }',
    pictures: `{ backbone: ${at(backbone)} }`,
    reference: `{ path: ${at(reference)} }`,
    alerting: '{ falseAlarmsPerDay: 2000 }',
    deadLetters: `{ file: { path: ${at('dead.ndjson')} } }`,
  }
  writeFileSync(path, config(fields))
  return path
}

async function ok(...[command, ...args]: Parameters<typeof runCommand>): Promise<string> {
  const { code, out, err } = await runCommand(command, ...args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return out
}

async function picture(path: string): Promise<Raster> {
  const raster = await decodePicture(readFileSync(path), defaultPictureLimits)
  if ('reason' in raster) throw new Error(raster.detail)
  return raster
}

/** Mean of the green channel, the bright end of the colours, inside and outside of the fault. */
function greenOf({ width, height, rgb }: Raster): { inside: number; outside: number } {
  const sums = { inside: [0, 0], outside: [0, 0] }
  // The network sees the middle of the picture, enlarged by 8/7.
  const seen = (pixel: number) => (pixel + 0.5) * (7 / 8) + 3
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inside = [seen(x) - FAULT.x, seen(y) - FAULT.y].every((from) => from >= 0 && from < FAULT.side)
      const sum = sums[inside ? 'inside' : 'outside']
      sum[0] += rgb[(y * width + x) * 3 + 1]
      sum[1]++
    }
  return { inside: sums.inside[0] / sums.inside[1], outside: sums.outside[0] / sums.outside[1] }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-pictures-'))
  mkdirSync(at('tiles'))
  await writeTiles(at('tiles'), SOUND)
  writeFileSync(at('sound.png'), await tile(9001))
  writeFileSync(at('faulty.png'), await tile(9002, true))
  await writeTinyBackbone(at('mapped.onnx'), 'early')
  await writeTinyBackbone(at('plain.onnx'))
  await ok(fit, '--config', monitor('mapped.onnx', 'reference'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

it('a tap that the backbone lacks is said before any picture is read, by fit and by doctor', async () => {
  const path = at('wrong-tap.yaml')
  writeFileSync(path, readFileSync(monitor('plain.onnx', 'reference'), 'utf8').replace('plain.onnx }', 'plain.onnx, tap: f99 }'))
  const said = 'pictures.tap: no tap "f99" of the backbone has means; expected one of early, late'
  const fitted = await runCommand(fit, '--config', path)
  expect({ code: fitted.code, err: fitted.err }).toEqual({ code: 2, err: expect.stringContaining(said) })
  expect(fitted.err).not.toContain('reading')
  expect((await runCommand(doctor, path)).out).toContain(said)
})

it('detectors of the statistics of the training are fitted where the backbone knows them, and else refused before any picture is read', async () => {
  const with_ = (backbone: string) => {
    const path = at(`trained-${backbone}.yaml`)
    const named = 'detectors: [bn-wasserstein, bn-divergence-windows, quadratic-mean]'
    writeFileSync(path, readFileSync(monitor(backbone, `of-${backbone}`), 'utf8').replace('decode:', `${named}\n    decode:`))
    return path
  }
  const refused = await runCommand(fit, '--config', with_('plain.onnx'))
  expect({ code: refused.code, err: refused.err }).toEqual({
    code: 2,
    err: expect.stringContaining('tiny.onnx has none: prepare it from a model'),
  })
  expect(refused.err).not.toContain('reading')

  const channels = (length: number) => ({ mean: Array(length).fill(0), variance: Array(length).fill(0.04) })
  await writeTinyBackbone(at('trained.onnx'), undefined, { early: channels(EARLY), late: channels(LATE) })
  await ok(fit, '--config', with_('trained.onnx'))
  const { backbone, detectors } = await readBundle(at('of-trained.onnx'))
  // Both taps have smaller strides than the one that shows quality, or are it.
  expect(backbone?.trained?.map(({ mean }) => mean.length)).toEqual([EARLY, LATE])
  expect(detectors['quadratic-mean'].tensors.first.shape[0]).toBeLessThanOrEqual(EARLY + LATE)
}, 120_000)

describe('driftwatch explain of pictures', () => {
  it('can draw heatmaps with the backbone that ships', () => {
    const path = new URL('../../../models/efficientnet-lite0.prepared.onnx', import.meta.url)
    expect(readPrepared(new Uint8Array(readFileSync(path)))).toMatchObject({ map: 'f16a', taps: { length: 6 } })
  })

  const explained = (...args: string[]) => ok(explain, '--config', monitor('mapped.onnx', 'reference'), ...args)

  it('says of a file what is unusual, and groups the channels in words', async () => {
    const text = await explained(at('faulty.png'))
    expect(text).toMatch(/^record +\S+faulty\.png\n/)
    expect(text).toMatch(/\nseen +content \([\d.,]+ times the limit\)/)
    // Both taps of this backbone are of fine texture.
    expect(text).not.toMatch(/\ndepth/)
    expect(text).toMatch(/\nfine texture at 1\/2, mean \(early\) +/)
    expect(await explained(at('sound.png'))).toMatch(/\nseen +nothing unusual: under every limit\n/)
  })

  it('gives groups whose shares sum to the score', async () => {
    const { detectors, picture, contributions } = JSON.parse(await explained(at('faulty.png'), '--json'))
    const sum = (parts: { share: number }[]) => parts.reduce((total, { share }) => total + share, 0)
    expect(sum(picture.groups) / detectors[0].score).toBeCloseTo(1, 6)
    expect(sum(contributions) / detectors[0].score).toBeCloseTo(1, 6)
  })

  it('finds a picture of the input, and gives what the file gives', async () => {
    const place = JSON.parse(await explained('--at', `${at('tiles')}/0/7`, '--json'))
    const file = JSON.parse(await explained(join(at('tiles'), '0007.png'), '--json'))
    expect(place.record.time).toBe('1970-01-01T00:00:07.000Z')
    expect(place.contributions).toEqual(file.contributions)
  })

  it('writes a heatmap that is bright where the fault is', async () => {
    await explained(at('faulty.png'), '--heatmap', at('faulty-heat.png'))
    await explained(at('sound.png'), '--heatmap', at('sound-heat.png'))
    const faulty = greenOf(await picture(at('faulty-heat.png')))
    const sound = greenOf(await picture(at('sound-heat.png')))
    expect(faulty.inside).toBeGreaterThan(3 * faulty.outside)
    expect(sound.inside).toBeLessThan(2 * sound.outside)
    await explained(at('faulty.png'), '--heatmap', at('over.png'), '--overlay')
    const [over, bare] = [await picture(at('over.png')), await picture(at('faulty-heat.png'))]
    expect([over.width, over.height]).toEqual([bare.width, bare.height])
    expect(over.rgb).not.toEqual(bare.rgb)
  })

  it('refuses a heatmap of a backbone without a map and says how to have one', async () => {
    // The two backbones make the same features.
    const reference = await readBundle(at('reference'))
    if (reference.backbone === undefined) throw new Error('expected a reference of pictures')
    const { places: _, ...backbone } = reference.backbone
    const version = createHash('sha256')
      .update(readFileSync(at('plain.onnx')))
      .digest('hex')
    await writeChanged(at('without'), reference, { backbone: { ...backbone, version } })
    const run = await runCommand(explain, '--config', monitor('plain.onnx', 'without'), at('faulty.png'), '--heatmap', at('none.png'))
    expect(run.code).toBe(2)
    expect(run.err).toMatch(/gives no map; prepare it with `driftwatch backbone prepare … --map TAP`/)
  })

  it('refuses broken pictures, two places and none', async () => {
    writeFileSync(at('broken.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0]))
    const path = monitor('mapped.onnx', 'reference')
    const broken = await runCommand(explain, '--config', path, at('broken.jpg'))
    expect(broken).toMatchObject({ code: 2, err: expect.stringMatching(/broken\.jpg cannot be scored: .*\(picture_\w+\)/) })
    const neither = await runCommand(explain, '--config', path)
    expect(neither).toMatchObject({ code: 2, err: expect.stringContaining('or name a picture file instead') })
    const lost = await runCommand(explain, '--config', path, at('nowhere.jpg'))
    expect(lost).toMatchObject({ code: 5, err: expect.stringContaining('nowhere.jpg') })
  })
})

describe('alerts about pictures', () => {
  it('name groups of features in words, and the picture that is worst', async () => {
    mkdirSync(at('live'))
    for (let i = 0; i < 12; i++) writeFileSync(join(at('live'), `${String(i).padStart(2, '0')}.png`), await tile(5000 + i, i >= 8))
    const path = at('live.yaml')
    writeFileSync(path, readFileSync(monitor('mapped.onnx', 'reference'), 'utf8').replace(at('tiles'), at('live')))
    const events = (await ok(replay, path))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data)
    const [opened] = events.filter(({ kind }) => kind === 'record')
    expect(opened).toMatchObject({ transition: 'opened', summary: expect.stringContaining('fine texture at 1/') })
    expect(opened.worst[0]).toMatchObject({ topic: at('live'), offset: 8 })
    const known = ['mean (early)', 'spread (early)', 'mean (late)', 'spread (late)']
    for (const { feature } of opened.contributions) expect(known.some((group) => feature.endsWith(group))).toBe(true)
  })
})

describe('driftwatch doctor of pictures', () => {
  it('lets the backbone make the golden pictures, and tells its time', async () => {
    const text = await ok(doctor, monitor('mapped.onnx', 'reference'), '--sample', '5')
    expect(text).toMatch(/ok +pictures +cpu reproduces the 3 golden pictures with tiny\.onnx \([0-9a-f]{12}\), [\d.,]+ ms each\n/)
    expect(text).toMatch(/ok +records +\d+ of \d+ records decode/)
  })

  it('fails where the backbone is not that of the reference, and names both', async () => {
    const { code, out } = await runCommand(doctor, monitor('plain.onnx', 'reference'))
    expect(code).toBe(4)
    expect(out).toMatch(
      /FAIL +pictures +.*the backbone \S+ is tiny\.onnx \(\w{12}\), but the reference was fitted with tiny\.onnx \(\w{12}\)/,
    )
  })
})
