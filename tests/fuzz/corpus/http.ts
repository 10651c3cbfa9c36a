/** Requests that confuse or burden servers. */
export const httpCorpus: readonly string[] = [
  '\r\n',
  '\u0000',
  'GET\r\n\r\n',
  'GET /metrics\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
  'CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET http://user:pass@169.254.169.254/latest HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  'POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /readyz HTTP/1.1\r\nhost: x\r\n\r\n',
  'POST /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
  'GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n',
  `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  `GET /metrics HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`,
  // Asks thousands of times before the first answer.
  'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2000),
  'POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'.repeat(2000),
]
