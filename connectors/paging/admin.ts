import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { bears, challenge } from '../../telemetry/bearer.js'
import type { Route } from '../../telemetry/server.js'
import { duration, type Secret } from '../options.js'
import type { HeldPage } from './known.js'
import { type Silence, type Silences, silenceFields, TooManySilences, type WantedSilence } from './silences.js'

const PATH = '/admin/silences'
const MOST_BYTES = 16 * 1024
/** Of those that are held back so many are listed. */
const MOST_PAGES = 100
/** A silence that is forgotten must end by itself. */
const LONGEST = 30 * 86_400_000

const { until, ...others } = silenceFields
const asked = z
  .strictObject({ ...others, until: until.optional(), for: duration().optional() })
  .refine((silence) => (silence.until === undefined) !== (silence.for === undefined), {
    path: ['until'],
    error: 'expected exactly one of until (a time such as 2026-03-01T23:00:00Z) and for (a duration such as 2h)',
  })

interface Answer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface SilencesAdminOptions {
  readonly silences: Silences
  readonly token: Secret
  /** The pages that are owed now. */
  heldBack(): readonly HeldPage[]
  /** Told what was changed. */
  changed(what: 'added' | 'ended', silence: Silence): void
  now?(): number
}

/**
 * Silences at run time, over HTTP and behind a bearer token: GET lists them and what is held back, POST adds one, DELETE with the id behind the path ends it.
 * A change is answered when it is on the disk.
 */
export function silencesRoute(options: SilencesAdminOptions): Route {
  return {
    path: `${PATH}/`,
    handle: async (request, response) =>
      send(response, bears(request, options.token.reveal()) ? await answer(request, options) : unauthorised),
  }
}

const unauthorised: Answer = {
  status: 401,
  headers: challenge,
  body: { error: 'expected the header "authorization: Bearer TOKEN" with the token that admin.token names' },
}

async function answer(request: IncomingMessage, options: SilencesAdminOptions): Promise<Answer> {
  const id = decodeURIComponentSafely((request.url ?? '').split('?', 1)[0].slice(PATH.length + 1))
  if (request.method === 'DELETE' && id !== '') return end(id, options)
  if (id !== '') return refusal(404, `there is nothing here but DELETE of a silence; ${PATH} lists them`)
  if (request.method === 'GET') return list(options)
  if (request.method === 'POST') return add(request, options)
  return { ...refusal(405, 'expected GET, POST, or DELETE with the id of a silence'), headers: { allow: 'GET, POST, DELETE' } }
}

function list({ silences, heldBack }: SilencesAdminOptions): Answer {
  const held = heldBack()
  const pages = held.slice(0, MOST_PAGES)
  return {
    status: 200,
    body: { silences: silences.list().map((silence) => shown(silence, silences)), heldBack: { count: held.length, pages } },
  }
}

async function add(request: IncomingMessage, { silences, changed, now = Date.now }: SilencesAdminOptions): Promise<Answer> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return refusal(415, 'expected content-type: application/json')
  const body = await read(request)
  if (body === undefined) return refusal(413, `expected at most ${MOST_BYTES} bytes`)
  const silence = parse(body, now())
  if (typeof silence === 'string') return refusal(400, silence)
  try {
    const added = await silences.add(silence)
    changed('added', added)
    return { status: 201, body: shown(added, silences) }
  } catch (error) {
    if (error instanceof TooManySilences) return refusal(409, error.message)
    throw error
  }
}

async function end(id: string, { silences, changed }: SilencesAdminOptions): Promise<Answer> {
  const silence = silences.list().find((one) => one.id === id)
  if (silence !== undefined && silence.origin !== 'run time')
    return refusal(409, `this silence comes from elsewhere: ${mends[silence.origin]}`)
  const ended = await silences.end(id)
  if (ended === undefined) return refusal(404, `there is no silence with this id, or it has ended; GET ${PATH} lists them`)
  changed('ended', ended)
  return { status: 200, body: { ended: ended.id } }
}

const mends = {
  configuration: 'take it out of the configuration (paging.silences) and restart',
  'control message': 'write a control message with its id and an until that is past',
}

/** The silence, or what is wrong with it and how to mend it. */
function parse(body: string, now: number): WantedSilence | string {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return 'expected one JSON object such as {"match": {"stream": "camera-*"}, "for": "2h", "comment": "lenses are cleaned"}'
  }
  const { data, error } = asked.safeParse(json)
  if (data === undefined) return error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`).join('; ')
  const { match, from = now, comment } = data
  const ends = data.until ?? from + (data.for ?? 0)
  if (ends <= Math.max(from, now)) return 'until: expected a time after from, and in the future'
  if (ends > now + LONGEST)
    return `until: expected at most ${LONGEST / 86_400_000} days from now; a longer one belongs in the configuration`
  return { match, from, until: ends, comment }
}

const shown = (silence: Silence, silences: Silences) => ({
  ...silence,
  from: new Date(silence.from).toISOString(),
  until: new Date(silence.until).toISOString(),
  active: silences.isActive(silence),
})

const refusal = (status: number, error: string): Answer => ({ status, body: { error } })

/** The body as text; undefined where it is too large: the rest is not read. */
const read = (request: IncomingMessage): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MOST_BYTES) chunks.push(chunk)
      else {
        request.pause()
        resolve(undefined)
      }
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = `${JSON.stringify(body, null, 2)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // The body of what is refused may be unread: the connection cannot be used again.
    ...(status >= 400 && { connection: 'close' }),
    ...headers,
  })
  response.end(text)
}
