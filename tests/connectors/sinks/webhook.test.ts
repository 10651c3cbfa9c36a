import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { CloudEvent, HTTP } from 'cloudevents'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { retryAfter } from '../../../connectors/http/outcome.js'
import { WebhookSink, webhook } from '../../../connectors/sinks/webhook.js'
import { failure, sampleEvent } from '../../contract/sink-contract.js'
import { found, writingsOf } from '../../kit/canaries.js'
import { type Answer, WebhookReceiver } from '../../kit/webhook-receiver.js'

const key = (seed: number) => Buffer.alloc(32, seed).toString('base64')
const secret = `whsec_${key(1)}`
const never = new AbortController().signal

const sinkTo = (url: string, options: object = {}) => new WebhookSink(webhook.schema.parse({ url, secret, ...options }))

describe('webhook', () => {
  let receiver: WebhookReceiver
  beforeEach(async () => {
    receiver = await WebhookReceiver.start(secret)
  })
  afterEach(() => receiver.close())

  const failedWith = (answer: Answer, options?: object) => {
    receiver.answers.push(answer)
    return failure(sinkTo(receiver.url, options).write(sampleEvent(), never))
  }

  it('posts a CloudEvent in structured mode that the CloudEvents SDK reads', async () => {
    await sinkTo(receiver.url).write(sampleEvent(), never)
    const [{ body, headers, id }] = receiver.accepted
    const event = HTTP.toEvent({ headers, body })
    expect(event).toBeInstanceOf(CloudEvent)
    expect(event).toMatchObject({ id: sampleEvent().id, type: 'io.driftwatch.alert.opened', data: sampleEvent().data })
    expect(id).toBe(sampleEvent().id)
  })

  it('signs with every key while keys are rotated, the newest first', async () => {
    const secrets = [`whsec_${key(2)}`, secret]
    await sinkTo(receiver.url, { secret: undefined, secrets }).write(sampleEvent(), never)
    expect(receiver.accepted).toHaveLength(1)
    expect(receiver.accepted[0].headers['webhook-signature'].split(' ')).toHaveLength(2)
  })

  it('takes a key without its prefix', async () => {
    await sinkTo(receiver.url, { secret: key(1) }).write(sampleEvent(), never)
    expect(receiver.accepted).toHaveLength(1)
  })

  it("is refused as unauthorised when the key is not the receiver's", async () => {
    const error = await failure(sinkTo(receiver.url, { secret: `whsec_${key(9)}` }).write(sampleEvent(), never))
    expect(error).toMatchObject({ reason: 'auth', recoverable: false })
    expect(receiver.refused).toEqual([expect.stringContaining('No matching signature')])
  })

  it('sends the configured headers', async () => {
    await sinkTo(receiver.url, { headers: { authorization: 'Bearer t0ken' } }).write(sampleEvent(), never)
    expect(receiver.accepted[0].headers.authorization).toBe('Bearer t0ken')
  })

  it.each([
    { status: 301, reason: 'client', recoverable: false },
    { status: 400, reason: 'client', recoverable: false },
    { status: 401, reason: 'auth', recoverable: false },
    { status: 403, reason: 'auth', recoverable: false },
    { status: 404, reason: 'client', recoverable: false },
    { status: 408, reason: 'timeout', recoverable: true },
    { status: 410, reason: 'gone', recoverable: false },
    { status: 413, reason: 'too_large', recoverable: false },
    { status: 425, reason: 'server', recoverable: true },
    { status: 429, reason: 'rate_limited', recoverable: true },
    { status: 500, reason: 'server', recoverable: true },
    { status: 503, reason: 'server', recoverable: true },
  ])('takes $status as $reason, recoverable: $recoverable', async ({ status, reason, recoverable }) => {
    const error = await failedWith({ status, body: 'because' })
    expect(error).toMatchObject({ reason, recoverable })
    expect(error.message).toMatch(new RegExp(`127\\.0\\.0\\.1:\\d+ answered ${status}.*: because$`))
  })

  it("hides in the receiver's words what it was told, in any form", async () => {
    const canaries = { header: 'canary "of" the header', part: 'canary-of-the-path', query: 'canary/of the query', key: key(5) }
    const { header, part, query } = canaries
    const url = `${receiver.url}/${part}?a=1&key=${encodeURIComponent(query)}`
    const told = [...Object.values(canaries), `Bearer ${header}`, new URL(url).pathname, new URL(url).search]
    for (const echo of told.flatMap(writingsOf)) {
      receiver.answers.push({ status: 500, body: `you said ${echo}` })
      const sink = sinkTo(url, {
        headers: { authorization: `Bearer ${header}` },
        secrets: [`whsec_${key(1)}`, `whsec_${key(5)}`],
        secret: undefined,
      })
      const { message } = await failure(sink.write(sampleEvent(), never))
      expect(message).toContain('you said')
      expect(found(canaries, message), message).toEqual([])
    }
  })

  it('passes on how long the receiver wants to be left alone, of recoverable answers only', async () => {
    const headers = { 'retry-after': '7' }
    expect(await failedWith({ status: 429, headers })).toMatchObject({ retryAfterMs: 7000 })
    expect(await failedWith({ status: 503, headers })).toMatchObject({ retryAfterMs: 7000 })
    expect(await failedWith({ status: 400, headers })).toMatchObject({ retryAfterMs: undefined })
  })

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads Retry-After %j as %j ms', (header, expected) => {
    expect(retryAfter(header, Date.parse('2026-11-24T12:00:00Z'))).toBe(expected)
  })

  it('does not follow a redirect, and names where it leads without its path', async () => {
    const error = await failedWith({ status: 308, headers: { location: 'https://elsewhere.example/x?token=canary' } })
    expect(error.message).toContain('a redirect to https://elsewhere.example, which is not followed')
    expect(receiver.verified).toHaveLength(1)
  })

  it('gives up on a receiver that says nothing', async () => {
    const error = await failedWith('stall', { timeout: '100ms' })
    expect(error).toMatchObject({ reason: 'timeout', recoverable: true })
    expect(error.message).toContain('100 ms')
  })

  it('counts a 2xx as accepted although the rest of the answer never comes', async () => {
    receiver.answers.push('stall-body')
    await sinkTo(receiver.url, { timeout: '100ms' }).write(sampleEvent(), never)
    expect(receiver.verified).toHaveLength(1)
  })

  it('takes a broken or refused connection as recoverable', async () => {
    expect(await failedWith('reset')).toMatchObject({ reason: 'connection', recoverable: true })
    const { url } = receiver
    await receiver.close()
    const error = await failure(sinkTo(url).write(sampleEvent(), never))
    expect(error).toMatchObject({ reason: 'connection', recoverable: true })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('delivers once the receiver has recovered', async () => {
    const sink = sinkTo(receiver.url)
    receiver.answers.push({ status: 500 }, 'reset')
    for (let i = 0; i < 2; i++) await failure(sink.write(sampleEvent(), never))
    await sink.write(sampleEvent(), never)
    expect(receiver.accepted).toHaveLength(1)
    expect(new Set(receiver.verified.map(({ body }) => body)).size).toBe(1)
  })

  it('reads no more than the beginning of an endless answer', async () => {
    let sent = 0
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(500)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1000))) sent += 1000
      }
      response.on('drain', more)
      more()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const error = await failure(sinkTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).write(sampleEvent(), never))
    expect(error.message.length).toBeLessThan(300)
    // What fits into the socket buffers may be on its way; the connection must end then.
    server.close()
    await once(server, 'close')
    expect(sent).toBeLessThan(50_000_000)
  })

  it('shows no secret, whatever the receiver echoes', async () => {
    const canary = 'canary-5e1f'
    const url = `${receiver.url}/${canary}-path?token=${canary}-query`
    const headers = { authorization: `Bearer ${canary}-header`, 'x-key': `${canary}-key` }
    const body = `\u001b[31mno: POST /hook/${canary}-path?token=${canary}-query ${canary}-key authorization: ${canary}-header`
    receiver.answers.push({ status: 400, body })
    const sink = sinkTo(url, { headers })
    const error = await failure(sink.write(sampleEvent(), never))
    for (const shown of [
      error.message,
      String(error.stack),
      inspect(error, { depth: 9 }),
      inspect(sink, { depth: 9 }),
      JSON.stringify(sink),
    ]) {
      expect(shown).not.toContain(canary)
      expect(shown).not.toContain(key(1))
    }
    expect(error.message).not.toContain('\u001b')
    expect(error.message).toContain('[secret]')
  })
})

describe('webhook options', () => {
  const problems = (options: object) => {
    const result = webhook.schema.safeParse({ url: 'https://example.org/hook', secret, ...options })
    return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }

  it('takes a minimal configuration', () => {
    expect(problems({})).toEqual([])
  })

  it.each([
    ['no URL', { url: 'example.org' }, /^url: /],
    ['another scheme', { url: 'ftp://example.org' }, /^url: .*https?:/],
    ['credentials in the URL', { url: 'https://me:canary@example.org' }, /^url: .*headers/],
    ['no secret', { secret: undefined }, /^secret: expected exactly one/],
    ['both secret and secrets', { secrets: [secret] }, /^secret: expected exactly one/],
    ['an empty secret', { secret: '' }, /^secret: is empty/],
    ['a secret that is not base64', { secret: 'canary canary canary canary canary canary' }, /^secret: is not a Standard Webhooks secret/],
    ['a short secret', { secret: 'Y2FuYXJ5' }, /^secret: is not a Standard Webhooks secret/],
    ['no secrets', { secret: undefined, secrets: [] }, /^secrets: /],
    ['a header that the sink sets', { headers: { 'Webhook-Id': 'canary' } }, /^headers.Webhook-Id: is set by the sink/],
    ['a header value with a line break', { headers: { authorization: 'canary\nx: y' } }, /^headers.authorization: is no valid header/],
    ['a timeout of nothing', { timeout: '0s' }, /^timeout: must be from 100ms/],
    ['an unknown field', { retries: 3 }, /Unrecognized key/],
  ])('refuses %s without quoting a secret', (_what, options, expected) => {
    const found = problems(options)
    expect(found).toEqual([expect.stringMatching(expected)])
    expect(found.join()).not.toContain('canary')
  })
})
