import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { families } from '../../../bench/images/corruptions/corruptions.js'
import { embedded, type Series, stored } from '../../../bench/images/feature-store.js'
import { rowsOf, stacked } from '../../../bench/images/judge.js'
import { oneClass, oneClassTable } from '../../../bench/images/one-class.js'
import { auroc, cIndex, pairedTrial, windowLengths } from '../../../bench/images/paired.js'
import { pairedReport } from '../../../bench/images/paired-report.js'
import { PixelJudge } from './pixel-judge.js'
import { scene } from './scenes.js'

const scenes = (from: number, count: number) => Array.from({ length: count }, (_, i) => scene(from + i, 24, 20))
const seriesOf = (name: string, from: number, count: number): Series => ({ name, count, picture: async (i) => scene(from + i, 24, 20) })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the concordance of scores with severity', () => {
  it('is the share of pairs of different severity in the right order', () => {
    expect(cIndex([Float64Array.of(1), Float64Array.of(2), Float64Array.of(3)])).toBe(1)
    expect(cIndex([Float64Array.of(3), Float64Array.of(2), Float64Array.of(1)])).toBe(0)
    // Pairs by hand: 1<2, 1<1.5, 4>2, 4>1.5, 2>1.5 of which two are in order.
    expect(cIndex([Float64Array.of(1, 4), Float64Array.of(2), Float64Array.of(1.5)])).toBeCloseTo(2 / 5, 12)
  })

  it('is the AUROC when there are two severities, and one half of ties', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }).map((values) => Float64Array.from(values))
    fc.assert(fc.property(scores, scores, (a, b) => Math.abs(cIndex([a, b]) - auroc(a, b)) < 1e-12))
    expect(cIndex([Float64Array.of(1, 1), Float64Array.of(1)])).toBe(0.5)
  })
})

describe('features kept on disk', () => {
  it('are those that would be made, and are made once', async () => {
    const judge = new PixelJudge()
    const first = await stored(judge, folder)(seriesOf('a', 1, 30))
    expect(judge.embeddings).toBe(30)
    const again = await stored(judge, folder)(seriesOf('a', 1, 30))
    expect(judge.embeddings).toBe(30)
    expect(again).toEqual(first)
    expect(first).toEqual(await embedded(new PixelJudge())(seriesOf('b', 1, 30)))
  })

  it('are made anew for other pictures of the same name', async () => {
    const judge = new PixelJudge()
    await stored(judge, folder)(seriesOf('c', 1, 3))
    await stored(judge, folder)(seriesOf('c', 2, 3))
    expect(judge.embeddings).toBe(6)
  })

  it('ignore what a run that was ended has left half written', async () => {
    const judge = new PixelJudge()
    const whole = await stored(judge, folder)(seriesOf('d', 1, 3))
    const [name] = (await readdir(join(folder, judge.key))).filter((file) => file.startsWith('d-'))
    await rm(join(folder, judge.key, name))
    await writeFile(join(folder, judge.key, `${name}.part`), 'half')
    expect(await stored(judge, folder)(seriesOf('d', 1, 3))).toEqual(whole)
  })
})

describe('rows of features', () => {
  it('are chosen in the order asked for, and stacked', () => {
    const features = { rows: 3, d: 2, values: Float32Array.of(1, 2, 3, 4, 5, 6) }
    expect(rowsOf(features, [2, 0])).toEqual({ rows: 2, d: 2, values: Float32Array.of(5, 6, 1, 2) })
    expect(stacked([rowsOf(features, [0]), rowsOf(features, [1, 2])])).toEqual(features)
  })
})

describe('the paired protocol', () => {
  const TESTED = 32
  const trial = async () => {
    const judge = new PixelJudge()
    const conditions: string[] = []
    const figures = await pairedTrial(
      { name: 'scenes', reference: scenes(100, 40), groups: Array.from({ length: 40 }, (_, i) => i >> 1), test: scenes(1, TESTED) },
      { judge, featuresOf: embedded(judge), scale: 'photo', severities: [1, 5], done: (condition) => conditions.push(condition) },
    )
    return { judge, figures, conditions }
  }
  const familyOf = <Figures extends { readonly families: readonly { readonly family: string }[] }>(
    byDetector: ReadonlyMap<string, Figures>,
    detector: string,
    family: string,
  ): Figures['families'][number] => {
    const found = byDetector.get(detector)?.families.find((one) => one.family === family)
    if (found === undefined) throw new Error(`no figures of ${detector} for ${family}`)
    return found
  }

  let first: Awaited<ReturnType<typeof trial>>
  beforeAll(async () => {
    first = await trial()
  })

  it('compares damaged with clean versions of the same pictures, for every detector, family and severity', () => {
    const { judge, figures, conditions } = first
    expect(judge.groups?.[3]).toBe(1)
    expect(conditions).toEqual(['fit', ...families.flatMap(({ name }) => [`${name}-1`, `${name}-5`])])
    expect(judge.embeddings).toBe(40 + TESTED + 2 * families.length * TESTED)
    expect([...figures.pictures.keys()]).toEqual(['all', 'light'])
    expect(familyOf(figures.pictures, 'all', 'gaussian-noise').auroc[1]).toBeGreaterThan(0.95)
    expect(familyOf(figures.pictures, 'light', 'dark').auroc[1]).toBeGreaterThan(0.9)
    // The mean brightness does not know contrast: chance, though severity 5 leaves next to nothing of the picture.
    expect(familyOf(figures.pictures, 'light', 'contrast').auroc[1]).toBeCloseTo(0.5, 1)
    expect(familyOf(figures.pictures, 'all', 'dark').cIndex).toBeGreaterThan(0.8)
  })

  it('finds more in longer windows, at the level of the clean ones', () => {
    const { figures } = first
    expect([...figures.windows.keys()]).toEqual(['all', 'light-means'])
    expect(familyOf(figures.windows, 'all', 'elastic').found).toHaveLength(windowLengths.length)
    const bright = familyOf(figures.windows, 'light-means', 'bright').found
    expect(bright[3]).toBeGreaterThanOrEqual(bright[0])
    expect(figures.windows.get('all')?.falseAlarms.every((part) => part >= 0 && part <= 1)).toBe(true)
  })

  it('is the same every time', async () => {
    expect((await trial()).figures).toEqual(first.figures)
  })

  it('ends its report with the three figures of the combination', () => {
    const report = pairedReport('photos', [1, 5], [first.figures])
    expect(report.split('\n').slice(-3)).toEqual([
      expect.stringMatching(/^metric corruptions_auroc 0\.\d+$/),
      expect.stringMatching(/^metric corruptions_window16 [01]\.?\d*$/),
      expect.stringMatching(/^metric corruptions_cindex 0\.\d+$/),
    ])
    for (const { name } of families) expect(report).toContain(name)
    expect(report).toContain('light')
  })
})

describe('the one-class protocol', () => {
  it('tells odd pictures from others of the kind, and counts false alarms by p', async () => {
    const judge = new PixelJudge()
    const featuresOf = embedded(judge)
    const reference = scenes(1, 40)
    const dark = {
      name: 'dark',
      count: 20,
      picture: async (i: number) => ({ ...scene(i, 24, 20), rgb: scene(i, 24, 20).rgb.map((v) => v >> 1) }),
    }
    const figures = await oneClass(
      judge,
      { pictures: reference, features: await judge.embed(reference) },
      await featuresOf(seriesOf('normal', 200, 20)),
      await featuresOf(dark),
    )
    expect(figures.get('light')?.auroc).toBeGreaterThan(0.9)
    expect(figures.get('light')?.found[0]).toBeGreaterThan(figures.get('light')?.falseAlarms[0] ?? 1)
    expect(oneClassTable([figures, figures]).split('\n')[2]).toMatch(/^light +[01]\.\d+ +0\.000/)
  })
})
