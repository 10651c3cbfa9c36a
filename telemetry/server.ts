import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Health } from './health.js'

export interface TelemetryServerOptions {
  /** Loopback unless told otherwise: metrics name streams and features. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly registry: Exposition
  readonly health: Health
  readonly logger: Logger
  /** What others serve on the same port. */
  readonly routes?: readonly Route[] | undefined
}

/** Answers all requests for a path, or with a path that ends in `/` (but is more than that) for all below it, by whatever method. Must end every response. */
export interface Route {
  readonly path: string
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void
}

/** What the server needs of a metric registry. */
export interface Exposition {
  readonly contentType: string
  metrics(): Promise<string>
}

export interface TelemetryServer {
  readonly host: string
  readonly port: number
  /** Ends at once, open connections included. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/**
 * Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (200 when every check is ready, else 503).
 * A client that is slow, silent or greedy costs one of a few connections for a few seconds, nothing more.
 * Rejects with an `Error` that names the address when it cannot listen.
 */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const routes = routesOf(options)
  const waiting = new WeakSet<Socket>()
  const server = createServer(limits, (request, response) => {
    const { socket } = request
    // Thousands of requests fit into one packet: who asks again before the answer is there (no scraper does) is cut off.
    if (waiting.has(socket)) {
      socket.destroy()
      return
    }
    waiting.add(socket)
    response.once('close', () => waiting.delete(socket))
    const route = routeTo(options.routes ?? [], pathOf(request))
    if (route === undefined) void answer(routes, request, options.logger).then((result) => send(request, response, result))
    else void handled(route, request, response, options.logger)
  })
  server.maxConnections = 64
  // Also ends connections on which an answer waits that nobody reads.
  server.timeout = 10_000
  await listen(server, options)
  const { address, port } = server.address() as AddressInfo
  return {
    host: address,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const limits = {
  headersTimeout: 3_000,
  requestTimeout: 3_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
}

type Routes = Readonly<Record<string, () => Promise<Answer> | Answer>>

function routesOf({ registry, health }: TelemetryServerOptions): Routes {
  let rendering: Promise<string> | undefined
  const render = () => {
    rendering ??= registry.metrics().finally(() => {
      rendering = undefined
    })
    return rendering
  }
  return {
    '/metrics': async () => ({ status: 200, type: registry.contentType, body: await render() }),
    '/healthz': () => text(200, 'alive'),
    '/readyz': () => {
      const report = health.report()
      return { status: report.ready ? 200 : 503, type: 'application/json', body: `${JSON.stringify(report, null, 2)}\n` }
    },
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? ''

const routeTo = (routes: readonly Route[], path: string): Route | undefined =>
  routes.find((route) => {
    const folder = route.path.endsWith('/') && route.path !== '/'
    return folder ? path.startsWith(route.path) || path === route.path.slice(0, -1) : path === route.path
  })

async function handled(route: Route, request: IncomingMessage, response: ServerResponse, logger: Logger): Promise<void> {
  try {
    await route.handle(request, response)
  } catch (error) {
    logger.error({ err: error, path: route.path }, 'telemetry request failed')
    if (response.headersSent) response.destroy()
    else send(request, response, text(500, 'failed; see the log'))
  }
}

async function answer(routes: Routes, request: IncomingMessage, logger: Logger): Promise<Answer> {
  const path = pathOf(request)
  if (!Object.hasOwn(routes, path)) return text(404, `not found; try ${Object.keys(routes).join(', ')}`)
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET and HEAD')
  try {
    return await routes[path]!()
  } catch (error) {
    logger.error({ err: error, path }, 'telemetry request failed')
    return text(500, 'failed; see the log')
  }
}

const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` })

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // A request body was not read: the connection cannot be used again.
    ...(request.method !== 'GET' && request.method !== 'HEAD' && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const listen = (server: Server, { host, port, logger }: TelemetryServerOptions) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use; set metrics.port to a free one' : error.message
      reject(new Error(`the metrics server cannot listen on ${host}:${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      server.on('error', (error) => logger.error({ err: error }, 'the metrics server has a fault'))
      resolve()
    })
  })
