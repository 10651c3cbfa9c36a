import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corrupt, families } from '../../../bench/images/corruptions/corruptions.js'
import type { Normal } from '../../../bench/images/judge.js'
import { auroc } from '../../../bench/images/paired.js'
import { openJudge, type ProductJudge } from '../../../bench/images/product-judge.js'
import type { Reference } from '../../../references/reference.js'
import { tinyBackbone } from '../../kit/tiny-backbone.js'
import { scene } from './scenes.js'

const scenes = (from: number, count: number) => Array.from({ length: count }, (_, i) => scene(from + i, 32, 32))
const noisy = families.find(({ name }) => name === 'gaussian-noise')!

let folder: string
let judge: ProductJudge
let normal: Normal
let reference: Reference
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'judge-'))
  const backbone = join(folder, 'tiny.onnx')
  await writeFile(backbone, (await tinyBackbone()).bytes)
  judge = await openJudge({ backbone })
  const pictures = scenes(1, 120)
  // The pictures of a group lie far apart.
  normal = { pictures, features: await judge.embed(pictures), groups: pictures.map((_, i) => i % 40) }
  reference = await judge.fit(normal)
})
afterAll(async () => {
  await judge.close()
  await rm(folder, { recursive: true })
})

describe('the judge that is the product', () => {
  it('fits the default detectors of pictures, and tells of what the self-test refuses', () => {
    expect(Object.keys(reference.detectors).sort()).toEqual(['angular', 'corruption', 'corruption-means', 'hotelling'])
    expect(judge.remark()).toMatch(/refused [01] of 1 references/)
  })

  it('scores damaged pictures, and windows of them, higher than clean ones, with rarer p', async () => {
    const clean = scenes(500, 32)
    const damaged = await Promise.all(clean.map((picture, i) => corrupt(picture, noisy, 'photo', 5, i)))
    const [fine, worse] = [await judge.embed(clean), await judge.embed(damaged)]
    const [one, other] = [await judge.judge(reference, fine), await judge.judge(reference, worse)]
    expect(Object.keys(one)).toEqual(['all', 'angular', 'corruption'])
    for (const detector of Object.keys(one)) {
      expect(auroc(one[detector].scores, other[detector].scores)).toBeGreaterThan(0.8)
      for (const p of [...one[detector].p, ...other[detector].p]) expect(p > 0 && p <= 1).toBe(true)
    }
    const rows = [Array.from({ length: 16 }, (_, i) => i), Array.from({ length: 16 }, (_, i) => 16 + i)]
    const [usual, moved] = [await judge.judgeWindows(reference, fine, rows), await judge.judgeWindows(reference, worse, rows)]
    expect(Object.keys(usual)).toEqual(['all', 'corruption-means', 'hotelling'])
    expect(Math.max(...moved.all.p)).toBeLessThan(Math.min(...usual.all.p))
  })

  it('names the groups to the fit: what they are called does not matter', async () => {
    expect(reference.provenance.groups).toEqual({ groups: 40, largest: 3, alone: 0, effective: 40 })
    const renamed = await judge.fit({ ...normal, groups: normal.groups?.map((group) => 999 - group) })
    expect(renamed.version).toBe(reference.version)
    const { groups: _groups, ...alone } = normal
    expect((await judge.fit(alone)).provenance.groups).toBeUndefined()
  })

  it('refuses what a monitor would', async () => {
    await expect(openJudge({ detectors: 'no-such' })).rejects.toThrow(/no-such|expected one of/)
  })
})
