import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../connectors/options.js'
import { silencesRoute } from '../../../connectors/paging/admin.js'
import { hushBy } from '../../../connectors/paging/hush.js'
import { quietHoursSchema } from '../../../connectors/paging/quiet-hours.js'
import { Silences, silenceSchema } from '../../../connectors/paging/silences.js'
import { Health } from '../../../telemetry/health.js'
import { startTelemetryServer, type TelemetryServer } from '../../../telemetry/server.js'
import { Story } from './stories.js'

const token = 'a-token-of-some-length'
const start = Date.UTC(2026, 2, 1)
const { data } = new Story('camera-1').opened('error')

let now = start
let path: string
beforeEach(async () => {
  now = start
  path = join(await mkdtemp(join(tmpdir(), 'silences-')), 'silences.json')
})

const configured = (...silences: object[]) => silences.map((silence) => silenceSchema.parse(silence))
const maintenance = {
  match: { stream: 'camera-*' },
  from: '2026-03-01T01:00:00Z',
  until: '2026-03-01T02:00:00Z',
  comment: 'lenses are cleaned',
}

describe('silences', () => {
  it('of the configuration hold back what they match, while they last', () => {
    const silences = new Silences(configured(maintenance), undefined, () => now)
    const hush = hushBy(silences, [], () => now)
    const at = (hours: number, of = data) => {
      now = start + hours * 3_600_000
      return hush(of)?.text
    }
    expect([at(0.99), at(1), at(1.99), at(2)]).toEqual([undefined, ...Array(2).fill('the silence "lenses are cleaned"'), undefined])
    expect(at(1.5, new Story('door-1').opened('error').data)).toBeUndefined()
  })

  it('come before quiet hours as the reason', () => {
    const quietHours = [quietHoursSchema.parse({ from: '00:00', to: '00:00' })]
    const hush = hushBy(new Silences(configured(maintenance), undefined, () => now), quietHours, () => now)
    expect(hush(data)).toEqual({ why: 'quiet_hours', text: 'quiet hours' })
    now += 3_600_000
    expect(hush(data)?.why).toBe('silence')
  })

  it('that are made at run time are on the disk when that is answered, and outlive the process', async () => {
    const silences = new Silences([], path, () => now)
    await silences.load()
    const [one, other] = await Promise.all(
      ['one', 'other'].map((comment) => silences.add({ match: { stream: ['camera-*'] }, until: start + 1000, comment })),
    )
    await silences.end(one.id)
    const next = new Silences([], path, () => now)
    await next.load()
    expect(next.list()).toEqual([other])
    expect(next.covering(data)).toEqual(other)
    now += 1000
    expect([next.covering(data), next.list()]).toEqual([undefined, []])
  })

  it('in a file that cannot be read stop the start, with the mend', async () => {
    await writeFile(path, '[{"id": 1}]')
    await expect(new Silences([], path).load()).rejects.toThrow(
      /silences.json cannot be read .*; mend the file, or delete it to begin without any/s,
    )
  })

  it('that could not be written stop the start too', async () => {
    await expect(new Silences([], join(path, 'nowhere', 'silences.json')).load()).rejects.toThrow(
      /nowhere: cannot be written .*; check the path/,
    )
  })

  it('of control messages are replaced, and ended, by later ones of the same id; there are not too many', () => {
    const silences = new Silences([], undefined, () => now)
    const wanted = { match: { stream: ['camera-*'] }, comment: 'they move' }
    silences.hear('move-7', { ...wanted, until: start + 1000 })
    silences.hear('move-7', { ...wanted, until: start + 5000 })
    expect(silences.list()).toEqual([{ ...wanted, id: 'move-7', from: 0, until: start + 5000, origin: 'control message' }])
    expect(silences.covering(data)?.id).toBe('move-7')
    // What is read again after a restart may be long over.
    silences.hear('move-7', { ...wanted, until: start - 1 })
    expect(silences.list()).toEqual([])
    for (let i = 0; i < 100; i++) silences.hear(`${i}`, { ...wanted, until: start + 1 })
    expect(() => silences.hear('one more', { ...wanted, until: start + 1 })).toThrow('100 silences')
    now += 1
    silences.hear('one more', { ...wanted, until: start + 5000 })
    expect(silences.list()).toHaveLength(1)
  })

  it('must end after they begin', () => {
    const { error } = silenceSchema.safeParse({ ...maintenance, until: maintenance.from })
    expect(error?.issues).toMatchObject([{ path: ['until'], message: 'must be after from' }])
  })
})

describe('the endpoint of silences', () => {
  let server: TelemetryServer
  let silences: Silences
  const changes: string[] = []
  beforeEach(async () => {
    changes.length = 0
    silences = new Silences(configured({ match: { kind: 'feed' }, until: '2026-04-01T00:00:00Z', comment: 'fixed' }), path, () => now)
    const changed = (what: string, { comment }: { comment: string }) => changes.push(`${what} ${comment}`)
    const routes = [silencesRoute({ silences, token: new Secret(token), changed, now: () => now })]
    const logger = pino({ level: 'silent' })
    server = await startTelemetryServer({ host: '127.0.0.1', port: 0, registry: new Registry(), health: new Health(), logger, routes })
  })
  afterEach(() => server.close())

  const ask = async (method: string, body?: unknown, { path = '', headers = {} }: { path?: string; headers?: object } = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/admin/silences${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, headers: response.headers }
  }
  const silence = { match: { stream: 'camera-*', severity: ['warning', 'error'] }, for: '2h', comment: 'lenses are cleaned' }

  it('makes, lists and ends silences', async () => {
    const made = await ask('POST', silence)
    expect(made).toMatchObject({ status: 201, body: { comment: 'lenses are cleaned', until: '2026-03-01T02:00:00.000Z', active: true } })
    expect(silences.covering(data)?.id).toBe(made.body.id)
    expect(JSON.parse(await readFile(path, 'utf8'))).toHaveLength(1)
    const { body } = await ask('GET')
    expect(body.silences).toMatchObject([{ origin: 'configuration' }, { id: made.body.id, origin: 'run time' }])
    expect(await ask('DELETE', undefined, { path: `/${made.body.id}` })).toMatchObject({ status: 200, body: { ended: made.body.id } })
    expect(silences.covering(data)).toBeUndefined()
    expect(changes).toEqual(['added lenses are cleaned', 'ended lenses are cleaned'])
  })

  it('makes one that begins later', async () => {
    const made = await ask('POST', { ...silence, from: '2026-03-02T00:00:00Z' })
    expect(made.body).toMatchObject({ from: '2026-03-02T00:00:00.000Z', until: '2026-03-02T02:00:00.000Z', active: false })
  })

  it.each([
    ['no token', ''],
    ['another scheme', `Basic ${token}`],
    ['another token', `Bearer ${token}x`],
    ['a part of it', `Bearer ${token.slice(0, -1)}`],
  ])('tells nothing and does nothing for who has %s', async (_, authorization) => {
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', silence],
      ['DELETE', undefined],
    ] as const) {
      const answer = await ask(method, body, { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect(JSON.stringify(answer.body)).not.toContain(token)
    }
    expect(silences.list()).toHaveLength(1)
  })

  it.each<[string, unknown, RegExp]>([
    ['no JSON', 'stream=camera', /expected one JSON object such as/],
    ['no match', { for: '2h', comment: 'x' }, /match/],
    ['a match of everything', { ...silence, match: {} }, /expected at least one of monitor, stream, kind, detector, severity/],
    ['no end', { match: { kind: 'feed' }, comment: 'x' }, /exactly one of until .* and for/],
    ['two ends', { ...silence, until: '2026-03-01T05:00:00Z' }, /exactly one of until .* and for/],
    ['an end that is past', { ...silence, for: undefined, until: '2026-02-01T00:00:00Z' }, /in the future/],
    ['an end that is far away', { ...silence, for: '31d' }, /at most 30 days/],
    ['no comment', { match: { kind: 'feed' }, for: '1h' }, /comment/],
    ['a comment of several lines', { ...silence, comment: 'a\nb' }, /without control characters/],
    ['an unknown field', { ...silence, forever: true }, /forever/],
  ])('refuses %s and says how it is right', async (_, body, message) => {
    const answer = await ask('POST', body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatch(message)
    expect(silences.list()).toHaveLength(1)
  })

  it('refuses what is too large, of another type, too much, unknown or fixed', async () => {
    expect(await ask('POST', 'x'.repeat(20_000))).toMatchObject({ status: 413 })
    expect(await ask('POST', silence, { headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 })
    expect(await ask('PUT', silence)).toMatchObject({ status: 405 })
    expect(await ask('GET', undefined, { path: '/x' })).toMatchObject({ status: 404 })
    expect(await ask('DELETE', undefined, { path: '/x%' })).toMatchObject({ status: 404 })
    expect(await ask('DELETE', undefined, { path: '/configuration-0' })).toMatchObject({ status: 409 })
    for (let i = 0; i < 100; i++) await silences.add({ match: { kind: ['feed'] }, until: start + 1, comment: `${i}` })
    expect(await ask('POST', silence)).toMatchObject({ status: 409, body: { error: expect.stringContaining('100 silences') } })
    now += 1
    expect(await ask('POST', silence)).toMatchObject({ status: 201 })
  })
})
