import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
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

it('a picture that hangs the backbone is buried after a second try and the stream goes on; where more hang, the process ends, and ends at all', async () => {
  const { backbone } = await pictureMonitor(place.folder, await hangsOnRed())
  const run = async (name: string, count: number, reds: readonly number[]) => {
    const letters = join(place.folder, `${name}.ndjson`)
    const monitor = {
      name: 'belt',
      source: { folder: { path: await watched(name, count, reds) } },
      decode: { image: {} },
      // One by one: what shares a run shares its end.
      pictures: { backbone, batch: 1 },
      execution: { timeout: '3s' },
      detectors: ['gaussian'],
      reference: { path: join(place.folder, 'reference') },
      alerting: { falseAlarmsPerDay: 1000 },
      deadLetters: { file: { path: letters } },
      state: { file: { path: join(place.folder, name, 'state') } },
      sinks: [{ stdout: {} }],
    }
    const process = new Driftwatch([
      'run',
      await place.config(name, { metrics: { enabled: false }, log: { format: 'json' }, monitors: [monitor] }),
    ])
    const { code, signal, stderr } = await process.ended
    return { code, signal, stderr, buried: lines(await readFile(letters, 'utf8').catch(() => '')) }
  }

  const once = await run('once', 9, [4])
  // Nothing but a signal ends a process with a thread that hangs.
  expect([once.code, once.signal], once.stderr).toEqual([null, 'SIGKILL'])
  expect(once.buried).toHaveLength(1)
  expect(once.buried[0]).toMatch(/not_embedded/)
  expect(once.stderr).toMatch(/every source has ended/)

  const twice = await run('twice', 9, [2, 6])
  expect([twice.code, twice.signal], twice.stderr).toEqual([null, 'SIGKILL'])
  expect(twice.stderr).toMatch(/cannot be started again: 3 threads of this process hang/)
})
