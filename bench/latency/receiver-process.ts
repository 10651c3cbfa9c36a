import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** First the receiver's address, then every record alert that opened. */
export type Heard = { readonly url: string } | Arrival
/** ms since the epoch: when the record was made, and when the alert was here. */
export interface Arrival {
  readonly made: number
  readonly arrived: number
}

const eventSchema = z.object({ type: z.string(), data: z.object({ kind: z.string(), since: z.iso.datetime() }) })

/* A webhook that takes the time, until its parent disconnects: `node receiver-process.js`. */
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const arrived = Date.now()
  response.writeHead(204).end()
  const { type, data } = eventSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  if (type.endsWith('.opened') && data.kind === 'record') process.send?.({ made: Date.parse(data.since), arrived } satisfies Heard)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } satisfies Heard)
})
process.once('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
