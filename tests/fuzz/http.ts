import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect } from 'vitest'
import { httpCorpus } from './corpus/http.js'
import { editedBytes, repeated } from './edits.js'
import type { Target } from './fuzzer.js'

/** What one client does: writes pieces of bytes, reads the answers or not, and goes. */
export interface Client {
  readonly pieces: readonly Buffer[]
  readonly reads: boolean
  readonly end: 'half' | 'reset'
}

export const adminToken = '0123456789abcdef'

const requests = [
  'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /readyz HTTP/1.0\r\nconnection: keep-alive\r\n\r\n',
  'HEAD /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
  'POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello',
  'PUT /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  `POST /admin/silences HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminToken}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
  `DELETE /admin/silences/x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminToken}\r\n\r\n`,
].map((text) => Buffer.from(text))

const methods = ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'get', 'G\u0000T', '']
const paths = [
  '/metrics',
  '/healthz',
  '/readyz',
  '/admin/silences',
  '/admin/silences/%',
  '/',
  '*',
  '/__proto__',
  '/%2e%2e/etc/passwd',
  '//x/metrics',
  'http://x/metrics',
  '/metrics?'.padEnd(9000, 'a'),
]
const versions = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'SPDY', '']
const fields = [
  ...[
    'host: x',
    'host: x\r\nhost: y',
    'content-length: 3',
    'content-length: -1',
    'content-length: 3, 4',
    'content-length: 99999999999999999999',
  ],
  ...[
    'transfer-encoding: chunked',
    'transfer-encoding: chunked, identity',
    'Transfer-Encoding : chunked',
    'transfer-encoding:\u000bchunked',
  ],
  ...['connection: upgrade\r\nupgrade: websocket', 'connection: close', 'expect: 100-continue', 'expect: the-worst', 'range: bytes=0-'],
  ...[
    '__proto__: x',
    'constructor: x',
    ' folded: x',
    'x',
    ': x',
    'x: \u0000',
    `x: ${'y'.repeat(9000)}`,
    'accept-encoding: gzip',
    'te: trailers',
    `authorization: Bearer ${adminToken}`,
    'authorization: Bearer',
    'content-type: application/json',
  ],
]
const bodies = [
  '',
  'abc',
  '{"match":{"kind":"feed"},"for":"1h","comment":"x"}',
  '3\r\nabc\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\nGET /metrics HTTP/1.1\r\nhost: x\r\n\r\n',
  '\r\n\r\n',
]

const made = fc
  .record({
    method: fc.constantFrom(...methods),
    path: fc.constantFrom(...paths),
    version: fc.constantFrom(...versions),
    headers: fc.array(fc.constantFrom(...fields), { maxLength: 6 }),
    body: fc.constantFrom(...bodies),
    newline: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
  })
  .map(({ method, path, version, headers, body, newline }) =>
    Buffer.from([`${method} ${path} ${version}`, ...headers, '', body].join(newline), 'latin1'),
  )

const streams = fc.oneof(
  { weight: 4, arbitrary: made },
  { weight: 3, arbitrary: editedBytes(fc.constantFrom(...requests)) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: repeated(['', 'GET /metrics HTTP/1.1\r\n'], ['a', 'a: b\r\n', '\r\n', ' ', '\u0000', String(requests[0])], 60_000).map(
      Buffer.from,
    ),
  },
)

/** The bytes in one piece, in a few, or one by one. */
const cut = ([bytes, size]: [Buffer, number]): Buffer[] => {
  const length = Math.max(size, Math.ceil(bytes.length / 100))
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length))
}

const clients: fc.Arbitrary<Client> = fc.record({
  pieces: fc.tuple(streams, fc.constantFrom(1, 7, 100_000, 100_000, 100_000)).map(cut),
  reads: fc.boolean(),
  end: fc.constantFrom('half', 'half', 'reset'),
})

/** Several clients at once, then an honest one: it gets its answer, and every answer to the others is HTTP. */
export const httpTarget = (port: () => number): Target<readonly Client[]> => ({
  name: 'the HTTP server (in groups of 1 to 8 clients)',
  corpus: httpCorpus.map((text) => [{ pieces: [Buffer.from(text, 'latin1')], reads: true, end: 'half' }]),
  cases: fc.array(clients, { minLength: 1, maxLength: 8 }),
  runs: 300,
  async attempt(group) {
    const open = await Promise.all(group.map((client) => act(client, port())))
    const answer = await fetch(`http://127.0.0.1:${port()}/healthz`, { headers: { connection: 'close' } })
    expect(`${answer.status} ${await answer.text()}`).toBe('200 alive\n')
    for (const { socket, received } of open) {
      socket.destroy()
      if (received.length > 0) expect(received.join('').slice(0, 13)).toMatch(/^HTTP\/1\.1 [1-5]/)
    }
  },
})

async function act({ pieces, reads, end }: Client, port: number): Promise<{ socket: Socket; received: string[] }> {
  const received: string[] = []
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  if (reads) socket.on('data', (data) => received.push(data.toString('latin1')))
  await once(socket, 'connect')
  for (const piece of pieces) if (!socket.destroyed) await new Promise((done) => socket.write(piece, done))
  if (end === 'half') socket.end()
  else socket.resetAndDestroy()
  return { socket, received }
}
