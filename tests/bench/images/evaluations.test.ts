import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corruptionsEvaluation } from '../../../bench/images/corruptions.js'
import type { ImageEvaluation } from '../../../bench/images/evaluation.js'
import { embedded } from '../../../bench/images/feature-store.js'
import { magneticTileEvaluation } from '../../../bench/images/magnetic-tile.js'
import { npy } from '../npz-files.js'
import { PixelJudge } from './pixel-judge.js'
import { scene } from './scenes.js'

let data: string
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'evaluations-'))
  await mkdir(join(data, 'cifar10'))
  for (const [part, count, from] of [
    ['train', 20, 1],
    ['test', 32, 100],
  ] as const) {
    const pixels = Buffer.concat(Array.from({ length: count }, (_, i) => scene(from + i, 32, 32).rgb))
    await writeFile(join(data, `cifar10/${part}_x.npy`), npy('|u1', 'False', `${count}, 32, 32, 3`, new Uint8Array(pixels)))
    await writeFile(join(data, `cifar10/${part}_y.npy`), npy('|u1', 'False', `${count},`, new Uint8Array(count)))
  }
  const groups = ['file,group']
  for (const kind of ['free', 'crack']) await mkdir(join(data, 'magnetic_tile', kind), { recursive: true })
  for (let i = 0; i < 40; i++) {
    const { rgb, ...size } = scene(i, 16, 16)
    const kind = i % 4 === 0 ? 'crack' : 'free'
    const picture = sharp(kind === 'free' ? rgb : rgb.map((value) => value >> 2), { raw: { ...size, channels: 3 } })
    await writeFile(join(data, 'magnetic_tile', kind, `${i}.jpg`), await picture.jpeg().toBuffer())
    groups.push(`${kind}/${i}.jpg,${i >> 1}`)
  }
  await writeFile(join(data, 'magnetic_tile/groups.csv'), groups.join('\n'))
})
afterAll(() => rm(data, { recursive: true }))

const evaluation = (own: ImageEvaluation<unknown>['own'] = {}) => {
  const judge = new PixelJudge()
  return { data, own, judge, featuresOf: embedded(judge), done: () => {} }
}

describe('evaluations of pictures', () => {
  it('corruptions of another set than the photos have metrics of their own name', async () => {
    const report = await corruptionsEvaluation(evaluation({ set: 'cifar10', severities: '1,5' }))
    expect(report.split('\n').at(-3)).toMatch(/^metric corruptions_cifar10_auroc 0\.\d+$/)
    expect(report).toContain('severity 5')
    expect(report).not.toContain('severity 3')
  })

  it.each([
    [{ set: 'cats' }, '--set cats: there is no such set; there are photos, cifar10, tiles'],
    [{ severities: '1,6' }, '--severities 1,6: expected some of 1,2,3,4,5, each once'],
  ])('%o is refused', async (own, message) => {
    await expect(corruptionsEvaluation(evaluation(own))).rejects.toThrow(message)
  })

  it('defects of tiles end with one figure for all splits', async () => {
    const report = await magneticTileEvaluation(evaluation())
    const [name, value] = (report.split('\n').at(-1) ?? '').split(' ').slice(1)
    expect(name).toBe('magnetic_tile_auroc')
    expect(Number(value)).toBeGreaterThan(0.9)
  })
})
