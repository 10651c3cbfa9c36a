import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Heartbeat, type HeartbeatOptions, heartbeatSchema } from '../../../connectors/paging/heartbeat.js'

describe('a heartbeat', () => {
  let watchdog: Server
  let heartbeat: Heartbeat | undefined
  const heard: string[] = []
  let status = 200
  beforeEach(async () => {
    heard.length = 0
    status = 200
    watchdog = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`)
      response.writeHead(status).end()
    })
    await new Promise<void>((resolve) => watchdog.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    heartbeat?.close()
    await new Promise((resolve) => watchdog.close(resolve))
  })

  /** Begins it, and resolves with what became of the first so many beats. */
  const beats = (count: number, options: Partial<HeartbeatOptions> = {}): Promise<readonly string[]> =>
    new Promise((resolve) => {
      const outcomes: string[] = []
      const url = `http://127.0.0.1:${(watchdog.address() as AddressInfo).port}/ping/key-of-mine`
      heartbeat = new Heartbeat({
        ...heartbeatSchema.parse({ url }),
        every: 20,
        ready: () => true,
        beaten: (outcome, error) => {
          outcomes.push(error instanceof Error ? `${outcome}: ${error.message}` : outcome)
          if (outcomes.length === count) resolve(outcomes)
        },
        ...options,
      })
    })

  it('is sent again and again, by the method that is asked for', async () => {
    expect(await beats(3)).toEqual(['sent', 'sent', 'sent'])
    expect(new Set(heard)).toEqual(new Set(['POST /ping/key-of-mine']))
    heartbeat?.close()
    heard.length = 0
    await beats(1, { method: 'GET' })
    expect(heard).toEqual(['GET /ping/key-of-mine'])
  })

  it('is withheld while not all is well, and goes on when it is', async () => {
    let looks = 0
    expect(await beats(3, { ready: () => ++looks > 2 })).toEqual(['withheld', 'withheld', 'sent'])
    expect(heard).toHaveLength(1)
  })

  it('that fails says so without its address, and is tried again', async () => {
    status = 500
    const [failed, again] = await beats(2)
    expect(failed).toMatch(/^failed: sink heartbeat: http:\/\/127.0.0.1:\d+ .*500/)
    expect(failed + again).not.toContain('key-of-mine')
    expect(heard).toHaveLength(2)
  })

  it('needs an address over HTTP', () => {
    expect(heartbeatSchema.safeParse({ url: 'ftp://x' }).error?.issues[0].message).toContain('http://')
  })
})
