import { uniforms } from '../../../detectors/random.js'
import type { Raster } from '../../../pictures/raster.js'
import { shuffled } from '../../shuffled.js'
import { animals, type CifarClass, readCifar10, vehicles } from './cifar10.js'
import { readMnist } from './mnist.js'
import { readPhotos, readTextures } from './pictures.js'

/** Pictures that are embedded together. */
export interface Collection {
  readonly name: string
  readonly pictures: readonly Raster[]
}

/** Pictures of one kind: indices in their collection. */
export interface Kind {
  readonly name: string
  readonly collection: Collection
  /** References are drawn from these. */
  readonly pool: readonly number[]
  /** Always tested; where there are none, what a draw leaves. */
  readonly tests: readonly number[]
}

/** Which kind is normal, how many of it a reference has, and which comes instead. */
export interface SemanticTask {
  readonly name: string
  readonly normal: Kind
  readonly odd: Kind
  readonly reference: number
}

const CIFAR_POOL = 3000
const CIFAR_TESTS = 1000

/** The five tasks of the image study's section 5. */
export async function semanticTasks(data: string): Promise<SemanticTask[]> {
  const [train, test] = await Promise.all([readCifar10(data, 'train'), readCifar10(data, 'test')])
  const things = [...train.slice(0, CIFAR_POOL), ...test.slice(0, CIFAR_TESTS)]
  const collection: Collection = { name: 'cifar10', pictures: things.map(({ raster }) => raster) }
  const ofClasses = (name: string, wanted: readonly CifarClass[]): Kind => {
    const rows = [...things.keys()].filter((i) => wanted.includes(things[i].label))
    return { name, collection, pool: rows.filter((i) => i < CIFAR_POOL), tests: rows.filter((i) => i >= CIFAR_POOL) }
  }
  const [cifar, moving, living] = [
    ofClasses('cifar10', [...vehicles, ...animals]),
    ofClasses('vehicles', vehicles),
    ofClasses('animals', animals),
  ]
  const digits = whole('mnist', (await readMnist(data)).slice(0, CIFAR_TESTS))
  const [photos, textures] = [await readPhotos(data), await readTextures(data)].map((pictures, i) =>
    whole(
      ['photos', 'textures'][i],
      pictures.map(({ raster }) => raster),
    ),
  )
  return [
    task(cifar, digits, 1000),
    task(moving, living, 800),
    task(living, moving, 800),
    task(photos, textures, 200),
    task(textures, photos, 200),
  ]
}

const whole = (name: string, pictures: readonly Raster[]): Kind => ({
  name,
  collection: { name, pictures },
  pool: pictures.map((_, i) => i),
  tests: [],
})

const task = (normal: Kind, odd: Kind, reference: number): SemanticTask => ({
  name: `${normal.name} → ${odd.name}`,
  normal,
  odd,
  reference,
})

/** Rows of the normal kind's collection to fit on and to test, and rows of the other's that come instead. */
export interface Draw {
  readonly reference: readonly number[]
  readonly normal: readonly number[]
  readonly odd: readonly number[]
}

/** A reference of chance; what is tested has not been seen. Throws an `Error` where the data are too few. */
export function drawOf({ name, normal, odd, reference }: SemanticTask, seed: number): Draw {
  if (normal.pool.length <= reference)
    throw new Error(`${name}: expected more than ${reference} pictures of ${normal.name}, found ${normal.pool.length}`)
  const order = shuffled(normal.pool, uniforms(seed))
  return {
    reference: order.slice(0, reference),
    normal: normal.tests.length > 0 ? normal.tests : order.slice(reference),
    odd: odd.tests.length > 0 ? odd.tests : odd.pool,
  }
}
