import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Raster } from '../../../pictures/raster.js'
import { npyArray } from '../../npz.js'

export const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const
export type CifarClass = (typeof classes)[number]

/** Two kinds of things, all ten classes among them. */
export const vehicles: readonly CifarClass[] = ['airplane', 'automobile', 'ship', 'truck']
export const animals: readonly CifarClass[] = ['bird', 'cat', 'deer', 'dog', 'frog', 'horse']

export interface CifarPicture {
  readonly raster: Raster
  readonly label: CifarClass
}

const SIDE = 32
const BYTES = 3 * SIDE * SIDE

/** CIFAR-10 as numpy arrays: `train_x.npy` (n x 32 x 32 x 3, uint8) and `train_y.npy` (n); likewise `test`. */
export async function readCifar10(data: string, part: 'train' | 'test'): Promise<CifarPicture[]> {
  const pixels = await bytesOf(join(data, 'cifar10', `${part}_x.npy`), [SIDE, SIDE, 3])
  const labels = await bytesOf(join(data, 'cifar10', `${part}_y.npy`), [])
  if (pixels.length !== BYTES * labels.length)
    throw new Error(
      `${join(data, 'cifar10')}: ${part}_x.npy holds ${pixels.length / BYTES} pictures, ${part}_y.npy ${labels.length} labels`,
    )
  return Array.from(labels, (label, i) => {
    const name = classes[label]
    if (name === undefined) throw new Error(`${join(data, 'cifar10', `${part}_y.npy`)}: row ${i} is ${label}; expected a class, 0 to 9`)
    return { raster: { width: SIDE, height: SIDE, rgb: pixels.subarray(i * BYTES, (i + 1) * BYTES) }, label: name }
  })
}

/** The bytes of an array of n x `shape` of uint8. */
async function bytesOf(path: string, shape: readonly number[]): Promise<Uint8Array> {
  const file = await readFile(path).catch(() => {
    throw new Error(`there is no file ${path}; expected CIFAR-10 as train_x.npy, train_y.npy, test_x.npy and test_y.npy in cifar10`)
  })
  const array = npyArray(file, path)
  const fits = array.descr === '|u1' && !array.fortran && array.shape.slice(1).join() === shape.join()
  if (!fits) throw new Error(`${path}: expected uint8 of n x ${[...shape, 'in C order'].join(' x ')}, found ${array.text}`)
  return new Uint8Array(array.data)
}
