import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAssets } from '../../live/assets.js'
import type { Collector } from '../../live/collector.js'
import { Feed } from '../../live/feed.js'
import { Guard } from '../../live/guard.js'
import { Live } from '../../live/live.js'
import { pageRoutes } from '../../live/routes.js'
import type { ViewChange } from '../../live/view.js'
import type { Partition } from '../../pipelines/streams.js'
import { Health } from '../../telemetry/health.js'
import { startTelemetryServer, type TelemetryServer } from '../../telemetry/server.js'
import { silent } from '../contract/silent-logger.js'
import { batchOf, eventOf, partitionOf, streamsOf, subject } from './batches.js'

const TOKEN = 'a token that nobody guesses'
const HOSTILE = '<img src=x onerror=alert(1)>'

describe('the live page, served', () => {
  let folder: string
  let live: Live
  let feed: Feed
  let collector: Collector
  let partition: Partition
  let server: TelemetryServer
  const opened: (Socket | AbortController)[] = []

  const start = async (token?: string, most = 4) => {
    live = new Live({ version: '1.2.3', streams: 10, described: 1e6, stateOf: () => ({ is: 'watching' }) })
    collector = live.collector('m', 1024)
    collector.begin(subject)
    partition = partitionOf()
    collector.adopted(partition, [])
    collector.graded(batchOf(partition, streamsOf(partition, ['a', HOSTILE]), 0))
    feed = new Feed(live, most)
    const routes = pageRoutes({ live, feed, guard: new Guard({ host: '127.0.0.1', token }), assets: await readAssets(folder) })
    server = await startTelemetryServer({
      host: '127.0.0.1',
      port: 0,
      registry: new Registry(),
      health: new Health(),
      logger: silent,
      routes,
    })
  }
  const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { redirect: 'manual', ...init, headers })

  /** The events of a stream, one after the other. */
  async function events(path = '/page/events', headers: Record<string, string> = {}) {
    const abort = new AbortController()
    opened.push(abort)
    const response = await get(path, headers, { signal: abort.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const next = async (): Promise<{ event: string; data: ViewChange }> => {
      for (;;) {
        const found = /^event: (\w+)\ndata: (.*)\n\n/m.exec(text)
        if (found !== null) {
          text = text.slice(found.index + found[0].length)
          return { event: found[1], data: JSON.parse(found[2]) }
        }
        const { done, value } = await reader.read()
        if (done) throw new Error('the stream has ended')
        text += value
      }
    }
    return {
      response,
      next,
      leave: () => abort.abort(),
      ended: async () => {
        for (;;) if ((await reader.read()).done) return true
      },
    }
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-page-'))
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Driftwatch</title>')
    await writeFile(join(folder, 'page.js'), `console.log(${JSON.stringify('x'.repeat(5000))})`)
    await writeFile(join(folder, 'secret.key'), 'no file of a page')
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) one instanceof AbortController ? one.abort() : one.destroy()
    feed.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('sends everything first, then what changed, and everything again to who comes back', async () => {
    await start()
    const one = await events()
    expect(one.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const first = await one.next()
    expect(first.event).toBe('view')
    expect(first.data.monitors[0]).toMatchObject({ name: 'm', streams: [{ name: HOSTILE }, { name: 'a' }], alerts: [] })
    collector.raised({ events: [eventOf('a')] })
    feed.tell()
    const { event, data } = await one.next()
    expect(event).toBe('change')
    expect(data.monitors[0].alerts).toHaveLength(1)
    expect(data.monitors[0]).not.toHaveProperty('axis')
    one.leave()
    const again = await events('/page/events?monitor=m')
    expect((await again.next()).data.monitors[0]).toMatchObject({ name: 'm', unit: 'records', alerts: [{ open: true }] })
    expect((await (await events('/page/events?monitor=other')).next()).data.monitors).toEqual([])
  })

  it('sends a client that does not read nothing more, and all at once when it reads again', async () => {
    await start()
    const socket = connect(server.port, '127.0.0.1')
    opened.push(socket)
    await once(socket, 'connect')
    socket.pause()
    socket.write('GET /page/events HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await expect.poll(() => feed.clients).toBe(1)
    const long = 'x'.repeat(100_000)
    // Until the kernel takes no more.
    for (let i = 0; i < 30; i++) {
      collector.raised({ events: [eventOf('a', { transition: 'updated', summary: `${long}${i}` })] })
      feed.tell()
      await new Promise((resolve) => setImmediate(resolve))
    }
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.resume()
    const views = () => text.split('event: view\n').slice(1)
    while (views().length < 2 || !views().at(-1)?.includes(`${long}29`)) {
      feed.tell()
      await once(socket, 'data')
    }
    const [missedSome] = views()
    expect(missedSome.split('event: change\n').length - 1).toBeLessThan(30)
  })

  it('serves so many pages and no more, until one leaves', async () => {
    await start(undefined, 1)
    const one = await events()
    await one.next()
    const refused = await get('/page/events')
    expect(refused.status).toBe(503)
    expect(await refused.text()).toContain('too many pages')
    one.leave()
    await expect.poll(async () => (await events()).response.status).toBe(200)
  })

  it('ends its streams when the service does', async () => {
    await start()
    const one = await events()
    await one.next()
    feed.close()
    expect(await one.ended()).toBe(true)
  })

  it('tells the history of a stream, whatever it is called, and the end of it', async () => {
    await start()
    collector.graded(batchOf(partition, [...partition.streams.values()], 5000))
    const all = await get(`/page/history?${new URLSearchParams({ monitor: 'm', stream: HOSTILE })}`)
    expect(all.headers.get('content-type')).toBe('application/json')
    expect(await all.json()).toMatchObject({ stream: HOSTILE, span: 1000, times: [0, 5000] })
    expect(await (await get('/page/history?monitor=m&stream=a&since=5000')).json()).toMatchObject({ times: [5000] })
    expect((await get('/page/history?monitor=m&stream=nobody')).status).toBe(404)
    expect((await get('/page/history?monitor=m&stream=a&since=yesterday')).status).toBe(400)
  })

  it('answers with headers that let nothing but the page itself in', async () => {
    await start()
    for (const path of ['/', '/page/', '/page/page.js', '/page/history?monitor=m&stream=a', '/page/nothing']) {
      const { headers } = await get(path)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; .*connect-src 'self'.*frame-ancestors 'none'$/,
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.has('set-cookie')).toBe(false)
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  it('serves the files of the page, compressed where that is understood, and no others', async () => {
    await start()
    const home = await get('/')
    expect([home.status, home.headers.get('location')]).toEqual([302, 'page/'])
    expect((await get('/page')).headers.get('location')).toBe('page/')
    expect(await (await get('/page/')).text()).toContain('<title>Driftwatch</title>')
    const script = await get('/page/page.js', { 'accept-encoding': 'br' })
    expect(script.headers.get('content-encoding')).toBe('br')
    expect(await script.text()).toContain('xxx')
    const etag = script.headers.get('etag') ?? ''
    expect((await get('/page/page.js', { 'if-none-match': etag })).status).toBe(304)
    for (const path of ['/page/secret.key', '/page/..%2f..%2fetc%2fpasswd', '/page/constructor']) expect((await get(path)).status).toBe(404)
    // What was served before still is.
    expect((await get('/healthz')).status).toBe(200)
    expect((await get('/metrics')).status).toBe(200)
  })

  it('is read only', async () => {
    await start()
    const posted = await get('/page/history?monitor=m&stream=a', {}, { method: 'POST', body: 'x' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const head = await get('/page/', {}, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('answers on loopback only to names of loopback, so that no other name can be bound to it', async () => {
    await start()
    const statusFor = async (host: string): Promise<number | undefined> => {
      const asked = request({ port: server.port, host: '127.0.0.1', path: '/page/history?monitor=m&stream=a', headers: { host } })
      asked.end()
      const [response] = await once(asked, 'response')
      response.resume()
      return response.statusCode
    }
    for (const host of ['localhost:9464', '127.0.0.1', '[::1]:9464']) expect(await statusFor(host)).toBe(200)
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:9464', 'a b'])
      expect(await statusFor(host)).toBe(403)
  })

  it('gives data only for the token, where there is one, and its files without', async () => {
    await start(TOKEN.replaceAll(' ', '-'))
    const token = TOKEN.replaceAll(' ', '-')
    for (const path of ['/page/events', '/page/history?monitor=m&stream=a']) {
      const locked = await get(path)
      expect([locked.status, locked.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="driftwatch"'])
      expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(401)
      expect((await get(`${path}${path.includes('?') ? '&' : '?'}token=${token}`)).status).toBe(401)
    }
    expect((await get('/page/')).status).toBe(200)
    expect((await get('/page/history?monitor=m&stream=a', { authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await (await events('/page/events', { authorization: `Bearer ${token}` })).next()).event).toBe('view')
  })

  it.each([
    ['0.0.0.0', undefined, true],
    ['10.0.0.7', undefined, true],
    ['::', undefined, true],
    ['0.0.0.0', TOKEN, false],
    ['127.0.0.1', undefined, false],
    ['localhost', undefined, false],
  ])('on %s with the token %s is open to other machines: %s', (host, token, isOpen) =>
    expect(new Guard({ host, token }).isOpen).toBe(isOpen),
  )

  it('says what to do where the page was not built', async () => {
    await rm(folder, { recursive: true })
    await start()
    const missing = await get('/page/')
    expect([missing.status, await missing.text()]).toEqual([503, 'the page was not built: run `npm run build`, and start again\n'])
  })
})
