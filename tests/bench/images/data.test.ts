import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCifar10 } from '../../../bench/images/data/cifar10.js'
import { readMnist } from '../../../bench/images/data/mnist.js'
import { readPhotos, readTextures } from '../../../bench/images/data/pictures.js'
import { drawOf, type Kind } from '../../../bench/images/data/semantic.js'
import { readTiles, splitTiles, type Tile } from '../../../bench/images/data/tiles.js'
import { npy } from '../npz-files.js'

let data: string
let empty: string
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'pictures-'))
  empty = join(data, 'empty')
  for (const folder of ['empty', 'cifar10', 'mnist_t10k', 'imagenet_samples', 'dtd10/banded', 'magnetic_tile/free', 'magnetic_tile/crack'])
    await mkdir(join(data, folder), { recursive: true })
})
afterAll(() => rm(data, { recursive: true }))

/** A file of one colour. */
const jpg = async (path: string, width: number, height: number, grey = false) => {
  const picture = sharp({ create: { width, height, channels: 3, background: { r: 200, g: 100, b: 50 } } })
  await writeFile(
    join(data, path),
    await (grey ? picture.greyscale() : picture).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
  )
}

describe('pictures for evaluations', () => {
  it('photos are squares of 240, cut from the middle or enlarged', async () => {
    await jpg('imagenet_samples/b.jpg', 300, 240)
    await jpg('imagenet_samples/a.jpg', 100, 120)
    const photos = await readPhotos(data)
    expect(photos.map(({ name }) => name)).toEqual(['a.jpg', 'b.jpg'])
    for (const { raster } of photos) {
      expect([raster.width, raster.height, raster.rgb.length]).toEqual([240, 240, 3 * 240 * 240])
      expect(Math.abs(raster.rgb[0] - 200)).toBeLessThan(4)
    }
  })

  it('grey files become three equal channels', async () => {
    await jpg('dtd10/banded/a.jpg', 10, 12, true)
    const [{ name, raster }] = await readTextures(data)
    expect(name).toBe('banded/a.jpg')
    expect([raster.width, raster.height, raster.rgb.length]).toEqual([10, 12, 360])
    expect(raster.rgb[0]).toBe(raster.rgb[1])
    expect(raster.rgb[1]).toBe(raster.rgb[2])
  })

  it('a file that is no picture is named', async () => {
    await mkdir(join(data, 'broken/dtd10'), { recursive: true })
    await writeFile(join(data, 'broken/dtd10/x.jpg'), 'not a picture')
    await expect(readTextures(join(data, 'broken'))).rejects.toThrow(/x\.jpg: this picture cannot be decoded/)
  })

  it('CIFAR-10 comes with its classes', async () => {
    const pixels = Uint8Array.from({ length: 2 * 3072 }, (_, i) => (i < 3072 ? i % 251 : 7))
    await writeFile(join(data, 'cifar10/train_x.npy'), npy('|u1', 'False', '2, 32, 32, 3', pixels))
    await writeFile(join(data, 'cifar10/train_y.npy'), npy('|u1', 'False', '2,', Uint8Array.of(9, 0)))
    const [first, second] = await readCifar10(data, 'train')
    expect([first.label, second.label]).toEqual(['truck', 'airplane'])
    expect(first.raster).toEqual({ width: 32, height: 32, rgb: pixels.subarray(0, 3072) })
    await writeFile(join(data, 'cifar10/test_x.npy'), npy('|u1', 'False', '1, 3072', pixels.subarray(0, 3072)))
    await expect(readCifar10(data, 'test')).rejects.toThrow(/test_x.npy: expected uint8 of n x 32 x 32 x 3/)
  })

  it('MNIST is read from idx, and a file that ends early is refused', async () => {
    const header = Buffer.alloc(16)
    for (const [i, value] of [0x803, 2, 2, 3].entries()) header.writeUInt32BE(value, 4 * i)
    const path = join(data, 'mnist_t10k/t10k-images-idx3-ubyte.gz')
    await writeFile(path, gzipSync(Buffer.concat([header, Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])])))
    const digits = await readMnist(data)
    expect(digits).toHaveLength(2)
    expect(digits[1]).toEqual({ width: 3, height: 2, rgb: Uint8Array.of(6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 11) })
    await writeFile(path, gzipSync(Buffer.concat([header, Buffer.from([0])])))
    await expect(readMnist(data)).rejects.toThrow(/ends after 17 bytes, but its header promises 28/)
  })

  it('tiles know their kind and group, and a tile without a group is refused', async () => {
    await jpg('magnetic_tile/free/a.jpg', 8, 8)
    await jpg('magnetic_tile/crack/b.jpg', 8, 8)
    await writeFile(join(data, 'magnetic_tile/groups.csv'), 'file,group\ncrack/b.jpg,4\nfree/a.jpg,3\n')
    expect((await readTiles(data)).map(({ name, kind, group }) => [name, kind, group])).toEqual([
      ['crack/b.jpg', 'crack', 4],
      ['free/a.jpg', 'free', 3],
    ])
    await writeFile(join(data, 'magnetic_tile/groups.csv'), 'file,group\ncrack/b.jpg,4\n')
    await expect(readTiles(data)).rejects.toThrow(/groups.csv: no line for free\/a.jpg/)
  })

  it.each([
    ['photos', readPhotos, /imagenet_samples holds no jpg files; expected the photos/],
    ['textures', readTextures, /dtd10 holds no jpg files/],
    ['tiles', readTiles, /magnetic_tile holds no jpg files/],
    ['CIFAR-10', (folder: string) => readCifar10(folder, 'test'), /there is no file .*test_x.npy; expected CIFAR-10/],
    ['MNIST', readMnist, /there is no file .*ubyte.gz; expected MNIST/],
  ])('%s that are not there are missed by name', async (_, read, message) => {
    await expect(read(empty)).rejects.toThrow(message)
  })
})

describe('splits', () => {
  const raster = { width: 1, height: 1, rgb: new Uint8Array(3) }
  const tiles: Tile[] = Array.from({ length: 200 }, (_, i) => ({
    name: `${i}`,
    raster,
    kind: i % 4 === 0 ? 'crack' : 'free',
    group: i % 50,
  }))

  it('no group of tiles is on both sides, and the reference is free', () => {
    const { reference, free, defective } = splitTiles(tiles, 3)
    const learnt = new Set(reference.map(({ group }) => group))
    expect([...free, ...defective].some(({ group }) => learnt.has(group))).toBe(false)
    expect(reference.every(({ kind }) => kind === 'free')).toBe(true)
    expect(defective.length).toBeGreaterThan(0)
    expect(reference.length / (reference.length + free.length)).toBeCloseTo(0.7, 1)
    expect(splitTiles(tiles, 4).reference).not.toEqual(reference)
  })

  const kind = (name: string, pool: number, tests: readonly number[]): Kind => ({
    name,
    collection: { name, pictures: [] },
    pool: Array.from({ length: pool }, (_, i) => i),
    tests,
  })

  it('what a draw tests is fixed, or else what its reference leaves', () => {
    const left = drawOf({ name: 'a → b', normal: kind('a', 10, []), odd: kind('b', 4, []), reference: 6 }, 1)
    expect([...left.reference, ...left.normal].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(left.odd).toEqual([0, 1, 2, 3])
    const fixed = drawOf({ name: 'a → b', normal: kind('a', 10, [20, 21]), odd: kind('b', 4, [9]), reference: 6 }, 1)
    expect([fixed.normal, fixed.odd]).toEqual([[20, 21], [9]])
    expect(() => drawOf({ name: 'a → b', normal: kind('a', 6, []), odd: kind('b', 4, []), reference: 6 }, 1)).toThrow(
      'a → b: expected more than 6 pictures of a, found 6',
    )
  })
})
