import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { scenario } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const streams = 8
const token = randomBytes(16).toString('hex')

/** A page as the template below writes it. */
interface Told {
  readonly key: string
  readonly transition: string
  readonly count: number
  readonly heldBack: string
}

describe.skipIf(skip)(`people${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let reference = ''
  let receiver: HttpReceiver
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
  })
  afterAll(() => client.close())
  beforeEach(async () => {
    receiver = await HttpReceiver.start()
  })
  afterEach(() => receiver.close())

  const told = (): Told[] => receiver.accepted.filter(({ path }) => path === '/hook').map(({ body }) => JSON.parse(body))
  const beats = () => receiver.accepted.filter(({ path }) => path.startsWith('/beat'))

  /** All streams fall silent at once; what they send next ends that. */
  async function silentStreams(name: string, wait: string, changes: object = {}) {
    const stage = await Stage.set({ client, brokers, reference, name })
    await stage.produce(scenario({ seed: 81, streams, each: 30 }))
    const body = '{ "key": "{{ key }}", "transition": "{{ transition }}", "count": {{ count }}, "heldBack": "{{ heldBack }}" }'
    const sinks = [{ template: { url: receiver.url, body }, grouping: { wait } }, stage.alertTopic()]
    const monitor = { alerting: { falseAlarmsPerDay: 1, noData: '2s' }, state: { file: { path: join(place.folder, name) } }, sinks }
    return { stage, config: (next = {}) => place.config(name, stage.config({ ...monitor, ...next }, changes)), monitor, body }
  }

  it('are told of a storm once and of its end, though the process is killed while the page waits', async () => {
    const { stage, config, body } = await silentStreams('storm', '5m')
    let process = new Driftwatch(['run', await config()])
    await process.until((samples) => samples.sum('alerts_opened_total', { kind: 'feed' }) === streams)
    await process.kill()
    expect(told()).toEqual([])

    const sinks = [{ template: { url: receiver.url, body }, grouping: { wait: '3s' } }, stage.alertTopic()]
    process = new Driftwatch(['run', await config({ sinks })])
    await process.until((samples) => samples.sum('pages_sent_total', { transition: 'opened' }) === 1)
    expect(told()).toMatchObject([{ transition: 'opened', count: streams }])
    // Killed again once its state says what was told: the end is told of the same storm.
    await process.until((samples) => samples.sum('state_rounds_total') >= 2)
    await process.kill()
    process = new Driftwatch(['run', await config({ sinks })])
    await process.logged('partition assigned', ({ partition }) => partition === 1)
    await stage.produce(scenario({ seed: 82, streams, each: 1 }))
    await process.until((samples) => samples.sum('pages_sent_total', { transition: 'resolved' }) === 1)
    expect((await process.stop()).code).toBe(0)
    // Killed before its state was written, it would tell of the storm again.
    const [{ key }] = told()
    expect(told().every((page) => page.key === key && page.count === streams)).toBe(true)
    expect(
      told()
        .map(({ transition }) => transition)
        .filter((transition) => transition === 'resolved'),
    ).toEqual(['resolved'])
  })

  it('are not told while a silence lasts that somebody makes over HTTP, and are when it is ended; a watchdog hears that all is well', async () => {
    const paging = {
      silencesFile: join(place.folder, 'silences.json'),
      heartbeat: [{ url: receiver.url.replace('/hook', '/beat/my-key'), every: '1s' }],
    }
    const { config } = await silentStreams('silenced', '0s', { admin: { token }, paging })
    const process = new Driftwatch(['run', await config()])
    const silences = `${await process.address()}/admin/silences`
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const silence = { match: { stream: ['tenant-1', 'tenant-2'], kind: 'feed' }, for: '1h', comment: 'they move' }
    const made = await fetch(silences, { method: 'POST', headers, body: JSON.stringify(silence) })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as { id: string }
    // The record has them all.
    const metrics = await process.until(
      (samples) => samples.sum('pages_sent_total') === streams - 2 && samples.sum('deliveries_total', { sink: 'kafka' }) === streams,
    )
    expect([metrics.sum('pages_suppressed_total', { why: 'silence' }), metrics.sum('silences_active')]).toEqual([2, 1])
    expect(metrics.sum('pages_held_back')).toBe(2)
    expect((await fetch(`${silences}/${id}`, { method: 'DELETE', headers })).status).toBe(200)
    await process.until((samples) => samples.sum('pages_sent_total') === streams && samples.sum('pages_held_back') === 0)
    expect(told().filter(({ heldBack }) => heldBack !== '')).toMatchObject([
      { transition: 'opened', heldBack: 'the silence "they move"' },
      { transition: 'opened', heldBack: 'the silence "they move"' },
    ])
    await process.until((samples) => samples.sum('heartbeats_total', { outcome: 'sent' }) > 0)
    const { code, stderr } = await process.stop()
    expect(code).toBe(0)
    expect(beats().length).toBeGreaterThan(0)
    expect(stderr).not.toContain(token)
    expect(stderr).not.toContain('my-key')
  })
})
