import { Matrix, solve } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import type { PictureMap } from '../../backbones/embedder.js'
import { multiply } from '../../detectors/matmul.js'
import { normal, uniforms } from '../../detectors/random.js'
import { learnPlaces, unusualPlaces } from '../../references/places.js'
import { plain } from '../kit/pictures.js'

const [channels, height, width] = [3, 4, 5]
const positions = height * width

/** Correlated channels; at the last position they spread twice as much. */
function mapOf(seed: number): PictureMap {
  const random = uniforms(seed)
  const values = new Float32Array(channels * positions)
  for (let p = 0; p < positions; p++) {
    const common = normal(random)
    for (let c = 0; c < channels; c++)
      values[c * positions + p] = (p === positions - 1 ? 2 : 1) * (c + 1) * (common + normal(random)) + 10 * c
  }
  return { channels, height, width, values, picture: plain(8, 8, 128) }
}

const maps = Array.from({ length: 60 }, (_, i) => mapOf(i + 1))

describe('places', () => {
  it('compare squared Mahalanobis distances with those that are usual at each position', async () => {
    const places = await learnPlaces(maps, multiply)
    if (places === undefined) throw new Error('expected places')
    const rows = maps.flatMap(({ values }) =>
      Array.from({ length: positions }, (_, p) => Array.from({ length: channels }, (_, c) => values[c * positions + p])),
    )
    const mean = Array.from({ length: channels }, (_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length)
    const centred = new Matrix(rows.map((row) => row.map((value, c) => value - mean[c])))
    const covariance = centred
      .transpose()
      .mmul(centred)
      .div(rows.length - 1)
    const square = (u: number[]) =>
      Matrix.rowVector(u)
        .mmul(solve(covariance, Matrix.columnVector(u)))
        .get(0, 0)
    const squares = centred.to2DArray().map(square)
    const usual = Array.from(
      { length: positions },
      (_, p) => squares.filter((_, i) => i % positions === p).reduce((a, b) => a + b) / maps.length,
    )
    // The shrinkage is light.
    for (const [p, value] of places.usual.entries()) expect(value / usual[p]).toBeCloseTo(1, 1)
    expect(usual[positions - 1]).toBeGreaterThan(2 * usual[0])
    const { values } = unusualPlaces(places, maps[7])
    Array.from(values).forEach((value, p) => {
      expect(value).toBeCloseTo(Math.log2(Math.max(1, squares[7 * positions + p] / usual[p])), 1)
    })
  })

  it('show what breaks the correlation of channels where it is, and draw usual pictures at most half bright on average', async () => {
    const places = await learnPlaces(maps, multiply)
    if (places === undefined) throw new Error('expected places')
    const odd = mapOf(999)
    odd.values[0 * positions + 7] = 8
    odd.values[1 * positions + 7] = 2
    const { values, range } = unusualPlaces(places, odd)
    expect(Array.from(values).indexOf(Math.max(...Array.from(values)))).toBe(7)
    expect(range[1]).toBeGreaterThanOrEqual(values[7])
    const brightest = Array.from({ length: 40 }, (_, i) => {
      const fresh = unusualPlaces(places, mapOf(2000 + i))
      return Math.max(...Array.from(fresh.values)) / fresh.range[1]
    })
    expect(brightest.reduce((sum, one) => sum + one, 0) / brightest.length).toBeLessThan(0.55)
  })

  it('cannot be learned where no two channels vary', async () => {
    const dead = maps.map((map) => ({ ...map, values: map.values.map((value, at) => (at < positions ? value : 0)) }))
    expect(await learnPlaces(dead, multiply)).toBeUndefined()
  })
})
