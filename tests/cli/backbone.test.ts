import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrepared } from '../../backbones/model/description.js'
import { goldenPictures } from '../../pictures/golden.js'
import { bytesOf, convNet, EARLY } from '../backbones/model/nets.js'
import { run } from './capture.js'

let folder: string
let model: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driftwatch-backbone-'))
  model = join(folder, 'net.onnx')
  await writeFile(model, bytesOf(convNet()))
})
afterAll(() => rm(folder, { recursive: true }))

describe('driftwatch backbone inspect', () => {
  it('shows the input, the taps to begin with, and the next command', async () => {
    const { code, out, err } = await run('backbone', 'inspect', model)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^input +x {2}float \[N, 3, H, W\]$/m)
    expect(out).toMatch(/^pictures +at "x", 224 x 224, nchw$/m)
    expect(out).toMatch(/^late +Conv +12 +4 {2}56 x 56 +none$/m)
    expect(out).toContain(`driftwatch backbone prepare ${model} --taps late -o backbone.onnx`)
    expect(out).toContain('2 more with --all')
  })

  it('lists every tap on request, or everything as JSON', async () => {
    expect((await run('backbone', 'inspect', model, '--all', '--size', '32x64')).out).toMatch(/^early +Relu +7 +2 {2}16 x 32 +none$/m)
    const { out } = await run('backbone', 'inspect', model, '--json')
    expect(JSON.parse(out)).toMatchObject({
      name: 'net.onnx',
      suggested: ['late'],
      taps: [{ name: 'c1' }, { name: 'early' }, { name: 'late' }],
    })
  })

  it('exits 4 when no backbone can be made of the model, and says why', async () => {
    const old = join(folder, 'old.onnx')
    await writeFile(old, bytesOf(convNet({ opset: 9 })))
    const { code, out } = await run('backbone', 'inspect', old)
    expect(code).toBe(4)
    expect(out).toContain('no backbone: old.onnx uses operator set 9')
    expect(out).toMatch(/^input +x/m)
  })

  it('exits 2 on what is no model, and 5 on what cannot be read', async () => {
    const text = join(folder, 'text.onnx')
    await writeFile(text, '<html>')
    expect(await run('backbone', 'inspect', text)).toMatchObject({ code: 2, err: expect.stringContaining('text.onnx is no ONNX model') })
    const none = join(folder, 'none.onnx')
    expect(await run('backbone', 'inspect', none)).toMatchObject({
      code: 5,
      err: expect.stringContaining(`${none}: cannot be read (ENOENT`),
    })
    const lost = join(folder, 'none', 'backbone.onnx')
    expect(await run('backbone', 'prepare', model, '--taps', 'late', '-o', lost)).toMatchObject({
      code: 5,
      err: expect.stringContaining(`${lost}: cannot be written (ENOENT`),
    })
  })
})

describe('driftwatch backbone prepare', () => {
  it('writes a backbone that says how it was asked for', async () => {
    const file = join(folder, 'backbone.onnx')
    const options =
      '--taps late,early --statistics mean,max --map early --size 32x48 --fit stretch --kernel bicubic --colour bgr --scale 1/127.5 --mean 1 --std 1,2,4'
    const { code, out, err } = await run('backbone', 'prepare', model, ...options.split(' '), '-o', file)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^late +12 +4 {2}mean, max +24$/m)
    expect(out).toMatch(/^features +38 numbers per picture$/m)
    expect(out).toContain(`written to ${file}`)
    expect(readPrepared(await readFile(file))).toMatchObject({
      preprocessing: {
        size: [32, 48],
        fit: { type: 'stretch' },
        kernel: 'bicubic',
        colour: 'bgr',
        scale: 1 / 127.5,
        mean: [1, 1, 1],
        std: [1, 2, 4],
      },
      taps: [{ name: 'late', statistics: ['mean', 'max'] }, { name: 'early' }],
      map: 'early',
    })
  })

  it.each<[string, string[], RegExp]>([
    ['a tap that does not exist', ['--taps', 'later'], /tap "later" of net\.onnx does not exist \(did you mean "late"/],
    ['a statistic that does not exist', ['--taps', 'late', '--statistics', 'median'], /there is no statistic "median"/],
    ['a size that is none', ['--taps', 'late', '--size', '0'], /expected pixels such as 224/],
    ['two means', ['--taps', 'late', '--mean', '1,2'], /expected one number, or three/],
    ['an empty name', ['--taps', 'late,'], /expected names, separated by commas/],
  ])('refuses %s', async (_what, options, message) => {
    expect(await run('backbone', 'prepare', model, ...options, '-o', join(folder, 'x.onnx'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(message),
    })
  })

  it('does not write over the model', async () => {
    const { code, err } = await run('backbone', 'prepare', model, '--taps', 'late', '-o', model)
    expect(code).toBe(2)
    expect(err).toContain('is the model itself')
    expect(await readFile(model)).toEqual(Buffer.from(bytesOf(convNet())))
  })
})

describe('driftwatch backbone distance', () => {
  /** As far from the training as the file says; two pictures and one that is none. */
  const folderOf = async (name: string): Promise<string> => {
    const pictures = join(folder, name)
    await mkdir(pictures)
    for (const [i, one] of (await goldenPictures()).slice(0, 2).entries()) await writeFile(join(pictures, `${i}.jpg`), one)
    return pictures
  }
  const backboneOf = async (name: string, ...options: string[]): Promise<string> => {
    const file = join(folder, name)
    expect(await run('backbone', 'prepare', model, '--taps', 'early', '--size', '32', ...options, '-o', file)).toMatchObject({ code: 0 })
    return file
  }

  it('says how far pictures are from the training, each and together, without a reference', async () => {
    const trained = join(folder, 'trained.json')
    await writeFile(trained, JSON.stringify({ early: { mean: Array(EARLY).fill(0), variance: Array(EARLY).fill(1) } }))
    const backbone = await backboneOf('trained.onnx', '--trained', trained)
    const pictures = await folderOf('pictures')
    await writeFile(join(pictures, 'broken.png'), 'no picture')
    const { code, out } = await run('backbone', 'distance', pictures, '--backbone', backbone, '--json')
    expect(code).toBe(0)
    const found = JSON.parse(out)
    expect(found).toMatchObject({ pictures: 2, unusable: 1, taps: [{ name: 'early', stride: 2, channels: EARLY }] })
    for (const { together, median, high } of [found.taps[0].w2, found.taps[0].kl]) {
      expect(together).toBeGreaterThan(0)
      // Two pictures count little beside the 16 of the training.
      expect(together).toBeLessThan(high)
      expect(median).toBeLessThanOrEqual(high)
    }
    const text = (await run('backbone', 'distance', pictures, '--backbone', backbone)).out
    expect(text).toContain('2 pictures; 1 could not be used: 1 picture_format')
    expect(text).toMatch(/^early +2 +7 /m)
  })

  it('refuses a backbone that knows nothing of its training, and a folder without pictures', async () => {
    const backbone = await backboneOf('untrained.onnx')
    const pictures = await folderOf('others')
    expect(await run('backbone', 'distance', pictures, '--backbone', backbone)).toMatchObject({
      code: 2,
      err: expect.stringContaining('or with --trained FILE'),
    })
    expect((await run('backbone', 'distance', join(folder, 'nowhere'))).code).toBe(5)
  })
})
