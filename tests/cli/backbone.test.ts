import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrepared } from '../../backbones/model/description.js'
import { bytesOf, convNet } from '../backbones/model/nets.js'
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
    expect(out).toMatch(/^late +Conv +12 +4 {2}56 x 56$/m)
    expect(out).toContain(`driftwatch backbone prepare ${model} --taps late -o backbone.onnx`)
    expect(out).toContain('2 more with --all')
  })

  it('lists every tap on request, or everything as JSON', async () => {
    expect((await run('backbone', 'inspect', model, '--all', '--size', '32x64')).out).toMatch(/^early +Relu +7 +2 {2}16 x 32$/m)
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
    expect(await run('backbone', 'inspect', join(folder, 'none.onnx'))).toMatchObject({ code: 5, err: expect.stringContaining('ENOENT') })
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
