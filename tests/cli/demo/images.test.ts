import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { playPictures } from '../../../cli/demo/images.js'
import { tinyBackbone } from '../../kit/tiny-backbone.js'
import { Capture } from '../capture.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driftwatch-tiny-'))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

it('the demo of pictures tells its story: fitted, watching, a fault injected, found and over, drained; and leaves nothing behind but heatmaps, where asked for', async () => {
  const backbone = join(folder, 'tiny.onnx')
  await writeFile(backbone, (await tinyBackbone(32, 'early')).bytes)
  const own = await mkdtemp(join(folder, 'tmp-'))
  vi.stubEnv('TMPDIR', own)
  const out = new Capture()
  const fault = { kind: 'darkness', stream: 'camera-3', at: 30, rows: 24, name: 'darkness', story: 'a fading lamp' } as const
  await playPictures(
    { normal: 150, degraded: 10, watched: 60, rate: 0, faults: [fault], backbone, heatmaps: join(folder, 'heatmaps') },
    out,
  )
  expect(out.text).toMatch(/^fitted reference [0-9a-f]{16} to 150 pictures; self-test passed$/m)
  expect(out.text).toMatch(/^metrics at http:\S+$/m)
  expect(out.text).toContain('injecting into camera-3: a fading lamp\n')
  expect(out.text).toMatch(/^camera-3: .* unusual in .*; injected at picture 30: a fading lamp$/m)
  expect(out.text).toContain('fault over in camera-3: a fading lamp\n')
  expect(out.text).toMatch(/^found 1 of 1 faults, in the n-th picture of its camera: darkness [1-4]; false alarms: \d+$/m)
  expect(out.text).toMatch(/^done: 60 pictures, \d+ alerts? opened, 0\.1 false ones expected; drained and stopped$/m)
  const drawn = await readdir(join(folder, 'heatmaps'))
  expect(drawn.filter((name) => name.startsWith('heatmap-demo-camera-3-'))).not.toEqual([])
  expect((await readdir(own)).filter((name) => name.startsWith('driftwatch'))).toEqual([])
})
