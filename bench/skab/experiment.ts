import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { alertKinds } from '../../alerts/severity.js'
import { transitions } from '../../alerts/transition.js'
import { exitCodes } from '../../cli/exit.js'
import { progress } from '../../cli/terminal.js'
import { KafkaTestClient } from '../../tests/kit/kafka.js'
import { Driftwatch, driftwatch } from '../../tests/kit/process.js'
import type { Opening } from '../episodes.js'
import { featuresOf, type Sensors, type SkabMonitor, skabConfig } from './config.js'
import { REFERENCE_ROWS, type SkabFile } from './data.js'

/** What the pipeline made of one file. */
export interface Watched {
  readonly file: SkabFile
  /** Whether the halves of its reference agreed. */
  readonly accepted: boolean
  /** Its alert events, in their order; offset 0 is the first row after the reference. */
  readonly events: readonly Opening[]
}

const alertSchema = z.object({
  data: z.object({
    monitor: z.string(),
    alertId: z.string(),
    kind: z.enum(alertKinds),
    transition: z.enum(transitions),
    origin: z.object({ offset: z.number() }),
  }),
})

/** Commands that run beside each other: each starts a process. */
const AT_ONCE = 2
/** A run that does nothing for this long, in ms, is given up. */
const PATIENCE = 120_000

/**
 * The way of a user, with the product's own commands: `fit` on the first rows of every file, `produce` the others into one topic per
 * file, one `run` that watches all topics and writes its alerts to one topic, which is then read.
 */
export async function watchAll(files: readonly SkabFile[], brokers: readonly string[], sensors: Sensors): Promise<Watched[]> {
  const kafka = new KafkaTestClient(brokers)
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-skab-'))
  const topics: string[] = []
  const topic = async (name: string) => topics[topics.push(await kafka.topic(name)) - 1]
  try {
    const alerts = await topic('skab-alerts')
    const monitors: SkabMonitor[] = []
    for (const { name } of files) {
      const monitor = name.replace('/', '-')
      monitors.push({ name: monitor, topic: await topic(`skab-${monitor}`), reference: join(folder, monitor) })
    }
    const config = join(folder, 'skab.yaml')
    await writeFile(config, skabConfig({ brokers, alerts, features: featuresOf(files[0].columns, sensors), monitors }))
    const experiment = new Experiment(folder, config, files, monitors)
    const accepted = await experiment.fit()
    await experiment.produce(brokers)
    await experiment.run()
    const messages = await kafka.readAll(alerts)
    const events = messages.map(({ value }) => alertSchema.parse(JSON.parse(String(value))).data)
    return files.map((file, i) => ({ file, accepted: accepted[i], events: events.filter(({ monitor }) => monitor === monitors[i].name) }))
  } finally {
    await kafka.admin.deleteTopics({ topics })
    await kafka.close()
    await rm(folder, { recursive: true, force: true })
  }
}

class Experiment {
  constructor(
    private readonly folder: string,
    private readonly config: string,
    private readonly files: readonly SkabFile[],
    private readonly monitors: readonly SkabMonitor[],
  ) {}

  /** Whether the self-test accepted each reference. */
  fit(): Promise<boolean[]> {
    return this.#each('fitting', async (file, monitor) => {
      const path = await this.#write(`${monitor.name}-normal.csv`, file, 0, REFERENCE_ROWS)
      const code = await this.#command(['fit', path, '--config', this.config, '--monitor', monitor.name], ['ok', 'reference'])
      return code === exitCodes.ok.code
    })
  }

  async produce(brokers: readonly string[]): Promise<void> {
    await this.#each('producing', async (file, monitor) => {
      const path = await this.#write(`${monitor.name}.csv`, file, REFERENCE_ROWS)
      const options = ['--brokers', brokers.join(','), '--topic', monitor.topic, '--time-column', 'datetime']
      await this.#command(['produce', path, ...options], ['ok'])
    })
  }

  /** Watches until every record has gone through, then asks for an orderly end: by then every alert is delivered. */
  async run(): Promise<void> {
    const records = this.files.reduce((sum, { lines }) => sum + lines.length - REFERENCE_ROWS, 0)
    const bar = progress('watching', records)
    const process = new Driftwatch(['run', this.config], { cwd: this.folder })
    const moved = { at: performance.now(), to: 0 }
    try {
      await process.until((samples) => {
        const done = (samples.sum('records_scored_total') || 0) + (samples.sum('records_rejected_total') || 0)
        bar.update(done, 'records')
        if (done > moved.to) Object.assign(moved, { at: performance.now(), to: done })
        if (performance.now() - moved.at > PATIENCE) throw new Error(`driftwatch run stands still at ${done} of ${records} records`)
        return done >= records
      })
    } catch (error) {
      const { stderr } = await process.kill()
      throw failure(error instanceof Error ? error.message : String(error), stderr)
    }
    const { code, stderr } = await process.stop()
    if (code !== exitCodes.ok.code) throw failure(`driftwatch run did not drain, exit code ${code}`, stderr)
    bar.end()
  }

  async #write(name: string, { columns, lines }: SkabFile, from: number, to?: number): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, `${[columns.join(','), ...lines.slice(from, to)].join('\n')}\n`)
    return path
  }

  async #command(args: readonly string[], accepted: readonly (keyof typeof exitCodes)[]): Promise<number | null> {
    const { code, stderr } = await driftwatch(args, { cwd: this.folder })
    if (accepted.some((reason) => exitCodes[reason].code === code)) return code
    throw failure(`driftwatch ${args[0]} ended with ${code}`, stderr)
  }

  /** Works on all files, a few at a time, and keeps their order. */
  async #each<Result>(label: string, work: (file: SkabFile, monitor: SkabMonitor) => Promise<Result>): Promise<Result[]> {
    const bar = progress(label, this.files.length)
    const results: Result[] = []
    let next = 0
    const worker = async () => {
      for (let i = next++; i < this.files.length; i = next++) {
        results[i] = await work(this.files[i], this.monitors[i])
        bar.update(Object.keys(results).length, this.files[i].name)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    bar.end()
    return results
  }
}

const failure = (message: string, stderr: string) => new Error(`${message}; the end of what it said:\n${stderr.slice(-5000)}`)
