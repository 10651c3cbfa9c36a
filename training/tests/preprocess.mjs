// What the build makes of pictures, for test_preprocessing.py: node preprocess.mjs DIST JOBS writes the bytes of each job to its `out`.
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [dist, jobs] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(resolve(dist), 'pictures', file)).href)
const { decodePicture } = await load('decode.js')
const { defaultPictureLimits } = await load('fault.js')
const { fnv1a, patchesOf } = await load('patches.js')
const { preprocess } = await load('preprocess.js')

for (const { picture, spec, grid, record, out } of JSON.parse(await readFile(jobs, 'utf8'))) {
  const raster = await decodePicture(await readFile(picture), defaultPictureLimits)
  if ('reason' in raster) throw new Error(`${picture}: ${raster.detail}`)
  if (spec !== undefined) await writeFile(out, preprocess(raster, spec))
  else if (grid !== undefined) await writeFile(out, patchesOf(raster, grid, fnv1a(Buffer.from(record))))
  else await writeFile(out, raster.rgb)
}
