import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { decadesOf } from '../../calibration/rate-map.js'
import { labelMix } from '../../detectors/label-mix.js'
import { collectRows } from '../../references/collect.js'
import { fitReference } from '../../references/fit.js'
import { LabelCensus, labelNumbers, labelShown } from '../../references/labels.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import { MergeRefused } from '../../references/mergeable.js'
import { purge } from '../../references/purge.js'
import { RowMemory } from '../../references/row-store.js'
import type { ReferenceRows, RowChunk } from '../../references/rows.js'
import { fitSummary } from '../../references/summary.js'
import { asRows, fitOptions, normals, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const labelsOf = (labels: readonly (string | undefined)[]) => {
  const census = new LabelCensus()
  const numbers = Float32Array.from(labels, (label) => census.of(label))
  return census.rows(new RowMemory(numbers, 1))
}
const times = <Item>(count: number, item: Item): Item[] => new Array<Item>(count).fill(item)

describe('labels of a reference', () => {
  it('are told apart from 20 rows on, by name; the others count together, and rows may have none', () => {
    const labels = labelsOf([...times(20, 'b'), ...times(19, 'c'), undefined, ...times(30, 'a'), 'd'])
    expect(labels.names).toEqual(['a', 'b'])
    expect([...labels.read(18, 22)]).toEqual([2, 2, 3, 3])
    expect([...labels.read(39, 41)]).toEqual([0, 1])
    const live = labelNumbers(labels.names)
    expect([undefined, 'a', 'b', 'c', 'never seen'].map((label) => live.of(label))).toEqual([0, 1, 2, 3, 3])
    expect([0, 1, 2, 3].map((number) => labelShown(labels.names, number))).toEqual(['no label', 'label=a', 'label=b', 'other labels'])
  })

  it('are the same in whatever order the rows came', () => {
    const rows = [...times(25, 'x'), ...times(40, 'y'), ...times(3, 'z'), ...times(7, undefined)]
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        const labels = labelsOf(shuffled)
        expect(labels.names).toEqual(['x', 'y'])
        expect([...labels.read(0, rows.length)]).toEqual(shuffled.map((label) => labelNumbers(['x', 'y']).of(label)))
      }),
      { numRuns: 20 },
    )
  })

  it('are the 254 most frequent ones, however many there are', () => {
    const many = Array.from({ length: 300 }, (_, i) => times(20 + i, `n${i}`)).flat()
    const labels = labelsOf(many)
    expect(labels.names).toHaveLength(254)
    expect(labels.names).not.toContain('n45')
    expect(labels.names).toContain('n46')
    const ids = labelsOf([...times(20, 'a'), ...Array.from({ length: 6000 }, (_, i) => `id-${i}`)])
    expect(ids.names).toEqual(['a'])
    expect(ids.read(6000, 6020).every((number) => number === 2)).toBe(true)
  })

  it('stay with their rows: sorted by stream in memory or in files, and where a purge drops some', async () => {
    const record = fc.record({ stream: fc.constantFrom('s', 't'), label: fc.constantFrom('0', '1', undefined), bad: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 1e6),
        async (batches, memory) => {
          const census = new LabelCensus()
          const many = (stream: 's' | 't', label: '0' | '1') => times(50, { stream, label, bad: false })
          const chunks = [...batches, many('s', '0'), many('t', '1')].map(
            (records): RowChunk => ({
              n: records.length,
              d: 1,
              // A row's value tells its label.
              values: Float64Array.from(records, ({ label = -1, bad }) => (bad ? Number.NaN : Number(label))),
              streams: ['s', 't'],
              streamOf: records.map(({ stream }) => (stream === 's' ? 0 : 1)),
              times: records.map(() => 0),
              rejected: 0,
              labels: { census, of: Float32Array.from(records, ({ label }) => census.of(label)) },
            }),
          )
          const feed = async function* () {
            yield* chunks
          }
          const rows = await collectRows(feed(), 1, memory)
          const agree = ({ n, store, labels }: ReferenceRows) =>
            expect([...labels!.read(0, n)]).toEqual([...store.read(0, n)].map((value) => value + 1))
          agree(rows)
          const kept = await purge(rows, tools.matmul)
          agree(kept)
          rows.labels?.close()
          rows.store.close()
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('a fit to labels', () => {
  const d = 3
  const n = 1600
  const normal = normals(1)
  const centres = [0, 0, 0, 15, 0, 0, 0, 15, 0]
  const values = Float64Array.from(
    { length: n * d },
    (_, at) => centres[(Math.floor(at / d) % 3) * d + (at % d)] + (1 + (at % d)) * normal(),
  )
  const right = Array.from({ length: n }, (_, i) => 'abc'[i % 3])
  const options = (...detectors: string[]) => fitOptions(d, { detectors, shrinkage: 'light' })
  const learn = (labels: readonly (string | undefined)[], ...detectors: string[]) =>
    fitReference({ ...asRows(values, d), labels: labelsOf(labels) }, options(...detectors), tools)

  it('leaves out rows with wrong labels: one in ten does not move the classes', async () => {
    const wrong = right.map((label, i) => (i % 10 === 7 ? 'abc'[(i + 1) % 3] : label))
    const clean = await learn(right, 'classes')
    const noisy = await learn(wrong, 'classes')
    const centresOf = ({ detectors }: typeof clean) => detectors.classes.tensors.centres.data
    centresOf(clean).forEach((value, at) => {
      expect(Math.abs(value - centresOf(noisy)[at])).toBeLessThan(0.03)
    })
    const left = Number(noisy.detectors.classes.scalars.n)
    expect(Math.abs(left - (n - n / 10))).toBeLessThan(3)
    expect(fitSummary(noisy).notes).toContain(
      `3 labels are told apart; ${n - left} of ${n} rows with a label look as if they were of another one, and count for no class`,
    )
  })

  it('keeps the names of the labels in the bundle, and reads back what it wrote', async () => {
    const reference = await learn(right, 'classes', 'relative', 'label-mix', 'hotelling')
    expect(reference.labels).toEqual(['a', 'b', 'c'])
    expect(fromFiles(toFiles(reference))).toEqual(reference)
    expect([...reference.detectors['label-mix'].tensors.counts.data]).toEqual([0, 534, 533, 533, 0])
  })

  it('goes on where a slow mean is subtracted, without the rows on which that settles', async () => {
    const walking = synthetic({ n: 6000, d, seed: 1, walk: 0.01 })
    const labels = labelsOf(Array.from({ length: 6000 }, (_, i) => 'ab'[i % 2]))
    const { detrend, calibration, detectors } = await fitReference(
      { ...asRows(walking, d), labels },
      options('hotelling', 'label-mix'),
      tools,
    )
    expect(detrend).toBeGreaterThan(0)
    const { rows } = calibration
    expect(rows).toBeLessThan(6000)
    expect([...detectors['label-mix'].tensors.counts.data]).toEqual([0, rows / 2, rows / 2, 0])
  })

  it.each([
    ['come in turn', (i: number) => 'abcde'[i % 5]],
    ['are all the same', () => 'a'],
  ])('is calibrated where labels %s', async (_, label) => {
    const labels = Array.from({ length: n }, (_, i) => label(i))
    const reference = await learn(labels, 'label-mix')
    const { calibration, detectors } = reference
    const decades = decadesOf(calibration.maps['label-mix'], calibration.spanDays)
    const decadesAt = (window: readonly (string | undefined)[]) => {
      const own = new Float64Array(detectors['label-mix'].tensors.counts.data.length)
      for (const one of window) own[labelNumbers(reference.labels ?? []).of(one)]++
      return decades(labelMix.score(detectors['label-mix'], { m: window.length, z: new Float64Array(0), own }))
    }
    expect(decadesAt(labels.slice(3, 67))).toBeLessThan(0)
    expect(decadesAt([undefined, ...labels.slice(1, 64)])).toBeLessThan(0)
    expect(decadesAt([...times(20, undefined), ...labels.slice(20, 64)])).toBe(12)
  })

  it('refuses rows without labels, and merging, by name', async () => {
    const refused = fitReference(asRows(values, d), options('gaussian', 'relative'), tools)
    await expect(refused).rejects.toThrow(
      /detector relative is fitted on the labels of the rows, but no label stands in as many as 20 of the 1600 rows.*clusters/,
    )
    await expect(learn(times(n, undefined), 'label-mix')).rejects.toMatchObject({ reason: 'no_labels' })
    const parts = [await learn(right, 'classes'), await learn(right.toReversed(), 'classes')].map((reference, i) => ({
      name: 'ab'[i],
      reference,
    }))
    await expect(mergeReferences(parts, undefined, tools)).rejects.toThrow(MergeRefused)
    await expect(mergeReferences(parts, undefined, tools)).rejects.toThrow(/detectors: classes of a is fitted on labels/)
  })
})
