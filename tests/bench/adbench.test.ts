import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSets, type Split, splitOf } from '../../bench/adbench/data.js'
import { attempt } from '../../bench/adbench/experiment.js'
import { rankingFigures, tiedShare } from '../../bench/adbench/metrics.js'
import { adbenchReport } from '../../bench/adbench/report.js'
import { normals } from '../../connectors/generator/random.js'
import { npy, zip } from './npz-files.js'

const ranking = (scores: readonly number[], labels: readonly number[]) => ({
  scores: Float64Array.from(scores),
  labels: Uint8Array.from(labels),
})

describe('the figures of a ranking', () => {
  it('are as scikit-learn computes them', () => {
    // roc_auc_score, average_precision_score; the highest threshold with a recall of .95 lies at the last anomaly.
    const figures = rankingFigures(ranking([0.1, 0.4, 0.35, 0.8, 0.4, 0.2], [0, 0, 1, 1, 1, 0]))
    expect(figures.auroc).toBeCloseTo(7.5 / 9, 12)
    expect(figures.auprc).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 3) + (1 / 3) * (3 / 4), 12)
    expect(figures.fpr95).toBeCloseTo(1 / 3, 12)
  })

  it('count a tie as one half', () => {
    expect(rankingFigures(ranking([1, 1, 1, 1], [0, 1, 0, 1])).auroc).toBe(0.5)
    expect(tiedShare(ranking([1, 1, 2, 3], [0, 1, 1, 0]))).toBe(0.5)
  })

  it('are the share of pairs in the right order', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1 })), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(
        rows.filter((list) => new Set(list.map(([, label]) => label)).size === 2),
        (list) => {
          const of = (label: number) => list.filter((row) => row[1] === label).map(([score]) => score)
          const pairs = of(1).flatMap((high) => of(0).map((low) => (high > low ? 1 : high === low ? 0.5 : 0)))
          const { auroc } = rankingFigures(
            ranking(
              list.map(([score]) => score),
              list.map(([, label]) => label),
            ),
          )
          expect(auroc).toBeCloseTo(pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length, 10)
        },
      ),
    )
  })
})

describe('a split of a set', () => {
  let data = ''
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'driftwatch-adbench-'))
    await mkdir(join(data, 'adbench'))
    await mkdir(join(data, 'mvtec_resnet18_features'))
    // 100 normal rows 0 .. 99 and 20 anomalies 100 .. 119, as numpy.savez writes them.
    await writeFile(join(data, 'adbench', '7_Small.npz'), npz(120, 100))
    await writeFile(join(data, 'mvtec_resnet18_features', 'MVTec-AD_big.npz'), npz(20_000, 15_000))
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  it('holds every row once, the anomalies all in the test, and is the same for the same seed', async () => {
    const [small] = await listSets(data)
    expect(small).toMatchObject({ group: 'adbench', name: 'small' })
    const split = await splitOf(small, 1)
    expect(split.reference).toHaveLength(70)
    expect([...split.reference, ...split.test].sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i))
    expect([...split.test].map((value) => Number(value >= 100))).toEqual([...split.labels])
    expect(await splitOf(small, 1)).toEqual(split)
    expect(await splitOf(small, 2)).not.toEqual(split)
  })

  it('has at most 3,000 normal rows to test, and anomalies in proportion', async () => {
    const [, big] = await listSets(data)
    const { labels } = await splitOf(big, 1)
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(Math.round((5000 * 3000) / 4500))
    expect(labels.filter((label) => label === 0)).toHaveLength(3000)
  })

  it('needs the data', async () => {
    await expect(listSets(join(data, 'adbench'))).rejects.toThrow(/holds no folder \w+; expected ADBench/)
  })
})

describe('an attempt', () => {
  const split = (rows: number): Split => {
    const normal = normals(1)
    const draw = (n: number, scale: number) => Float64Array.from({ length: 3 * n }, () => scale * normal())
    return {
      d: 3,
      reference: draw(rows, 1),
      test: Float64Array.from([...draw(100, 1), ...draw(20, 5)]),
      labels: Uint8Array.from({ length: 120 }, (_, i) => Number(i >= 100)),
    }
  }

  it('goes through the shipped fit and pipeline, and its report names each detector', async () => {
    const result = await attempt(split(400), ['gaussian'])
    expect(result).toMatchObject({ outcome: 'scored', accepted: true })
    const report = adbenchReport([{ group: 'adbench', name: 'x', d: 3, fitted: 400, tested: 120, attempts: [result] }], 100)
    expect(Number(/metric adbench_mean_auroc (\S+)/.exec(report)?.[1])).toBeGreaterThan(0.95)
    expect(report).toMatch(/metric adbench_mean_auroc_gaussian 0\.9/)
    expect(report).toContain('metric adbench_refused_fits 0')
  })

  it('that the fit refuses counts as chance, and the report says so', async () => {
    const result = await attempt(split(20), ['gaussian'])
    expect(result).toEqual({ outcome: 'refused', reason: 'too_few_rows' })
    const report = adbenchReport([{ group: 'adbench', name: 'x', d: 3, fitted: 20, tested: 120, attempts: [result] }], 100)
    expect(report).toContain('1 of 1 REFUSED: too_few_rows')
    expect(report).toContain('metric adbench_mean_auroc 0.5')
  })
})

/** Stored arrays X (n x 1, the row's number) and y (1 from row `anomalies` on). */
function npz(n: number, anomalies: number): Buffer {
  const rows = Array.from({ length: n }, (_, i) => i)
  const labels = Int32Array.from(rows, (i) => Number(i >= anomalies))
  return zip([
    { name: 'X.npy', bytes: npy('<f8', 'False', `${n}, 1`, Float64Array.from(rows)) },
    { name: 'y.npy', bytes: npy('<i4', 'False', `${n},`, labels) },
  ])
}
