import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { AlertEvent } from '../../../alerts/event.js'
import { alertmanager } from '../../../connectors/sinks/alertmanager.js'
import { context } from '../../contract/registry.js'
import { failure, hostileEvent, sampleEvent } from '../../contract/sink-contract.js'
import { HttpReceiver } from '../../kit/http-receiver.js'
import { faultsBy } from '../../kit/paging.js'

const posted = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    generatorURL: z.string().optional(),
  }),
)
const never = new AbortController().signal
const partition = { topic: 'features', partition: 2 }
const standing = {
  alertId: 'alert-1',
  dedupKey: 'payments/tenant-7/drift',
  monitor: 'payments',
  stream: 'tenant-7',
  kind: 'drift',
  severity: 'warning',
  peakSeverity: 'error',
  since: '2026-11-24T12:03:27.000Z',
} as const

describe('alertmanager', () => {
  const start = Date.parse('2026-11-24T12:10:00.000Z')
  let receivers: HttpReceiver[]
  let sink: ReturnType<typeof alertmanager.create>

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: start })
    receivers = [await HttpReceiver.start(), await HttpReceiver.start()]
    sink = await opened({})
  })
  afterEach(async () => {
    await sink.close()
    for (const receiver of receivers) await receiver.close()
    vi.useRealTimers()
  })

  async function opened(options: object) {
    const urls = receivers.map(({ url }) => `${new URL(url).origin}/`)
    const links = { dashboard: 'https://grafana.example.org/{stream}', runbook: 'https://wiki.example.org/{kind}' }
    const made = alertmanager.create(alertmanager.schema.parse({ urls, ...options }), { ...context, links })
    await made.connect()
    return made
  }
  /** What the first replica, or another, was told, request by request. */
  const told = (replica = 0) => receivers[replica].accepted.map(({ body }) => posted.parse(JSON.parse(body)))
  const state = (all: z.infer<typeof posted>) =>
    all.map(({ labels, endsAt }) => `${labels.severity} ${labels.stream} ${Date.parse(endsAt) > Date.now() ? 'fires' : 'ended'}`)
  /** Writes, and waits for all replicas: the sink itself is content with one. */
  async function write(event: AlertEvent): Promise<void> {
    const arrivals = receivers.map((receiver) => receiver.arrival())
    await sink.write(event, never)
    await Promise.all(arrivals)
  }
  /** Lets time go on, and waits for the postings that come of it. */
  async function pass(minutes: number, of = [0, 1]): Promise<void> {
    const arrivals = of.map((i) => receivers[i].arrival())
    vi.advanceTimersByTime(minutes * 60_000)
    await Promise.all(arrivals)
  }

  it('posts to every replica, with stable labels and all that a page says', async () => {
    await write(sampleEvent())
    expect(told(1)).toEqual(told())
    const [[alert]] = told()
    expect(receivers[0].accepted[0].path).toBe('/api/v2/alerts')
    expect(faultsBy('alertmanager')(receivers[0].accepted[0].body)).toEqual([])
    expect(alert).toMatchObject({
      labels: { alertname: 'DriftwatchDrift', monitor: 'payments', stream: 'tenant-7', kind: 'drift', severity: 'warning' },
      startsAt: '2026-11-24T12:03:27.000Z',
      endsAt: '2026-11-24T12:14:00.000Z',
      generatorURL: 'https://grafana.example.org/tenant-7',
    })
    expect(alert.annotations).toMatchObject({
      summary: 'WARNING: drift of tenant-7 (payments): queue_depth +4.2σ (61 % of the score), now 812',
      why: expect.stringMatching(/^queue_depth/),
      explain: expect.stringMatching(/^driftwatch explain/),
      dashboard_url: 'https://grafana.example.org/tenant-7',
      runbook_url: 'https://wiki.example.org/drift',
      alert_id: 'alert-1',
    })
  })

  it('posts what is open again before it runs out, and for a while what has ended', async () => {
    await write(sampleEvent())
    await pass(1)
    expect(state(told()[1])).toEqual(['warning tenant-7 fires'])
    await write(sampleEvent('id-2', { transition: 'resolved', reason: 'cleared' }))
    await pass(1)
    expect(state(told()[3])).toEqual(['warning tenant-7 ended'])
    expect(told()[3][0].endsAt).toBe(told()[2][0].endsAt)
    for (let round = 0; round < 3; round++) await pass(1)
    vi.advanceTimersByTime(60_000)
    await write(sampleEvent('id-3', { dedupKey: 'another', stream: 'x' }))
    await pass(1)
    expect(told().slice(7).map(state)).toEqual([['warning x fires'], ['warning x fires']])
  })

  it('makes another alert of a higher severity and ends the one before; a lower one changes no label', async () => {
    await write(sampleEvent())
    await write(sampleEvent('id-2', { transition: 'escalated', reason: 'stronger', severity: 'error', peakSeverity: 'error' }))
    expect(state(told()[1])).toEqual(['warning tenant-7 ended', 'error tenant-7 fires'])
    await write(sampleEvent('id-3', { transition: 'updated', reason: 'lowered', severity: 'info', peakSeverity: 'error' }))
    expect(state(told()[2])).toEqual(['error tenant-7 fires'])
    expect(told()[2][0].annotations.severity_now).toBe('info')
    await write(sampleEvent('id-4', { transition: 'resolved', reason: 'cleared', severity: 'info', peakSeverity: 'error' }))
    expect(state(told()[3])).toEqual(['error tenant-7 ended'])
  })

  it('speaks for adopted alerts at once, with the labels that they had, and falls silent about released ones', async () => {
    const arrival = receivers[0].arrival()
    sink.adopt?.(partition, [standing], undefined)
    await arrival
    expect(state(told()[0])).toEqual(['error tenant-7 fires'])
    expect(told()[0][0]).toMatchObject({ startsAt: standing.since, annotations: { summary: expect.stringContaining('is still open') } })
    sink.release?.({ topic: 'features', partition: 3 })
    await pass(1)
    sink.release?.(partition)
    vi.advanceTimersByTime(600_000)
    await write(sampleEvent('id-3', { dedupKey: 'another', stream: 'x', origin: { topic: 'features', partition: 9, offset: 1 } }))
    expect(told().slice(2).map(state)).toEqual([['warning x fires']])
  })

  it('keeps nothing of a partition that went elsewhere while a write was tried again', async () => {
    await write(sampleEvent())
    for (const { answers } of receivers) answers.push({ status: 503 })
    const worse = sampleEvent('id-2', { transition: 'escalated', reason: 'rarer', severity: 'critical', peakSeverity: 'critical' })
    const tried = failure(sink.write(worse, never))
    sink.release?.(partition)
    await tried
    await write(worse)
    vi.advanceTimersByTime(60_000)
    const elsewhere = { topic: 'features', partition: 9, offset: 1 }
    await write(sampleEvent('id-3', { dedupKey: 'another', stream: 'x', origin: elsewhere }))
    expect(told().slice(1).map(state)).toEqual([['critical tenant-7 fires'], ['warning x fires']])
    sink.adopt?.(partition, [], undefined)
    await write(sampleEvent('id-4'))
    await pass(1)
    expect(state(told().at(-1) ?? []).toSorted()).toEqual(['warning tenant-7 fires', 'warning x fires'])
  })

  it('never says that an alert begins in the future or ends before it begins', async () => {
    const since = '2026-12-24T12:00:00.000Z'
    await write(sampleEvent('id', { since }))
    await write(sampleEvent('id-2', { since, transition: 'resolved', reason: 'cleared' }))
    for (const [{ startsAt, endsAt }] of told()) {
      expect(Date.parse(startsAt)).toBeLessThanOrEqual(Date.now())
      expect(startsAt <= endsAt).toBe(true)
    }
  })

  it('is content with one replica of two, and the other hears of it with the next round', async () => {
    const up = await receivers[1].down()
    await sink.write(sampleEvent(), never)
    expect(told()).toHaveLength(1)
    await up()
    await pass(1)
    expect(told(1).map(state)).toEqual([['warning tenant-7 fires']])
  })

  it('fails when every replica does, and may succeed later if one of them may', async () => {
    receivers[0].answers.push({ status: 400, body: 'bad' })
    receivers[1].answers.push({ status: 503 })
    const error = await failure(sink.write(sampleEvent(), never))
    expect(error).toMatchObject({ reason: 'server', recoverable: true })
    await write(sampleEvent())
    expect(told().map(state)).toEqual([['warning tenant-7 fires']])
  })

  it('takes back what was not accepted: an end is told again by the next try', async () => {
    await write(sampleEvent())
    for (const { answers } of receivers) answers.push({ status: 503 })
    const end = sampleEvent('id-2', { transition: 'escalated', reason: 'rarer', severity: 'critical', peakSeverity: 'critical' })
    await failure(sink.write(end, never))
    await write(end)
    expect(state(told().at(-1) ?? [])).toEqual(['warning tenant-7 ended', 'critical tenant-7 fires'])
  })

  it('tells one replica things in their order: no repetition overtakes an end', async () => {
    await write(sampleEvent())
    let answer = () => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    for (const receiver of receivers) receiver.beforeAnswer = () => held
    vi.advanceTimersByTime(60_000)
    const end = sink.write(sampleEvent('id-2', { transition: 'resolved', reason: 'cleared' }), never)
    answer()
    await end
    await vi.waitFor(() => expect(told()).toHaveLength(3))
    expect(told().map(state).slice(1)).toEqual([['warning tenant-7 fires'], ['warning tenant-7 ended']])
  })

  it('has labels that are not empty and annotations that no markup obeys', async () => {
    await write(hostileEvent)
    await write(
      sampleEvent('id', {
        dedupKey: 'b',
        stream: '',
        contributions: [{ feature: '<!channel> {{ .Labels }}', share: 1, sigma: 1, value: 1 }],
      }),
    )
    expect(receivers[0].accepted.flatMap(({ body }) => faultsBy('alertmanager')(body))).toEqual([])
    expect(told()[1][0].labels.stream).toBe('(empty)')
    expect(told()[1][0].annotations.why).toContain('‹!channel› { { .Labels }}')
  })

  it('has the labels and headers that are configured', async () => {
    await sink.close()
    sink = await opened({ labels: { cluster: 'eu-1' }, headers: { authorization: 'Bearer token' } })
    await write(sampleEvent())
    expect(told()[0][0].labels.cluster).toBe('eu-1')
    expect(receivers[0].accepted[0].headers.authorization).toBe('Bearer token')
  })

  it('posts more alerts than fit into one request in several', async () => {
    sink.adopt?.(
      partition,
      Array.from({ length: 600 }, (_, i) => ({ ...standing, dedupKey: `key-${i}`, stream: `s-${i}` })),
      undefined,
    )
    await vi.waitFor(() => expect(told().flat()).toHaveLength(600))
    expect(told().map(({ length }) => length)).toEqual([256, 256, 88])
  })
})
