import { setTimeout as sleep } from 'node:timers/promises'
import { readPicture } from './file.js'
import { fetchHttp, isHttp, shown } from './http.js'
import { type FetchFault, type FetchReason, type FetchRules, Refusal } from './rules.js'

/** What may be over in a moment, and how long it is given, in ms. */
const passing: readonly FetchReason[] = ['fetch_server', 'fetch_unreachable', 'fetch_timeout', 'fetch_truncated']
const patience = [250, 1000]

/** The same as `fetchPicture`, tried again twice where a server or the way to it is in trouble. */
export async function fetchPersistently(uri: string, rules: FetchRules, pauses = patience): Promise<Uint8Array | FetchFault> {
  for (const pause of pauses) {
    const found = await fetchPicture(uri, rules)
    if (found instanceof Uint8Array || !passing.includes(found.reason)) return found
    await sleep(pause)
  }
  return fetchPicture(uri, rules)
}

/**
 * The bytes behind a URI from a record, which anyone may have written: http and https from listed hosts, `file:` from listed folders, within
 * the limits of bytes and time. Never throws; tries once.
 */
export async function fetchPicture(uri: string, rules: FetchRules): Promise<Uint8Array | FetchFault> {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url === undefined)
    return fault('fetch_malformed', `${JSON.stringify(uri.split('?', 1)[0].slice(0, 60))} is no URI; expected https://… or file:///…`)
  const signal = AbortSignal.timeout(rules.timeout)
  try {
    if (isHttp(url)) return await fetchHttp(url, rules, signal)
    if (url.protocol === 'file:') return await readPicture(url, rules)
    return fault('fetch_scheme', `found a URI with ${url.protocol}; expected https:, http: or file:`)
  } catch (error) {
    const where = shown(url)
    if (signal.aborted) return fault('fetch_timeout', `${where} took longer than ${rules.timeout} ms`)
    if (error instanceof Refusal) return fault(error.reason, error.message)
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return fault('fetch_missing', `${where} does not exist`)
    return fault('fetch_unreachable', `${where} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

// What stands in a record may be long.
const fault = (reason: FetchReason, detail: string): FetchFault => ({ reason, detail: detail.slice(0, 300) })
