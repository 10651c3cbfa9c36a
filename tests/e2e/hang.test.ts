import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { lines } from '../kit/events.js'
import { pictureMonitor } from '../kit/picture-monitor.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { hangsOnRed, redPicture, waves } from '../kit/tiny-backbone.js'

const place = useProcesses()

/** Pictures that are watched, by number; the red ones hang the backbone. */
async function watched(name: string, count: number, reds: readonly number[]): Promise<string> {
  const folder = join(place.folder, name)
  await mkdir(folder)
  for (let i = 0; i < count; i++) await writeFile(join(folder, `${1000 + i}.png`), await (reds.includes(i) ? redPicture() : waves(500 + i)))
  return folder
}

let backbone: string
beforeAll(async () => {
  backbone = (await pictureMonitor(place.folder, await hangsOnRed())).backbone
})

async function start(name: string, reds: readonly number[], timeout: string): Promise<Driftwatch> {
  const monitor = {
    name: 'belt',
    source: { folder: { path: await watched(name, 9, reds) } },
    decode: { image: {} },
    // One by one: what shares a run shares its end.
    pictures: { backbone, batch: 1 },
    execution: { timeout },
    detectors: ['gaussian'],
    reference: { path: join(place.folder, 'reference') },
    alerting: { falseAlarmsPerDay: 1000 },
    deadLetters: { file: { path: join(place.folder, `${name}.ndjson`) } },
    state: { file: { path: join(place.folder, `${name}.state`) } },
    sinks: [{ stdout: {} }],
  }
  const config = { metrics: { port: 0 }, log: { format: 'json' }, shutdown: { timeout: '1s' }, monitors: [monitor] }
  return new Driftwatch(['run', await place.config(name, config)])
}

/** Nothing but a signal ends a process with a thread that hangs. */
async function killed(process: Driftwatch): Promise<string> {
  const { code, signal, stderr } = await process.ended
  expect([code, signal], stderr).toEqual([null, 'SIGKILL'])
  return stderr
}

it('a picture that hangs the backbone is buried after a second try; the stream goes on, and the process ends', async () => {
  expect(await killed(await start('once', [4], '2s'))).toMatch(/every source has ended/)
  const buried = lines(await readFile(join(place.folder, 'once.ndjson'), 'utf8'))
  expect(buried.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'not_embedded', origin: { offset: 4 } }])
})

it('a second one ends the process: only a new one is rid of the threads that hang', async () => {
  const process = await start('twice', [2, 6], '2s')
  expect(await killed(process)).toMatch(/cannot be started again: 3 threads of this process hang/)
})

it('a process that is told to end does so within shutdown.timeout, though a picture hangs that nobody has noticed yet', async () => {
  const process = await start('stopped', [0], '10m')
  await process.until((samples) => samples.sum('records_received_total') > 0)
  process.signal('SIGTERM')
  expect(await killed(process)).toMatch(/not drained within shutdown\.timeout/)
})
