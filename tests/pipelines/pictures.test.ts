import { readFile, rename, writeFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { firstValueFrom, from, toArray } from 'rxjs'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { EmbeddedPictures, Embedder } from '../../backbones/embedder.js'
import { image } from '../../connectors/codecs/image.js'
import { degradations } from '../../pictures/degrade.js'
import { embed } from '../../pipelines/embed.js'
import { Pictures } from '../../pipelines/pictures.js'
import { turn } from '../../pipelines/turn.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { makeCodec, recordOf } from '../contract/codec-contract.js'
import { nothingTold, type PictureMonitor, pictureMonitor, watch } from '../kit/picture-monitor.js'
import { pictureFile, withSize } from '../kit/pictures.js'
import { failsOnRed, greyPicture, nanOnRed, redPicture, startPrepared, tinyBackbone, waves } from '../kit/tiny-backbone.js'
import { batchOf, gate, leaseOf } from './builders.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const patiently = { timeout: 60_000, interval: 1 }
const several = (count: number, first = 500) => Promise.all(Array.from({ length: count }, (_, i) => waves(first + i)))
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the stage embed', () => {
  /** An embedder whose answers are let out one by one. */
  class Held implements Embedder {
    readonly provider = 'cpu'
    readonly d = 1
    readonly lanes = 3
    readonly asked: { readonly pictures: readonly Uint8Array[]; answer(found: EmbeddedPictures): void }[] = []
    most = 0
    #now = 0

    async embed(pictures: readonly Uint8Array[]): Promise<EmbeddedPictures> {
      this.most = Math.max(this.most, ++this.#now)
      const { promise, open } = gate<EmbeddedPictures>()
      this.asked.push({ pictures, answer: open })
      return promise.finally(() => this.#now--)
    }

    degrade = async () => undefined
    trace = async () => ({ decoded: '', preprocessed: '', features: new Float32Array(1) })
    map = async () => undefined
    close = async () => undefined
  }

  const lent = (offset: number, count: number, released: number[]) => ({
    batch: batchOf(
      leaseOf(),
      upTo(count).map((i) => recordOf(Buffer.of(offset + i), { offset: offset + i })),
    ),
    release: () => void released.push(offset),
  })

  it('hands batches on in their order whichever is done first, gives no credit back, and holds no more pieces than are worked on', async () => {
    const embedder = new Held()
    const pictures = new Pictures({ codec: makeCodec(image, {}), embedder, batch: 2, linger: 0, fetch: async () => Buffer.of() })
    const released: number[] = []
    const loans = [lent(0, 3, released), lent(3, 1, released), lent(4, 4, released)]
    const done = firstValueFrom(from(loans).pipe(embed(pictures), toArray()))
    // The last that was asked for is answered first.
    for (let left = 5; left > 0; left--) {
      while (embedder.asked.length === 0) await turn()
      for (let i = 0; i < 10; i++) await turn()
      const { pictures: some, answer } = embedder.asked.pop()!
      answer({ rows: Float32Array.from(some, ([first]) => 10 * first), faults: some.map(() => undefined) })
    }
    const batches = await done
    expect(batches.map(({ batch }) => [...batch.records.offsets])).toEqual([[0, 1, 2], [3], [4, 5, 6, 7]])
    expect(batches.map(({ batch }) => [...(batch.records.embedded?.rows ?? [])])).toEqual([[0, 10, 20], [30], [40, 50, 60, 70]])
    expect(embedder.most).toBe(3)
    expect(released).toEqual([])
  })

  it('puts pictures of several batches into one piece while all workers are busy, and hands each batch its own', async () => {
    const embedder = new Held()
    const pictures = new Pictures({ codec: makeCodec(image, {}), embedder, batch: 4, linger: 0, fetch: async () => Buffer.of() })
    const done = firstValueFrom(from(upTo(8).map((offset) => lent(offset, 1, []))).pipe(embed(pictures), toArray()))
    const pieces: number[][] = []
    while (pieces.flat().length < 8) {
      while (embedder.asked.length === 0) await turn()
      const { pictures: some, answer } = embedder.asked.shift()!
      pieces.push(some.map(([first]) => first))
      answer({ rows: Float32Array.from(some, ([first]) => 10 * first), faults: some.map(() => undefined) })
      await turn()
    }
    expect(pieces).toEqual([[0], [1], [2], [3, 4, 5, 6], [7]])
    expect((await done).map(({ batch }) => [...(batch.records.embedded?.rows ?? [])])).toEqual(upTo(8).map((i) => [10 * i]))
  })

  it('fails where the embedder is out of order, and not where pictures are', async () => {
    const embedder = new Held()
    embedder.embed = async () => {
      throw new Error('the device is gone')
    }
    const pictures = new Pictures({ codec: makeCodec(image, {}), embedder, batch: 2, linger: 0, fetch: async () => Buffer.of() })
    const done = firstValueFrom(from([lent(0, 3, [])]).pipe(embed(pictures), toArray()))
    await expect(done).rejects.toThrow('the device is gone')
  })
})

describe('what degradations change', () => {
  it('is not known of a picture that is none or that the backbone fails on, and a fit goes on with the others', async () => {
    const embedder = await startPrepared(await failsOnRed())
    const pictures = new Pictures({ codec: makeCodec(image, {}), embedder, batch: 2, linger: 0, fetch: async () => Buffer.of() })
    const values = [Buffer.alloc(0), Buffer.from('no picture'), await redPicture(), await waves(1)]
    const { records } = batchOf(
      leaseOf(),
      values.map((value, offset) => recordOf(value, { offset })),
    )
    const shifts = await Promise.all(values.map((_, i) => pictures.shifts(records, i, [1, 0])))
    await pictures.close()
    expect(shifts.map((one) => one?.length)).toEqual([undefined, undefined, undefined, 2 * 2 * degradations.length])
    // The same picture is degraded in the same way.
    const again = await startPrepared(await failsOnRed())
    const { shifts: same } = (await again.degrade(values[3], [1, 0], 3))!
    await again.close()
    expect(shifts[3]).toEqual(same)
    expect(same.every((shift) => shift !== 0)).toBe(true)
  })
})

describe('a monitor of pictures', () => {
  let monitor: PictureMonitor
  beforeAll(async () => {
    monitor = await pictureMonitor(await temporaryFolder(), await tinyBackbone())
  })

  it('scores, commits and gives back every picture in order, by several workers within its credits', async () => {
    const pictures = await several(60)
    const batches = [1, 9, 20, 2, 3, 18, 7].map((count) => pictures.splice(0, count))
    const { limits, pictures: own } = monitor.config
    const config = { ...monitor.config, limits: { ...limits, inFlightRecords: 12 }, pictures: { ...own!, workers: 3 } }
    const { scored, committed, letters, loan } = await watch(config, batches)
    expect(scored).toEqual(upTo(60))
    expect(letters).toEqual([])
    expect(committed).toEqual(committed.toSorted((a, b) => a - b))
    expect(committed.at(-1)).toBe(60)
    expect(loan.now).toBe(0)
    // As many as there are credits, and the one batch that exceeds them.
    expect(loan.most).toBeGreaterThan(12)
    expect(loan.most).toBeLessThan(12 + 20)
  })

  it('buries each bad picture with its reason and origin, and scores what is only unusual', async () => {
    const good = await several(3)
    const bad: [string, Buffer][] = [
      ['picture_truncated', good[0].subarray(0, 900)],
      ['empty', Buffer.alloc(0)],
      ['picture_format', Buffer.from('GIF89a, or so it says')],
      ['picture_too_small', withSize(pictureFile('alpha.png'), 1, 1)],
      ['picture_too_many_pixels', withSize(pictureFile('alpha.png'), 20_000, 20_000)],
      ['picture_animated', pictureFile('animated.png')],
      ['picture_animated', pictureFile('animated.webp')],
      ['picture_broken', Buffer.from(`\xff\xd8\xff${'noise'.repeat(50)}\xff\xd9`, 'latin1')],
    ]
    const unusual = ['cmyk.jpg', 'grey-16.png', 'colour-16.png', 'grey.jpg'].map(pictureFile)
    const values = [good[0], ...bad.map(([, bytes]) => bytes), good[1], ...unusual, await greyPicture(0), await greyPicture(255), good[2]]
    const { scored, letters, committed } = await watch(monitor.config, [values.slice(0, 5), values.slice(5)])
    expect(letters.map(({ reason, origin, value }) => [reason, origin, value?.length])).toEqual(
      bad.map(([reason, bytes], i) => [reason, { topic: 'camera', partition: 0, offset: 1 + i }, bytes.length]),
    )
    for (const { detail } of letters) expect(detail).toMatch(/^.{10,200}$/)
    expect(scored).toEqual([0, 9, 10, 11, 12, 13, 14, 15, 16])
    expect(committed.at(-1)).toBe(values.length)
  })

  it.each([1, 3])(
    'goes on with another worker where one of %i dies: nothing is lost, buried, scored twice or out of order',
    async (workers) => {
      const told = nothingTold()
      const posted = vi.spyOn(Worker.prototype, 'postMessage')
      const embedding = () => posted.mock.calls.flatMap(([message], i) => (isEmbedding(message) ? [posted.mock.contexts[i] as Worker] : []))
      const pictures = await several(40)
      const config = {
        ...monitor.config,
        pictures: { ...monitor.config.pictures!, workers },
        execution: { ...monitor.config.execution, threads: 2 },
      }
      const run = watch(config, [pictures.slice(0, 7), pictures.slice(7, 20), pictures.slice(20)], told)
      // Not all three need ever be at work: where preparation is slow, the first is idle again in time.
      await vi.waitUntil(() => embedding().length > 0, patiently)
      embedding()[0].postMessage('end')
      await run
      expect(told.scored).toEqual(upTo(40))
      expect(told.letters).toEqual([])
      expect(told.committed).toEqual(told.committed.toSorted((a, b) => a - b))
      expect(told.committed.at(-1)).toBe(40)
      expect(told.loan.now).toBe(0)
      expect(told.log).toContain('a worker has died or hangs; another takes its place')
      const undisturbed = await watch(monitor.config, [pictures])
      expect(told.events).toEqual(undisturbed.events)
    },
  )

  describe('refuses to start', () => {
    const start = (changes: Partial<PictureMonitor['config']>) => watch({ ...monitor.config, ...changes }, [])

    it('with another backbone than the reference was fitted with, be it under the same name', async () => {
      const other = await failsOnRed()
      const swapped = `${monitor.backbone}.kept`
      await rename(monitor.backbone, swapped)
      await writeFile(monitor.backbone, other.bytes)
      await expect(start({})).rejects.toThrow(
        /^monitor belt: the backbone \S+ is tiny\.onnx \([0-9a-f]{12}\), but the reference was fitted with tiny\.onnx \([0-9a-f]{12}\); name the prepared file of that one as pictures\.backbone/,
      )
      await writeFile(monitor.backbone, 'version https://git-lfs.github.com/spec/v1')
      await expect(start({})).rejects.toThrow(/^monitor belt, pictures\.backbone: .* Git LFS pointer/)
      await rename(swapped, monitor.backbone)
      await expect(start({})).resolves.toMatchObject({ scored: [] })
    })

    it('with a backbone of which one weight has changed', async () => {
      const bytes = await readFile(monitor.backbone)
      const path = `${monitor.backbone}.changed`
      // Somewhere among the weights, which are most of the file.
      bytes[bytes.length >> 1] ^= 1
      await writeFile(path, bytes)
      await expect(start({ pictures: { ...monitor.config.pictures!, backbone: path } })).rejects.toThrow(
        /but the reference was fitted with|pictures\.backbone/,
      )
    })
  })
})

const isEmbedding = (message: unknown): boolean => Object.hasOwn(Object(message), 'pixels')

describe('a backbone that cannot cope with a picture', () => {
  it('of which it makes no number: that record is not_finite, and the stream goes on', async () => {
    const { config } = await pictureMonitor(await temporaryFolder(), await nanOnRed())
    const [one, two] = await several(2)
    const { letters, scored } = await watch(config, [[one, await redPicture(), two]])
    expect(letters).toMatchObject([{ reason: 'not_finite', origin: { offset: 1 } }])
    expect(letters[0].detail).toBe('the backbone makes NaN of the picture as feature "tap.mean.0"')
    expect(scored).toEqual([0, 2])
  })

  it('on which it fails: what it was given with it is not_embedded after a second try, and the stream goes on', async () => {
    const { config } = await pictureMonitor(await temporaryFolder(), await failsOnRed())
    const good = await several(14)
    const values = [...good.slice(0, 6), await redPicture(), ...good.slice(6)]
    const { letters, scored, committed, log } = await watch(config, [values.slice(0, 5), values.slice(5)])
    // Batches of 4, from the beginning of what came together.
    expect(letters.map(({ reason, origin: { offset } }) => [reason, offset])).toEqual(
      [5, 6, 7, 8].map((offset) => ['not_embedded', offset]),
    )
    expect(letters[0].detail).toMatch(/^the backbone failed twice: .*Gather/)
    expect(scored).toEqual(upTo(15).filter((offset) => offset < 5 || offset > 8))
    expect(committed.at(-1)).toBe(15)
    expect(log.filter((line) => line.startsWith('a worker has died')).length).toBeGreaterThanOrEqual(1)
  })
})
