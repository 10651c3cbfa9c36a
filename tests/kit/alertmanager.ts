import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { freePort } from './free-port.js'

const programs = ['/usr/bin/prometheus-alertmanager', '/usr/local/bin/alertmanager', '/usr/bin/alertmanager']

/** Where an Alertmanager is installed, or why there is none. On CI (`CI` is set) a missing one is a failure. */
export function alertmanagerOrSkip(): { readonly program: string; readonly skip?: string } {
  const program = programs.find((path) => existsSync(path))
  if (program !== undefined) return { program }
  const skip = 'there is no Alertmanager; Debian: apt-get install prometheus-alertmanager'
  if (process.env.CI) throw new Error(skip)
  return { program: '', skip }
}

const alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    startsAt: z.string(),
    endsAt: z.string(),
    status: z.object({ state: z.enum(['active', 'suppressed', 'unprocessed']), silencedBy: z.array(z.string()) }),
  }),
)
export type SeenAlert = z.infer<typeof alerts>[number]

/** A real Alertmanager on loopback that tells a webhook receiver, at once. Its silences outlive a restart, its alerts do not. */
export class Alertmanager {
  #process: ChildProcess | undefined

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(program: string, webhook: string): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
    const config = {
      route: { receiver: 'hook', group_by: ['alertname', 'monitor'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }],
    }
    await writeFile(join(folder, 'alertmanager.yml'), JSON.stringify(config))
    const one = new Alertmanager(program, folder, await freePort())
    await one.up()
    return one
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async up(): Promise<void> {
    const file = join(this.folder, 'alertmanager.yml')
    const data = join(this.folder, 'data')
    const options = [
      `--config.file=${file}`,
      `--storage.path=${data}`,
      `--web.listen-address=127.0.0.1:${this.port}`,
      '--cluster.listen-address=',
    ]
    this.#process = spawn(this.program, options, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      this.#process?.once('exit', (code) => reject(new Error(`Alertmanager ended with ${code}: ${said}`)))
      this.#process?.stderr?.on('data', (chunk) => {
        said += chunk
        if (/Listening on|"listening"/i.test(said)) resolve()
      })
    })
  }

  async down(): Promise<void> {
    if (this.#process === undefined) return
    const ended = once(this.#process, 'exit')
    this.#process.kill()
    await ended
    this.#process = undefined
  }

  async close(): Promise<void> {
    await this.down()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** What it holds at present and what has not ended. */
  async alerts(): Promise<SeenAlert[]> {
    const response = await fetch(`${this.url}/api/v2/alerts`)
    return alerts.parse(await response.json())
  }

  /** Silences alerts with these labels for a minute. */
  async silence(labels: Readonly<Record<string, string>>): Promise<void> {
    const silence = {
      matchers: Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 60_000).toISOString(),
      createdBy: 'test',
      comment: 'a test',
    }
    const response = await fetch(`${this.url}/api/v2/silences`, {
      method: 'POST',
      body: JSON.stringify(silence),
      headers: { 'content-type': 'application/json' },
    })
    if (!response.ok) throw new Error(`the silence was refused: ${response.status} ${await response.text()}`)
  }
}
