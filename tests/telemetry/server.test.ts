import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { Gauge, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Health } from '../../telemetry/health.js'
import { type Exposition, type Route, startTelemetryServer, type TelemetryServer } from '../../telemetry/server.js'

const logger = pino({ level: 'silent' })

describe('the telemetry server', () => {
  let server: TelemetryServer
  let health: Health
  let registry: Registry
  const start = (exposition: Exposition = registry) =>
    startTelemetryServer({ host: '127.0.0.1', port: 0, registry: exposition, health, logger })
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)
  const open: Socket[] = []
  const dial = async (): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    open.push(socket)
    await once(socket, 'connect')
    return socket
  }

  beforeEach(async () => {
    health = new Health()
    registry = new Registry()
    new Gauge({ name: 'up', help: 'Up.', registers: [registry] }).set(1)
    server = await start()
  })
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy()
    await server.close()
  })

  it('serves the registry as Prometheus text', async () => {
    const response = await get('/metrics?x=1')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toContain('# HELP up Up.\n# TYPE up gauge\nup 1\n')
  })

  it('is alive at once and ready when every check is', async () => {
    expect((await get('/healthz')).status).toBe(200)
    const check = health.check('source', 'connecting')
    const before = await get('/readyz')
    expect(before.status).toBe(503)
    expect(await before.json()).toMatchObject({ ready: false, checks: { source: { ready: false, detail: 'connecting' } } })
    check.ready()
    const after = await get('/readyz')
    expect(after.status).toBe(200)
    expect(await after.json()).toMatchObject({ ready: true })
  })

  it('has others serve paths, whole folders where those end in a slash, and `/` itself alone', async () => {
    await server.close()
    const told: string[] = []
    const route = (path: string): Route => ({
      path,
      handle: ({ url }, response) => {
        told.push(`${path} has ${url}`)
        response.end()
      },
    })
    const routes = ['/', '/page/', '/one'].map(route)
    server = await startTelemetryServer({ host: '127.0.0.1', port: 0, registry, health, logger, routes })
    for (const path of ['/', '/page', '/page/a/b?c', '/one?x', '/one/two', '/metrics']) await get(path)
    expect(told).toEqual(['/ has /', '/page/ has /page', '/page/ has /page/a/b?c', '/one has /one?x'])
  })

  it('answers HEAD without a body, and nothing but GET and HEAD', async () => {
    const head = await get('/healthz', { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('6')
    const post = await get('/metrics', { method: 'POST', body: 'x'.repeat(1_000_000) })
    expect(post.status).toBe(405)
    expect(post.headers.get('allow')).toBe('GET, HEAD')
  })

  it.each(['/', '/metric', '/metrics/', '/__proto__', '/constructor', '//metrics'])('knows no %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  it('says 500 when a metric cannot be read, and goes on', async () => {
    await server.close()
    let broken = true
    server = await start({ contentType: 'text/plain', metrics: async () => (broken ? Promise.reject(new Error('canary')) : 'fine') })
    const response = await get('/metrics')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('canary')
    broken = false
    expect(await (await get('/metrics')).text()).toBe('fine')
  })

  it('renders once for clients that ask at the same time', async () => {
    await server.close()
    let renderings = 0
    let finish = (_text: string) => {}
    server = await start({
      contentType: 'text/plain',
      metrics: () => {
        renderings++
        return new Promise((resolve) => {
          finish = resolve
        })
      },
    })
    const sockets = [await dial(), await dial(), await dial()]
    const answers = sockets.map((socket) => once(socket, 'data'))
    for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
    await get('/healthz')
    finish('text')
    for (const [data] of await Promise.all(answers)) expect(String(data)).toContain('200 OK')
    expect(renderings).toBe(1)
  })

  it('refuses huge headers and nonsense', async () => {
    const huge = await dial()
    huge.write(`GET /metrics HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(String((await once(huge, 'data'))[0])).toContain('431')
    const nonsense = await dial()
    nonsense.write('\u0000\u0001 hello\r\n\r\n')
    expect(String((await once(nonsense, 'data'))[0])).toContain('400')
  })

  // An answer that nobody reads would keep its connection for 10 s: closing must not wait for that.
  it('answers others while clients are slow, silent or do not read, and still closes at once', { timeout: 8_000 }, async () => {
    await server.close()
    const large = 'x'.repeat(20_000_000)
    server = await start({ contentType: 'text/plain', metrics: async () => large })
    const greedy = await dial()
    greedy.pause()
    greedy.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
    const slow = await dial()
    slow.write('GET /met')
    await dial()
    expect((await get('/healthz')).status).toBe(200)
    await server.close()
    await expect(get('/healthz')).rejects.toThrow()
  })

  it('cuts off a client that asks again before its answer is there', async () => {
    await server.close()
    let renderings = 0
    const metrics = async () => {
      renderings++
      return 'x'.repeat(1_000_000)
    }
    server = await start({ contentType: 'text/plain', metrics })
    const eager = await dial()
    eager.resume().write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(5000))
    await new Promise((closed) => eager.once('close', closed))
    expect(renderings).toBe(1)
    const patient = await dial()
    for (let i = 0; i < 3; i++) {
      const answered = once(patient, 'data')
      patient.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
      expect(String((await answered)[0])).toContain('200 OK')
    }
  })

  it('takes a limited number of connections, and serves again when they are gone', async () => {
    const crowd = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1').on('error', () => {}))
    open.push(...crowd)
    const gone = crowd.map((socket) => new Promise((closed) => socket.resume().once('close', closed)))
    for (const socket of crowd) socket.write('GET /met')
    await Promise.all(gone)
    expect((await get('/healthz')).status).toBe(200)
  })

  it('ends a connection that never finishes its request', async () => {
    const slow = await dial()
    slow.write('GET /metrics HTTP/1.1\r\nhost: x\r\n')
    slow.resume()
    await once(slow, 'close')
  })

  it('names the address that is taken and how to mend it', async () => {
    const second = startTelemetryServer({ host: '127.0.0.1', port: server.port, registry, health, logger })
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${server.port}: the port is in use; set metrics.port`)
  })
})
