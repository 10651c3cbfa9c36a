import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listenOn } from '../../cli/control.js'
import type { Rebaselines } from '../../cli/rebaseline/requests.js'
import { parseConfig } from '../../config/load.js'
import { Silences } from '../../connectors/paging/silences.js'
import { Metrics } from '../../pipelines/metrics.js'
import { config } from '../config/texts.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heard-'))
  const message = (id: string, until: string) =>
    JSON.stringify({ type: 'silence', id, match: { stream: 'camera-*' }, until, comment: `made as ${id}` })
  const lines = [message('one', '2199-01-01T00:00:00Z'), message('other', '2199-01-01T00:00:00Z'), message('one', '2020-01-01T00:00:00Z')]
  await writeFile(join(folder, 'control.ndjson'), lines.map((line) => `${line}\n`).join(''))
})
afterAll(() => rm(folder, { recursive: true }))

/** What a monitor with these options of its control hears, and what it says of that. */
async function heard(options: string) {
  const parsed = parseConfig(config({ control: `{ file: { path: ${JSON.stringify(join(folder, 'control.ndjson'))}${options} } }` }), {})
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const said: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line).msg) })
  const [monitor] = parsed.config.monitors
  const silences = new Silences([], undefined)
  const letters = { name: 'letters', connect: async () => undefined, write: async () => undefined, close: async () => undefined }
  const metrics = new Metrics().forMonitor(monitor.name, { detectors: [], sinks: [], maxStreams: 0 })
  const rebaselines: Rebaselines = { ask: () => undefined, begin: () => undefined }
  const control = listenOn(monitor, { monitor: monitor.name, logger }, metrics, letters, rebaselines, {
    hush: () => undefined,
    hear: (id, silence) => silences.hear(id, silence),
  })
  await control?.connect()
  await control?.close()
  return { silences: silences.list().map(({ id, comment }) => `${id}: ${comment}`), said }
}

it('control messages make silences, and end them, where the configuration allows it', async () => {
  expect(await heard(', silences: true')).toEqual({ silences: ['other: made as other'], said: Array(3).fill('silence heard') })
})

it('elsewhere they make none, which is said', async () => {
  const { silences, said } = await heard('')
  expect(silences).toEqual([])
  expect(new Set(said)).toEqual(new Set(['a control message asks for a silence, which the option `silences` of control does not allow']))
})
