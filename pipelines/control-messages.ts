import { z } from 'zod'
import type { Deploy } from '../alerts/deploys.js'
import type { Rejection } from '../connectors/codec.js'
import { instant } from '../connectors/codecs/time.js'
import { duration } from '../connectors/options.js'
import { endsAfterItBegins, silenceFields, type WantedSilence } from '../connectors/paging/silences.js'

const MOST_BYTES = 64 * 1024
const DETAIL = 200

const text = (most: number) => z.string().min(1).max(most)

const deploySchema = z.strictObject({
  type: z.literal('deploy'),
  at: instant(),
  version: text(128),
  note: text(256).exactOptional(),
  streams: z.array(text(1024)).min(1).max(100).exactOptional(),
})

const [shortest, longest] = [60_000, 90 * 86_400_000]

const rebaselineSchema = z.strictObject({
  type: z.literal('rebaseline'),
  monitor: text(256),
  at: instant(),
  for: duration().refine((ms) => ms >= shortest && ms <= longest, { error: 'expected a duration between 1m and 90d' }),
  reason: text(256).regex(/^\P{Cc}*$/u, { error: 'expected text without control characters' }),
})

const silenceMessage = z
  .strictObject({ type: z.literal('silence'), id: text(128), ...silenceFields })
  .refine(endsAfterItBegins, { path: ['until'], error: 'must be after from' })

const messageSchema = z.discriminatedUnion('type', [deploySchema, rebaselineSchema, silenceMessage])

/** Records of a monitor's input that are to be its new reference, by the times of their messages: from <= time < to, ms since the epoch. */
export interface Collected {
  readonly from: number
  readonly to: number
  /** What has changed. */
  readonly reason: string
}

/** What a monitor can be told. */
export type ControlMessage =
  | { readonly type: 'deploy'; readonly deploy: Deploy }
  | { readonly type: 'rebaseline'; readonly monitor: string; readonly collected: Collected }
  | { readonly type: 'silence'; readonly id: string; readonly silence: WantedSilence }

/** Reads one message. Never throws: what cannot be used is told why. */
export function parseControl(value: Buffer | null): ControlMessage | Rejection {
  if (value === null || value.length === 0) return { reason: 'empty', detail: 'a control message without a value' }
  if (value.length > MOST_BYTES)
    return { reason: 'too_large', detail: `${value.length} bytes; a control message has at most ${MOST_BYTES}` }
  let json: unknown
  try {
    json = JSON.parse(value.toString())
  } catch {
    return { reason: 'undecodable', detail: 'a control message is one JSON object' }
  }
  const { data, error } = messageSchema.safeParse(json)
  if (data === undefined) return { reason: 'undecodable', detail: `control message: ${complaint(error)}`.slice(0, DETAIL) }
  if (data.type === 'rebaseline') {
    const { type, monitor, at, for: length, reason } = data
    return { type, monitor, collected: { from: at, to: at + length, reason } }
  }
  if (data.type === 'silence') {
    const { type, id, ...silence } = data
    return { type, id, silence }
  }
  const { type, ...deploy } = data
  return { type, deploy }
}

const complaint = ({ issues: [{ path, message }] }: z.ZodError): string => `${path.join('.') || 'the whole'}: ${message}`
