import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from '../../backbones/embedder.js'
import { parseModel } from '../../backbones/model/model-file.js'
import { type Prepared, prepare } from '../../backbones/model/prepare.js'
import { goldenPictures } from '../../pictures/golden.js'
import { GoldenMismatch } from '../../references/golden.js'
import { checkGoldenPictures, goldenPicturesOf, type PictureBackbone } from '../../references/picture-backbone.js'
import { bytesOf, convNet, EARLY, tensor, whole } from '../backbones/model/nets.js'
import { startPrepared, tinyBackbone } from '../kit/tiny-backbone.js'

let prepared: Prepared
let embedder: Embedder
let fitted: PictureBackbone
/** As though the reference's pictures varied by as much as the golden ones do. */
let scale: Float64Array
beforeAll(async () => {
  prepared = await tinyBackbone()
  embedder = await startPrepared(prepared)
  fitted = { name: 'tiny', version: '0', golden: await goldenPicturesOf(await goldenPictures(), traceOf(embedder)) }
  scale = fitted.golden[0].features.map((_, j) => {
    const values = fitted.golden.map(({ features }) => features[j])
    return Math.max(...values) - Math.min(...values)
  })
})
afterAll(() => embedder.close())

const traceOf = (one: Embedder) => (picture: Uint8Array) => one.trace(picture)
const check = (trace = traceOf(embedder), changed = fitted) => checkGoldenPictures(changed, scale, trace)
/** What the check says of another embedder. */
const checkOf = async (other: Promise<Embedder>) => {
  const one = await other
  return check(traceOf(one)).finally(() => one.close())
}

describe('golden pictures', () => {
  it('are the same files in every process, and come out as they did at fit', async () => {
    expect(fitted.golden.map(({ picture }) => picture)).toEqual((await goldenPictures()).map((picture) => picture.toString('base64')))
    await check()
  })

  it('show that pictures are resized in another way, which the backbone file does not say', async () => {
    const size: [number, number] = [...prepared.description.preprocessing.size]
    const fault = await checkOf(startPrepared(prepared, { preprocessing: { size, fit: { type: 'stretch' }, kernel: 'bicubic' } })).catch(
      String,
    )
    expect(fault).toMatch(/pre-processing gives other pixels for golden picture 0 than at fit; run driftwatch fit again/)
  })

  it('show that the decoder gives other pixels', async () => {
    const trace = async (picture: Uint8Array) => ({ ...(await embedder.trace(picture)), decoded: '0'.repeat(64) })
    await expect(check(trace)).rejects.toThrow(/^decoding gives other pixels for golden picture 0 than at fit/)
    await expect(check(trace)).rejects.toThrow(GoldenMismatch)
  })

  it('show that the network computes something else: another weight, or an execution provider that does', async () => {
    const net = convNet()
    const first = whole(EARLY * 27, 16).map((weight, i) => (weight / 64) * (i < 27 ? 1.2 : 1))
    const tensors = net.tensors.map((one) => (one.name === 'w1' ? tensor('w1', [EARLY, 3, 3, 3], 'FLOAT', first) : one))
    const { preprocessing } = prepared.description
    const { size, fit, ...rest } = preprocessing
    const other = await prepare(parseModel(bytesOf({ ...net, tensors }), 'tiny.onnx'), {
      taps: ['early', 'late'],
      size,
      preprocessing: { ...rest, fit: fit.type },
    })
    const fault = await checkOf(startPrepared(other)).catch(String)
    expect(fault).toMatch(
      /the backbone gives \S+ as feature \d+ of golden picture 0, at fit it gave \S+ \(at most 0\.05 deviations apart\); try another execution provider/,
    )
  })

  it('may differ by 0.05 deviations of the reference, as those of other kernels do, and by no more; what never varied counts for nothing', async () => {
    const off = (by: number) => async (picture: Uint8Array) => {
      const { features, ...hashes } = await embedder.trace(picture)
      return { ...hashes, features: features.map((value, j) => value + by * scale[j]) }
    }
    await check(off(0.045))
    await check(off(-0.045))
    await expect(check(off(0.055))).rejects.toThrow('the backbone gives')
    await expect(check(off(Number.NaN))).rejects.toThrow('the backbone gives')
    const first = async (picture: Uint8Array) => {
      const { features, ...hashes } = await embedder.trace(picture)
      return { ...hashes, features: features.fill(9, 0, 1) }
    }
    await expect(check(first)).rejects.toThrow('the backbone gives 9 as feature 0')
    await checkGoldenPictures(fitted, scale.with(0, 0), first)
  })
})
