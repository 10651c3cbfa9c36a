import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { gammaQuantile } from '../../calibration/gamma.js'
import { WebhookSink } from '../../connectors/sinks/webhook.js'
import { webhookOptions } from '../../connectors/sinks/webhook-options.js'
import { failure, sampleEvent } from '../contract/sink-contract.js'
import { example, makeData, onFreePort, succeed } from '../examples/example.js'
import { lines } from '../kit/events.js'
import { useProcesses } from '../kit/process.js'
import { signingSecret } from '../kit/stage.js'
import { pageAt } from './pages.js'

/** What is shown in the docs is what the program does. Numbers may differ with the processor, in their last digits or in a hash. */
const shape = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shape)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(2))
  return typeof value === 'string' ? value.replaceAll(/[0-9a-f]{12,}/g, '#') : value
}

describe('with the files of the examples', () => {
  const place = useProcesses()
  let config: string
  let report: string
  beforeAll(async () => {
    makeData(place.folder)
    config = await place.config('file', onFreePort(example('file')))
    report = await succeed(['fit', '--config', config, 'data/normal.csv'], { cwd: place.folder })
  })

  it('docs/alerts.md shows the first event that they raise', async () => {
    const [event = ''] = lines(await succeed(['replay', config], { cwd: place.folder }))
    const [shown] = pageAt('docs/alerts.md').blocks.filter(({ language }) => language === 'json')
    expect(shape(JSON.parse(shown?.code ?? ''))).toEqual(shape(JSON.parse(event)))
  })

  it('docs/fitting.md shows the report of their fit', () => {
    const shown = pageAt('docs/fitting.md').blocks.find(({ code }) => code.startsWith('reference '))
    const rounded = (text: string) =>
      text
        .trim()
        .replaceAll(/[0-9a-f]{16}/g, '#')
        .replaceAll(/\d+\.\d+/g, (number) => Number(number).toPrecision(1))
    expect(rounded(shown?.code ?? '')).toBe(rounded(report))
  })

  it('docs/replay.md explains the record of that event', async () => {
    const explained = await succeed(['explain', '--config', config, '--at', './data/watched.csv/0/451'], { cwd: place.folder })
    const shown = pageAt('docs/replay.md').blocks.find(({ code }) => code.startsWith('record '))
    const features = (text: string) =>
      text.split('\n').flatMap((line) => /^(\w+) +([\d.]+) +([\d.]+)/.exec(line)?.slice(1, 3).join(' ') ?? [])
    expect(features(explained)).toEqual(features(shown?.code ?? ''))
  })
})

it('docs/calibration.md shows the intervals of the law that is printed', () => {
  const rows = [...pageAt('docs/calibration.md').prose.matchAll(/^\| (\d+) \| ([\d.]+) – ([\d.]+) \|/gm)].map((row) =>
    row.slice(1).map(Number),
  )
  expect(rows.length).toBeGreaterThan(4)
  for (const [k = 0, low = 0, high = 0] of rows) {
    expect(gammaQuantile(k, 0.05) / k, `K=${k}`).toBeCloseTo(low, 2)
    expect(gammaQuantile(k, 0.95) / k, `K=${k}`).toBeCloseTo(high, 1)
  }
})

it('docs/sinks.md shows a receiver that takes what the sink sends, and nothing else', async () => {
  const port = await freePort()
  const code = pageAt('docs/sinks.md').blocks.find(({ language }) => language === 'js')?.code ?? ''
  // Beside this file, so that it finds the packages that it imports.
  const path = new URL(`./receiver-${process.pid}.mjs`, import.meta.url).pathname
  await writeFile(path, `${code.replace('listen(8080)', `listen(${port}, () => console.log('ready'))`)}\n`)
  const receiver = spawn(process.execPath, [path], { env: { ...process.env, WEBHOOK_SECRET: signingSecret } })
  let said = ''
  receiver.stdout.on('data', (text) => (said += text))
  try {
    await once(receiver.stdout, 'data')
    const sink = (secret: string) => new WebhookSink(webhookOptions.parse({ url: `http://127.0.0.1:${port}/`, secret }))
    const signal = new AbortController().signal
    const forged = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`
    for (let time = 0; time < 2; time++) await sink(signingSecret).write(sampleEvent(), signal)
    expect((await failure(sink(forged).write(sampleEvent(), signal))).reason).toBe('auth')
    expect(said.split(sampleEvent().data.summary)).toHaveLength(2)
  } finally {
    receiver.kill()
    await rm(path)
  }
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
