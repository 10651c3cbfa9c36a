import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.js'

const run = promisify(execFile)

/** Why there is no Prometheus on this machine. On CI (`CI` is set) it must be there. */
export async function prometheusOrSkip(): Promise<{ readonly skip?: string }> {
  for (const tool of ['prometheus', 'promtool']) {
    try {
      await run(tool, ['--version'])
    } catch {
      const skip = `there is no ${tool} (Debian: prometheus)`
      if (process.env.CI) throw new Error(skip)
      return { skip }
    }
  }
  return {}
}

/** A series of an answer, with its latest value. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus on loopback that scrapes a process every second. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly kill: () => Promise<unknown>,
  ) {}

  /**
   * @param folder for its data
   * @param target host:port that it scrapes, as the job driftwatch
   * @param rules rule files, YAML
   * @param alertmanager host:port that it tells of alerts
   */
  static async start(
    folder: string,
    target: string,
    { rules, alertmanager }: { readonly rules: readonly string[]; readonly alertmanager?: string },
  ): Promise<Prometheus> {
    const port = await freePort()
    await mkdir(folder, { recursive: true })
    const files = rules.map((_, i) => join(folder, `${i}.rules.yml`))
    for (const [i, file] of files.entries()) await writeFile(file, rules[i])
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: files,
      ...(alertmanager !== undefined && { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
      scrape_configs: [{ job_name: 'driftwatch', static_configs: [{ targets: [target] }] }],
    }
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    const ended = once(child, 'close')
    let over = false
    void ended.then(() => (over = true))
    const url = `http://127.0.0.1:${port}`
    while (!(await answers(`${url}/-/ready`))) {
      if (over) throw new Error('Prometheus ended before it was ready; what it said is above')
      await wait(50)
    }
    return new Prometheus(url, () => {
      child.kill('SIGKILL')
      return ended
    })
  }

  stop(): Promise<unknown> {
    return this.kill()
  }

  /** What an expression gives now. @throws Error with what Prometheus says of it */
  async query(expr: string): Promise<Series[]> {
    const { result } = await this.#get<{ result: { metric: Record<string, string>; value: [number, string] }[] }>('query', { query: expr })
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** The values of a label among the series of a selector. */
  labelValues(label: string, selector: string): Promise<string[]> {
    return this.#get(`label/${label}/values`, { 'match[]': selector })
  }

  /** The alerts that are pending or firing, as they would be sent. */
  async alerts(): Promise<{ labels: Record<string, string>; annotations: Record<string, string>; state: string }[]> {
    const { alerts } = await this.#get<{
      alerts: { labels: Record<string, string>; annotations: Record<string, string>; state: string }[]
    }>('alerts', {})
    return alerts
  }

  /** Asks again and again until an expression gives something. */
  async until(expr: string): Promise<void> {
    while ((await this.query(expr)).length === 0) await wait(200)
  }

  async #get<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const { data, error } = (await answer.json()) as { data: Data; error?: string }
    if (error !== undefined) throw new Error(`${error}: ${JSON.stringify(parameters)}`)
    return data
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )

/** Runs promtool and returns what it says, also where it finds faults. */
export const promtool = (args: readonly string[], folder: string): Promise<string> =>
  new Promise((resolve) => {
    execFile('promtool', args, { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
