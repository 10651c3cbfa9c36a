import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { pino } from 'pino'
import { type Config, configSchema } from '../config/schema.js'
import { featureNames } from '../connectors/generator/system.js'
import { writeBundle } from '../references/bundle.js'
import type { Reference } from '../references/reference.js'
import { bundlePath } from './bundle-path.js'
import { DemoStory } from './demo-story.js'
import { fitFrom } from './fit.js'
import { fitInput } from './fit-input.js'
import { run } from './run.js'
import type { Output } from './terminal.js'

/** Data time between two rounds (one record of each service), and how many days of it the reference has. */
const INTERVAL_S = 15
const REFERENCE_DAYS = 10
const services = ['checkout-eu', 'checkout-us', 'search', 'payments']
const rowsPerDay = (services.length * 86_400) / INTERVAL_S
const day = 86_400_000
const referenceStart = Date.parse('2026-03-01T00:00:00Z')

/** Records per second of real time: a day of data takes a bit more than a minute. */
const RATE = 300
const at = (seconds: number): number => Math.round(seconds * RATE)

/**
 * The faults, in rows of the whole input; what each is, for people. The leak is high enough to stay clear of the limit once it
 * has grown: memory wanders by itself, and a drift near the limit opens and ends several times.
 */
export const faults = [
  { kind: 'burst', stream: 'checkout-eu', at: at(3), rows: at(1), size: 5, story: 'a burst of slow, failing requests' },
  {
    kind: 'correlation',
    stream: 'search',
    at: at(17),
    rows: at(3),
    story: 'cpu and queue_depth part from requests and latency, though each alone looks normal',
  },
  { kind: 'shift', stream: 'payments', at: at(36), rows: at(16), size: 2.8, story: 'a slow memory leak' },
] as const
/** When the last fault is over and its alert has had time to resolve. */
const STORY_SECONDS = 75

export const command = (out: Output = process.stdout): Command =>
  new Command('demo')
    .summary('see it work, without Kafka or a configuration')
    .description(
      'Imitates a live system of four services, fits a reference to ten normal days, watches, and works three faults into the data. ' +
        'Nothing is written but a temporary folder; needs no network. Ctrl-C ends it.',
    )
    .option('--once', 'end when the story is over')
    .addHelpText('after', '\nExamples:\n  $ driftwatch demo\n  $ driftwatch demo --once')
    .action((options: { readonly once?: boolean }) => demo(options.once === true, out))

async function demo(once: boolean, out: Output): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-demo-'))
  try {
    const story = new DemoStory(out, faults)
    story.begin(services, featureNames, REFERENCE_DAYS)
    const reference = await fitDemo(folder)
    const config = demoConfig(folder, await freePort(9464), { ...(once && { rows: at(STORY_SECONDS) }) })
    story.fitted(reference, config.monitors[0].alerting.falseAlarmsPerDay)
    await run(config, story)
    story.end()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fitDemo(folder: string): Promise<Reference> {
  const [config] = demoConfig(folder, 0, {
    start: iso(referenceStart),
    seed: 1,
    rate: 0,
    rows: rowsPerDay * REFERENCE_DAYS,
    faults: [],
  }).monitors
  const reference = await fitFrom(
    config,
    await fitInput(config, undefined, {}, { monitor: config.name, logger: pino({ level: 'silent' }) }),
  )
  await writeBundle(bundlePath(config), reference)
  return reference
}

/** The demo as a configuration like any other. */
function demoConfig(folder: string, port: number, generator: object): Config {
  const live = {
    streams: services,
    seed: 2,
    start: iso(referenceStart + REFERENCE_DAYS * day),
    interval: `${INTERVAL_S}s`,
    rate: RATE,
    faults: faults.map(({ story: _, ...fault }) => fault),
  }
  return configSchema.parse({
    metrics: { port },
    log: { level: 'warn', format: 'text' },
    monitors: [
      {
        name: 'demo',
        source: { generator: { ...live, ...generator } },
        decode: { json: { features: featureNames, stream: 'service', time: 'ts' } },
        reference: { path: join(folder, 'reference') },
        alerting: { falseAlarmsPerDay: '1/day', updateEvery: '1h' },
        sinks: [{ stdout: { format: 'pretty' } }],
        deadLetters: { file: { path: join(folder, 'dead-letters.ndjson') } },
        state: { memory: {} },
      },
    ],
  })
}

const iso = (time: number): string => new Date(time).toISOString()

/** The port if it is free, else 0: any. */
const freePort = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)))
  })
