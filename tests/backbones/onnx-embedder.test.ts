import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Embedder, NotEmbedded } from '../../backbones/embedder.js'
import { readPrepared } from '../../backbones/model/description.js'
import { share } from '../../backbones/onnx-embedder.js'
import { encodeJpeg } from '../../pictures/encode.js'
import { scene } from '../../pictures/scenes.js'
import { failsOnRed, redPicture, startPrepared, tinyBackbone, waves } from '../kit/tiny-backbone.js'

const open: Embedder[] = []
const started = async (...args: Parameters<typeof startPrepared>): Promise<Embedder> => {
  const embedder = await startPrepared(...args)
  open.push(embedder)
  return embedder
}
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(open.splice(0).map((embedder) => embedder.close()))
})

const several = (count: number, from = 0) => Promise.all(Array.from({ length: count }, (_, i) => waves(from + i)))

const { postMessage } = Worker.prototype

/** The worker threads that are given pixels to embed from now on, each once; the first of them dies with the first in hand. */
function killAtWork(): () => Worker[] {
  const found = new Set<Worker>()
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...message) {
    const pixels = Object.hasOwn(Object(message[0]), 'pixels')
    // Ended in the middle of a run, ONNX Runtime would abort the process.
    if (pixels && found.size === 0) void this.terminate()
    else postMessage.apply(this, message)
    if (pixels) found.add(this)
  })
  return () => [...found]
}

describe('the embedder', () => {
  it('gives a picture the same bits of the shipped backbone, whatever pictures share its run, and however many threads and workers', async () => {
    const bytes = new Uint8Array(await readFile(new URL('../../../models/efficientnet-lite0.prepared.onnx', import.meta.url)))
    const shipped = { bytes, description: readPrepared(bytes) }
    const pictures = await Promise.all(Array.from({ length: 5 }, (_, i) => encodeJpeg(scene(3, i, i === 2 ? { blur: 3 } : {}), 90)))
    const rows: Float32Array[] = []
    for (const changes of [{ batch: 1 }, { batch: 2, workers: 2 }, { batch: 5, threads: 3 }]) {
      const embedder = await started(shipped, changes)
      const parts = await Promise.all([embedder.embed(pictures.slice(0, 2)), embedder.embed(pictures.slice(2)), embedder.embed(pictures)])
      const whole = parts[2].rows
      expect(Buffer.concat([Buffer.from(parts[0].rows.buffer), Buffer.from(parts[1].rows.buffer)]).equals(Buffer.from(whole.buffer))).toBe(
        true,
      )
      rows.push(whole)
      await embedder.close()
    }
    expect(rows[0]).toHaveLength(5 * 1536)
    expect(rows[0].every(Number.isFinite)).toBe(true)
    for (const row of rows) expect(Buffer.from(row.buffer).equals(Buffer.from(rows[0].buffer))).toBe(true)
  })

  it.each([
    [1, 3, [1, 1, 1]],
    [4, 1, [4]],
    [4, 2, [2, 2]],
    [8, 3, [3, 3, 2]],
  ])('shares %i threads among %i workers, at least one each', (threads, workers, shares) => {
    expect(shares.map((_, place) => share(threads, workers, place))).toEqual(shares)
  })

  it('says what is wrong with a picture, and leaves the others what they are alone', async () => {
    const embedder = await started(await tinyBackbone())
    const [first, second] = await several(2)
    const alone = await embedder.embed([second])
    const { rows, faults } = await embedder.embed([first, Buffer.from('no picture'), first.subarray(0, 60), second])
    expect(faults.map((fault) => fault?.reason)).toEqual([undefined, 'picture_format', 'picture_truncated', undefined])
    expect(rows.subarray(3 * embedder.d)).toEqual(alone.rows)
    expect(alone.rows.some((value) => value !== 0)).toBe(true)
  })

  it('takes to its worker of a view only the picture itself', async () => {
    const embedder = await started(await tinyBackbone())
    const [picture] = await several(1)
    const fetched = Buffer.concat([Buffer.alloc(1_000_000), picture])
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const { faults } = await embedder.embed([fetched.subarray(1_000_000)])
    expect(faults).toEqual([undefined])
    const [{ pictures }] = posted.mock.calls[0] as [{ pictures: Uint8Array[] }]
    expect(pictures.map(({ buffer }) => buffer.byteLength)).toEqual([picture.length])
  })

  it('replaces a worker that dies, and tries again what it had in hand: nobody notices but who is told', async () => {
    const told: string[] = []
    const embedder = await started(await tinyBackbone(), { workers: 2, onRestart: (_, message) => told.push(message) })
    const pictures = await several(6)
    const expected = await embedder.embed(pictures)
    const workers = killAtWork()
    const under = Array.from({ length: 4 }, () => embedder.embed(pictures))
    for (const one of await Promise.all(under)) expect(one.rows).toEqual(expected.rows)
    expect(told).toEqual(['the embedding worker exited with code 1'])
    // The other one has not been touched, and both work on.
    await Promise.all(Array.from({ length: 4 }, () => embedder.embed(pictures)))
    expect(workers()).toHaveLength(3)
  })

  it('starts one worker for one that died, however much waited for it', async () => {
    const told: string[] = []
    const embedder = await started(await tinyBackbone(), { onRestart: (_, message) => told.push(message) })
    const pictures = await several(3)
    const workers = killAtWork()
    const under = Array.from({ length: 5 }, () => embedder.embed(pictures))
    await Promise.all(under)
    expect([told.length, workers().length]).toEqual([1, 2])
  })

  it('tries pictures twice of which the backbone fails; those that wait behind them come to no harm, and it works on', async () => {
    const told: string[] = []
    const embedder = await started(await failsOnRed(), { onRestart: (_, message) => told.push(message) })
    const [good, red] = [await several(2), await redPicture()]
    const expected = await embedder.embed(good)
    const [before, failing, behind, further] = await Promise.allSettled([
      embedder.embed(good),
      embedder.embed([good[0], red]),
      embedder.embed(good),
      embedder.embed(good),
    ])
    for (const settled of [before, behind, further]) expect(settled).toMatchObject({ status: 'fulfilled', value: { rows: expected.rows } })
    if (failing.status === 'fulfilled') throw new Error('a picture that the backbone fails on was embedded')
    expect(failing.reason).toBeInstanceOf(NotEmbedded)
    expect(failing.reason.message).toMatch(/^the backbone failed twice: .*(index|indices)/s)
    expect(told.length).toBe(2)
    expect((await embedder.embed(good)).rows).toEqual(expected.rows)
  })

  it('does not take a backbone that cannot be started again for pictures that cannot be embedded', async () => {
    const { bytes, description } = await tinyBackbone()
    const model = new Uint8Array(bytes)
    const embedder = await started({ bytes: model, description })
    const pictures = await several(2)
    killAtWork()
    model.fill(0)
    const under = embedder.embed(pictures)
    const fault = await under.catch((error: unknown) => error)
    expect(fault).not.toBeInstanceOf(NotEmbedded)
    expect(String(fault)).toMatch(/a backbone has died \(the embedding worker exited with code 1\) and cannot be started again: /)
  })

  it('ends between two tasks when it is closed', async () => {
    const embedder = await startPrepared(await tinyBackbone(), { workers: 2 })
    const under = embedder.embed(await several(4))
    await embedder.close()
    expect((await under).faults).toEqual([undefined, undefined, undefined, undefined])
    await expect(embedder.embed(await several(1))).rejects.toThrow('the embedder is closed')
  })
})
