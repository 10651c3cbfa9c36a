import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Config, configSchema } from '../../config/schema.js'
import { writeBundle } from '../../references/bundle.js'
import type { Reference } from '../../references/reference.js'
import { bundlePath } from '../bundle-path.js'
import { fitFrom } from '../fit.js'
import { fitInput } from '../fit-input.js'
import { run } from '../run.js'
import type { DemoStory } from './story.js'

/** A source and what is special to a monitor of it, as in a configuration. */
export interface Scene {
  readonly source: object
  readonly monitor: object
  /** Every how often an open alert is sent again; as in a configuration. */
  readonly updateEvery: string
}

export interface Play {
  /** What is learned from, and what is watched. */
  readonly normal: Scene
  /** `folder`: a temporary one, which is removed at the end. */
  live(folder: string): Scene
  /** Pictures that are degraded at fit, at most. */
  readonly degraded?: number
}

/** Fits a reference in a temporary folder, watches with it until the source ends or the process is stopped, and removes the folder. */
export async function play({ normal, live, degraded }: Play, story: DemoStory): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-demo-'))
  try {
    const reference = await fitDemo(demoConfig(folder, 0, normal), degraded)
    const config = demoConfig(folder, await freePort(9464), live(folder))
    story.fitted(reference, config.monitors[0].alerting.falseAlarmsPerDay)
    await run(config, story)
    story.end()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fitDemo({ monitors: [config] }: Config, degraded: number | undefined): Promise<Reference> {
  const { pictures, ...input } = await fitInput(config, undefined, {}, { monitor: config.name, logger: pino({ level: 'silent' }) })
  const reference = await fitFrom(config, { ...input, pictures: pictures && { ...pictures, degraded } })
  await writeBundle(bundlePath(config), reference)
  return reference
}

/** The demo as a configuration like any other. */
const demoConfig = (folder: string, port: number, { source, monitor, updateEvery }: Scene): Config =>
  configSchema.parse({
    metrics: { port },
    page: { pictures: true },
    log: { level: 'warn', format: 'text' },
    monitors: [
      {
        name: 'demo',
        source,
        ...monitor,
        reference: { path: join(folder, 'reference') },
        alerting: { falseAlarmsPerDay: '1/day', updateEvery },
        sinks: [{ stdout: { format: 'pretty' } }],
        deadLetters: { file: { path: join(folder, 'dead-letters.ndjson') } },
        state: { memory: {} },
      },
    ],
  })

/** The port if it is free, else 0: any. */
const freePort = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)))
  })
