import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { alertmanager as component } from '../../connectors/sinks/alertmanager.js'
import { context } from '../contract/registry.js'
import { failure, hostileEvent, sampleEvent } from '../contract/sink-contract.js'
import { Alertmanager, alertmanagerOrSkip } from '../kit/alertmanager.js'
import { HttpReceiver } from '../kit/http-receiver.js'

const { program, skip } = alertmanagerOrSkip()
const notification = z.object({
  status: z.enum(['firing', 'resolved']),
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    }),
  ),
})
const never = new AbortController().signal
const eventually = <T>(check: () => Promise<T> | T) => vi.waitFor(check, { timeout: 20_000, interval: 50 })

describe.skipIf(skip)(`alertmanager, with a real one${skip === undefined ? '' : ` (${skip})`}`, () => {
  let hook: HttpReceiver
  let replicas: Alertmanager[]
  const sinks: ReturnType<typeof component.create>[] = []

  beforeAll(async () => {
    hook = await HttpReceiver.start()
    replicas = await Promise.all([Alertmanager.start(program, hook.url), Alertmanager.start(program, hook.url)])
  })
  afterAll(async () => {
    for (const sink of sinks) await sink.close()
    await Promise.all(replicas.map((replica) => replica.close()))
    await hook.close()
  })
  /** A sink to the first replicas, as a process that has just started has it. */
  async function started(count = 1) {
    const urls = replicas.slice(0, count).map(({ url }) => url)
    const sink = component.create(component.schema.parse({ urls, repostEvery: '1s' }), context)
    sinks.push(sink)
    await sink.connect()
    return sink
  }
  /** What an Alertmanager holds of a stream. */
  const held = async (stream: string, replica = replicas[0]) => (await replica.alerts()).filter(({ labels }) => labels.stream === stream)
  const holds = (stream: string, count: number, replica?: Alertmanager) =>
    eventually(async () => expect(await held(stream, replica)).toHaveLength(count))
  /** What the receiver behind it was told of a stream, in order. */
  const told = (stream: string) =>
    hook.accepted
      .flatMap(({ body }) => notification.parse(JSON.parse(body)).alerts)
      .filter(({ labels }) => labels.stream === stream)
      .map(({ status, labels }) => `${status} ${labels.severity}`)
  /** Of a monitor of its own, unless it is given: it is then in no group with those of other tests. */
  const event = (stream: string, changes: Parameters<typeof sampleEvent>[1] = {}) =>
    sampleEvent(`id-${stream}`, { stream, monitor: stream, dedupKey: `payments/${stream}/drift`, ...changes })
  const over = { transition: 'resolved', reason: 'cleared' } as const

  it.concurrent('fires, tells the receiver behind it why, and resolves', async () => {
    const sink = await started()
    await sink.write(event('fires'), never)
    await eventually(() => expect(told('fires')).toEqual(['firing warning']))
    const [alert] = await held('fires')
    expect(alert).toMatchObject({
      labels: { alertname: 'DriftwatchDrift', monitor: 'fires', kind: 'drift' },
      startsAt: '2026-11-24T12:03:27.000Z',
      status: { state: 'active' },
      annotations: { why: expect.stringMatching(/^queue_depth \+4.2σ/), explain: expect.stringContaining('features/2/18231') },
    })
    await sink.write(event('fires', over), never)
    await eventually(() => expect(new Set(told('fires'))).toEqual(new Set(['firing warning', 'resolved warning'])))
    expect(await held('fires')).toEqual([])
  })

  it.concurrent('is grouped: alerts of one monitor come in one notification', async () => {
    const sink = await started()
    await Promise.all(['one', 'two', 'three'].map((stream) => sink.write(event(stream, { monitor: 'grouped' }), never)))
    await eventually(() => {
      const largest = hook.accepted.map(({ body }) => notification.parse(JSON.parse(body)).alerts.map(({ labels }) => labels.stream))
      expect(largest.some((streams) => ['one', 'two', 'three'].every((stream) => streams.includes(stream)))).toBe(true)
    })
    for (const stream of ['one', 'two', 'three']) await sink.write(event(stream, { monitor: 'grouped', ...over }), never)
  })

  it.concurrent('is suppressed by a silence, which the receiver never hears of', async () => {
    await replicas[0].silence({ stream: 'silenced' })
    const sink = await started()
    await sink.write(event('silenced'), never)
    await sink.write(event('heard'), never)
    await eventually(async () =>
      expect(await held('silenced')).toMatchObject([{ status: { state: 'suppressed', silencedBy: [expect.any(String)] } }]),
    )
    await eventually(() => expect(told('heard')).toContain('firing warning'))
    expect(told('silenced')).toEqual([])
    for (const stream of ['silenced', 'heard']) await sink.write(event(stream, over), never)
  })

  it.concurrent('becomes another alert when its severity rises, and both end', async () => {
    const sink = await started()
    await sink.write(event('rises'), never)
    await eventually(() => expect(told('rises')).toEqual(['firing warning']))
    const worse = { severity: 'critical', peakSeverity: 'critical' } as const
    await sink.write(event('rises', { ...worse, transition: 'escalated', reason: 'stronger' }), never)
    await eventually(() => expect(new Set(told('rises'))).toEqual(new Set(['firing warning', 'resolved warning', 'firing critical'])))
    expect((await held('rises')).map(({ labels }) => labels.severity)).toEqual(['critical'])
    await sink.write(event('rises', { ...worse, ...over }), never)
    await eventually(() => expect(told('rises')).toContain('resolved critical'))
  })

  it('goes on through a restart of the Alertmanager, which forgets its alerts', async () => {
    const sink = await started()
    await sink.write(event('stays'), never)
    await holds('stays', 1)
    await replicas[0].down()
    const error = await failure(sink.write(event('meanwhile'), never))
    expect(error).toMatchObject({ reason: 'connection', recoverable: true })
    await replicas[0].up()
    await holds('stays', 1)
    await sink.write(event('meanwhile'), never)
    for (const stream of ['stays', 'meanwhile']) await sink.write(event(stream, over), never)
    await holds('stays', 0)
  })

  it.concurrent('goes on through a restart of Driftwatch: what is adopted is the same alert', async () => {
    const before = await started()
    await before.write(event('adopted'), never)
    await eventually(() => expect(told('adopted')).toEqual(['firing warning']))
    await before.close()
    const after = await started()
    const { data } = event('adopted')
    after.adopt?.(data.origin, [data], undefined)
    await eventually(async () =>
      expect(await held('adopted')).toMatchObject([{ annotations: { summary: expect.stringContaining('still open') } }]),
    )
    await after.write(event('adopted', over), never)
    await eventually(() => expect(told('adopted')).toEqual(['firing warning', 'resolved warning']))
  })

  it.concurrent('ends by itself when nobody speaks for it any more', async () => {
    const sink = await started()
    await sink.write(event('left'), never)
    await holds('left', 1)
    sink.release?.(event('left').data.origin)
    await holds('left', 0)
  })

  it('is told to every replica; one that is down hears of it when it is back', async () => {
    await replicas[1].down()
    const sink = await started(2)
    await sink.write(event('both'), never)
    await holds('both', 1)
    await replicas[1].up()
    await holds('both', 1, replicas[1])
    await sink.write(event('both', over), never)
    await holds('both', 0)
    await holds('both', 0, replicas[1])
  })

  it.concurrent('takes hostile names', async () => {
    const sink = await started()
    await sink.write(hostileEvent, never)
    await eventually(async () => expect((await replicas[0].alerts()).some(({ labels }) => labels.stream.includes('héllo'))).toBe(true))
  })
})
