// Made-up pictures for kafka-pictures.yaml: node examples/make-pictures.mjs [folder, default ./data]
//
//   normal.pictures.ndjson   8 normal days of three cameras above a conveyor belt
//   watched.pictures.ndjson  the 2 days after them: a spanner lies before camera-1, and the lens of camera-2 goes out of focus
//
// A camera sends a JPEG of 256 x 256 every two hours. The same files every time. Needs the build: npm run build.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeJpeg } from '../dist/pictures/encode.js'
import { scene } from '../dist/pictures/scenes.js'

const folder = process.argv[2] ?? 'data'
const cameras = ['camera-1', 'camera-2', 'camera-3']
const start = Date.UTC(2026, 2, 1)
const twoHours = 7_200_000
const roundsPerDay = 12
const [days, watchedDays] = [8, 2]

/** Faults of the watched days, by the round in which a picture is taken. */
function faults(camera, round) {
  if (camera === 'camera-1' && round >= 8 && round < 10) return { foreign: true }
  if (camera === 'camera-2' && round >= 14) return { blur: 3 }
  return {}
}

/** A message for each picture of the rounds [from, to). */
async function messages(from, to, fault = () => ({})) {
  const lines = []
  for (let round = from; round < to; round++)
    for (const [index, camera] of cameras.entries()) {
      const picture = await encodeJpeg(scene(1, round * cameras.length + index, fault(camera, round - from)), 90)
      const at = new Date(start + round * twoHours).toISOString()
      lines.push(`${JSON.stringify({ camera, at, picture: picture.toString('base64') })}\n`)
    }
  return lines.join('')
}

const watchedFrom = days * roundsPerDay
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'normal.pictures.ndjson'), await messages(0, watchedFrom))
writeFileSync(join(folder, 'watched.pictures.ndjson'), await messages(watchedFrom, watchedFrom + watchedDays * roundsPerDay, faults))
