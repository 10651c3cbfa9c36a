import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { command } from '../../cli/report.js'
import { packageVersion } from '../../cli/version.js'
import { Feed } from '../../live/feed.js'
import { Guard } from '../../live/guard.js'
import { Live } from '../../live/live.js'
import { pageRoutes } from '../../live/routes.js'
import { Health } from '../../telemetry/health.js'
import { startTelemetryServer, type TelemetryServer } from '../../telemetry/server.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { silent } from '../contract/silent-logger.js'
import { batchOf, eventOf, partitionOf, streamsOf, subject } from '../live/batches.js'
import { synthetic } from '../references/synthetic.js'
import { csvText, quickDetectors, writeReference } from './reference.js'
import { runCommand } from './run-command.js'

const TOKEN = 'nobody-guesses-this'
const html =
  '<html><head><meta charset="utf-8" /><link rel="stylesheet" href="page.css" /><script type="module" src="page.js"></script></head><body></body></html>'

describe('driftwatch report', () => {
  let folder: string
  let page: string
  const report = (...args: string[]) => runCommand((out) => command(out, page), ...args)
  const view = async (path: string) =>
    JSON.parse(/<script type="application\/json" id="view">(.*?)<\/script>/s.exec(await readFile(path, 'utf8'))?.[1] ?? '')

  beforeAll(async () => {
    folder = await temporaryFolder()
    page = await temporaryFolder()
    await writeFile(join(page, 'index.html'), html)
    await writeFile(join(page, 'page.css'), 'body { color: black }')
    await writeFile(join(page, 'page.js'), 'console.log(1)')
  })

  describe('of a configuration', () => {
    let config: string
    beforeAll(async () => {
      await writeReference(join(folder, 'reference'), { n: 4000, d: 3, seed: 1 }, 'synthetic', quickDetectors)
      const rows = synthetic({ n: 2000, d: 3, seed: 2 })
      for (let i = 3 * 1000; i < 3 * 1100; i += 3) rows[i] += 40
      await writeFile(join(folder, 'rows.csv'), csvText(rows, 3))
      config = join(folder, 'driftwatch.yaml')
      await writeFile(
        config,
        `monitors:
  - name: rows
    source: { file: { path: ${folder}/rows.csv } }
    decode: { csv: {} }
    reference: { path: ${folder}/reference }
    detectors: [${quickDetectors}]
    alerting: { falseAlarmsPerDay: 4/day }
    sinks: [{ stdout: {} }]
`,
      )
    })

    it('prints the gist and writes one file with everything inside', async () => {
      const path = join(folder, 'report.html')
      const { code, out, err } = await report(config, '-o', path)
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(
        /^Report of rows\n {2}period {3}.* 2,000 records, 0 rejected\n {2}streams {2}1: 1 quiet\n {2}alerts {3}\d+: .*\n {2}budget {3}4\/day asked/,
      )
      expect(out).toMatch(
        / {2}worst\n {4}(critical|error), .*\n {6}.*drift.*f0 [+−].*\n {4}(critical|error), .*\n {6}.*anomalous records.*f0 [+−]/,
      )
      expect(out).toContain(`written to ${path}\n`)
      const shown = await view(path)
      expect(shown).toMatchObject({ frozen: true, version: packageVersion(), monitors: [{ name: 'rows', state: { is: 'ended' } }] })
      const text = await readFile(path, 'utf8')
      expect(text).toContain('<style>body { color: black }</style>')
      expect(JSON.parse(/id="histories">(.*?)<\/script>/s.exec(text)?.[1] ?? '')).toHaveLength(1)
    })

    it('says what cannot be: no page, no place for the file, another monitor, two sources', async () => {
      expect(await runCommand((out) => command(out, join(folder, 'none')), config, '-o', 'x.html')).toMatchObject({
        code: 2,
        err: 'error: the page was not built: run `npm run build`\n',
      })
      expect(await report(config, '-o', join(folder, 'none', 'x.html'))).toMatchObject({
        code: 5,
        err: expect.stringContaining('none/x.html'),
      })
      expect(await report(config, '-m', 'other', '-o', 'x.html')).toMatchObject({
        code: 2,
        err: expect.stringContaining('no monitor "other"'),
      })
      expect(await report(config, '--from-url', 'http://localhost', '-o', 'x.html')).toMatchObject({ code: 2 })
      expect(await report('-o', 'x.html')).toMatchObject({ code: 2, err: expect.stringContaining('either a configuration or --from-url') })
      expect(await report(config, '--token-env', 'X', '-o', 'x.html')).toMatchObject({ code: 2 })
    })
  })

  describe('of a running service', () => {
    let server: TelemetryServer
    let feed: Feed
    let url: string

    beforeAll(async () => {
      const live = new Live({ version: packageVersion(), streams: 10, described: 1e6, stateOf: () => ({ is: 'watching' }) })
      const collector = live.collector('m', 1024)
      collector.begin(subject)
      const partition = partitionOf()
      collector.adopted(partition, [])
      collector.graded(batchOf(partition, streamsOf(partition, ['a', 'b']), 0))
      collector.raised({ events: [eventOf('b', { severity: 'critical' })] })
      feed = new Feed(live, 2)
      const routes = pageRoutes({ live, feed, guard: new Guard({ host: '127.0.0.1', token: TOKEN }), assets: new Map() })
      server = await startTelemetryServer({
        host: '127.0.0.1',
        port: 0,
        registry: new Registry(),
        health: new Health(),
        logger: silent,
        routes,
      })
      url = `http://127.0.0.1:${server.port}`
    })
    afterAll(async () => {
      vi.unstubAllEnvs()
      feed.close()
      await server.close()
    })

    it('freezes what its page shows now', async () => {
      vi.stubEnv('PAGE_TOKEN', TOKEN)
      const path = join(folder, 'now.html')
      const { code, out } = await report('--from-url', url, '--token-env', 'PAGE_TOKEN', '-o', path)
      expect([code, out]).toEqual([0, expect.stringContaining('alerts   1: 1 critical')])
      expect(await view(path)).toMatchObject({ frozen: true, monitors: [{ name: 'm', streams: [{ name: 'a' }, { name: 'b' }] }] })
    })

    it('says what keeps it from it, and never the token', async () => {
      vi.stubEnv('PAGE_TOKEN', TOKEN)
      const failed = async (code: number, message: RegExp, ...args: string[]) => {
        const run = await report(...args, '-o', 'x.html')
        expect([run.code, run.err]).toEqual([code, expect.stringMatching(message)])
        expect(run.err + run.out).not.toContain(TOKEN)
      }
      await failed(5, /asks for its page\.token; .* --token-env/, '--from-url', url)
      await failed(2, /environment variable NOT_SET is not set/, '--from-url', url, '--token-env', 'NOT_SET')
      await failed(2, /has no monitor x/, '--from-url', url, '--token-env', 'PAGE_TOKEN', '-m', 'x')
      await failed(2, /is no address such as/, '--from-url', 'localhost:9464', '--token-env', 'PAGE_TOKEN')
      await failed(5, /has no live page/, '--from-url', `${url}/metrics/`, '--token-env', 'PAGE_TOKEN')
      await server.close()
      await failed(5, /cannot reach http:\/\/127\.0\.0\.1:\d+\/page\/: .*ECONNREFUSED/, '--from-url', url, '--token-env', 'PAGE_TOKEN')
    })
  })
})
