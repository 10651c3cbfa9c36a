import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { byId, expectSameEvents, lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { replayed } from '../kit/replayed.js'
import { scenario } from '../kit/scenario.js'
import { Stage, signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [] } = await kafkaOrSkip()
/** One fault, far from the beginning: before it there is something to commit, at it something to lose. */
const vectors = scenario({ seed: 71, streams: 6, each: 100, faults: [{ stream: 0, feature: 'latency', from: 60, count: 1, sigma: 12 }] })

describe.skipIf(skip)(`a required sink that is given up${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let reference = ''
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
  })
  afterAll(() => client.close())

  it('ends the process with 7, uncommitted; started again with the receiver up, the alert is delivered', async () => {
    let receiver = await WebhookReceiver.start(signingSecret)
    const { url } = receiver
    await receiver.close()
    const stage = await Stage.set({ client, brokers, reference, partitions: 1 })
    await stage.produce(vectors)
    // The circuit is open for longer than `giveUpAfter`: the probe, not the waiting for it, must decide.
    const policies = { retry: { initialDelay: '20ms', giveUpAfter: '1s' }, breaker: { failures: 1, probeAfter: '1500ms' } }
    const sinks = [{ name: 'on-call', webhook: { url, secret: signingSecret }, ...policies }]
    const config = await place.config('gave-up', stage.config({ sinks, state: { file: { path: join(place.folder, 'state') } } }))
    const expected = await replayed(config)
    expect(expected.length).toBeGreaterThan(0)
    const first = Math.min(...expected.map((event) => JSON.parse(event).data.origin.offset))

    const process = new Driftwatch(['run', config])
    const { code, stderr } = await process.ended
    expect(code).toBe(7)
    const [error] = lines(stderr).filter((line) => line.startsWith('error: '))
    expect(error).toMatch(
      /^error: monitor watch: sink webhook: http:\/\/127.* cannot be reached: ECONNREFUSED; given up after \d+ tries in \d+ s \(retry\.giveUpAfter\); mend it and start again: what was not delivered was not committed$/,
    )
    const said = process.lines.filter(({ msg }) => msg.startsWith('delivery failed')).map(({ msg, reason }) => `${msg}: ${reason}`)
    expect(said).toContain('delivery failed, will try again: circuit_open')
    expect(said.find((line) => line.startsWith('delivery failed for good'))).toBe('delivery failed for good: connection')
    expect((await stage.places()).committed[0]).toBeLessThanOrEqual(first)

    receiver = await WebhookReceiver.start(signingSecret, Number(new URL(url).port))
    const again = new Driftwatch(['run', config])
    await stage.caughtUp(again)
    expect((await again.stop()).code).toBe(0)
    await receiver.close()
    const posted = receiver.accepted.map(({ body }) => body)
    expectSameEvents(posted, expected)
    expect(posted.length).toBe(byId(posted).size)
    expect((await stage.places()).committed).toEqual((await stage.places()).ends)
  })
})
