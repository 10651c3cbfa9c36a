import { z } from 'zod'
import { type Reported, reportedStreams } from '../live/report.js'
import type { MonitorView, StreamHistory, View } from '../live/view.js'
import { CommandError, unreachable } from './exit.js'
import { packageVersion } from './version.js'

const PATIENCE = 30_000
/** What a view may take at most, in characters. */
const LARGEST = 64 * 2 ** 20

const versioned = z.object({ version: z.string() })

/** What a running service shows now. @throws CommandError */
export async function runningView(url: string, tokenEnv: string | undefined, monitor: string | undefined): Promise<Reported> {
  const get = getter(url, tokenEnv)
  const view = await firstView(await get('events', monitor === undefined ? {} : { monitor }))
  if (monitor !== undefined && view.monitors.length === 0)
    throw new CommandError('usage', `the service at ${url} has no monitor ${monitor}`)
  const streams = reportedStreams(view, latestPeak)
  const histories: StreamHistory[] = []
  for (const { monitor, stream } of streams) {
    const response = await get('history', { monitor, stream })
    if (response.status === 404) continue
    const history: StreamHistory = JSON.parse(await response.text())
    histories.push(history)
  }
  return { view, histories }
}

type Get = (path: string, query: Readonly<Record<string, string>>) => Promise<Response>

function getter(url: string, tokenEnv: string | undefined): Get {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CommandError('usage', `--from-url: "${url}" is no address such as http://localhost:9464`)
  const base = new URL('page/', url.endsWith('/') ? url : `${url}/`)
  const token = tokenOf(tokenEnv)
  return async (path, query) => {
    const address = new URL(`${path}?${new URLSearchParams(query)}`, base)
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(PATIENCE) }).catch((error: unknown) =>
      unreachable(new Error(`cannot reach ${base}: ${reasonOf(error)}`, { cause: error })),
    )
    if (response.status === 401)
      throw new CommandError('unreachable', `${base} asks for its page.token; name the environment variable that holds it with --token-env`)
    if (!response.ok && response.status !== 404) throw new CommandError('unreachable', `${address} answered ${response.status}`)
    return response
  }
}

function tokenOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const token = process.env[name]
  if (token === undefined || token === '') throw new CommandError('usage', `--token-env: environment variable ${name} is not set`)
  return token
}

/** The first event of the stream; the rest is not waited for. */
async function firstView({ body, ok, url }: Response): Promise<View> {
  if (!ok || body === null)
    throw new CommandError('unreachable', `${url} has no live page; is page.enabled set, and is it the address of metrics?`)
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const found = /^event: view\ndata: (.*)\n\n/m.exec(text)?.[1]
    if (found !== undefined) return checked(JSON.parse(found), url)
    if (text.length > LARGEST) break
  }
  throw new CommandError('unreachable', `${url} sent no view`)
}

/** Of the same version the view is as this program knows it. */
function checked(view: View, url: string): View {
  const { version } = versioned.parse(view)
  if (version !== packageVersion())
    throw new CommandError(
      'usage',
      `the service at ${new URL(url).host} is driftwatch ${version}, this is ${packageVersion()}; use the same version`,
    )
  return view
}

const latestPeak = ({ streams }: MonitorView, stream: string): number =>
  Math.max(...(streams.find(({ name }) => name === stream)?.spark ?? []).map((a) => a ?? Number.NEGATIVE_INFINITY))

const reasonOf = (error: unknown): string =>
  error instanceof Error ? String(error.cause instanceof Error ? error.cause.message : error.message) : String(error)
