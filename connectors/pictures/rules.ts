import { isIP } from 'node:net'
import { z } from 'zod'
import { byteSize, duration } from '../options.js'

/** Why the bytes behind a URI could not be had. Closed: these are metric labels. */
export const fetchReasons = [
  'fetch_malformed',
  'fetch_scheme',
  'fetch_host',
  'fetch_address',
  'fetch_folder',
  'fetch_missing',
  'fetch_status',
  'fetch_server',
  'fetch_redirects',
  'fetch_too_large',
  'fetch_timeout',
  'fetch_truncated',
  'fetch_unreachable',
] as const
export type FetchReason = (typeof fetchReasons)[number]

export interface FetchFault {
  readonly reason: FetchReason
  /** One line for a person. Never a query string, which may hold a signature. */
  readonly detail: string
}

/** Thrown on the way and turned into the fault at the end. */
export class Refusal extends Error {
  constructor(
    readonly reason: FetchReason,
    detail: string,
  ) {
    super(detail)
  }
}

/** As a URL of either scheme writes it: lower case, without the usual port. */
const isHost = (text: string): boolean =>
  !text.includes('*') &&
  ['http', 'https'].every((scheme) => URL.canParse(`${scheme}://${text}`) && new URL(`${scheme}://${text}`).host === text)

const host = z.string().refine(isHost, 'is no host such as cdn.example.com or 10.0.0.7:9000 (lower case, no port where it is 80 or 443)')

const network = z.string().refine((text) => {
  const [address, prefix, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && bits > 0 && (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= bits))
}, 'is no network such as 10.20.0.0/16, nor an address')

/** Which URIs in records are followed. Nothing is, unless it is listed. */
export const fetchSchema = z.strictObject({
  hosts: z
    .array(host)
    .default([])
    .describe(
      'Hosts from which pictures may be fetched by http or https, redirects included: the name alone for the usual ports, else `name:port`',
    ),
  networks: z
    .array(network)
    .default([])
    .describe(
      'Private networks or addresses to which the name of a listed host may lead, such as `10.20.0.0/16`. Without it, names that lead to private, loopback or link-local addresses are refused; an address that is itself listed as a host is not',
    ),
  folders: z
    .array(z.string().min(1))
    .default([])
    .describe('Folders from which `file:` URIs may be read; links that lead out of them are refused'),
  maxBytes: byteSize().prefault('20MB').describe('Most bytes of a picture'),
  timeout: duration()
    .prefault('10s')
    .describe('Longest time for one picture, from the look-up of the name to the last byte, redirects included'),
  maxRedirects: z.int().min(0).max(10).default(3).describe('Most redirects in a row'),
})
export type FetchRules = z.infer<typeof fetchSchema>
