import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { type RunningKafka, startKafka } from '../kit/kafka-broker.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { scenario } from '../kit/scenario.js'
import { Stage, unhurried } from '../kit/stage.js'

const { skip } = await kafkaOrSkip()
const good = scenario({ seed: 62, streams: 6, each: 100 })
const large = (): Message => ({ partition: 0, value: JSON.stringify({ note: 'x'.repeat(50_000_000) }) })

/** Node options with which a process says at its end how much memory it took at most, in KiB. */
const tellPeak = `--import=data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS))",
)}`

/** With a broker of its own: messages of this size would hold up other tests at a shared one. */
describe.skipIf(skip)(`messages of 50 MB${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  let broker: RunningKafka
  let client: KafkaTestClient
  beforeAll(async () => {
    broker = await startKafka()
    client = new KafkaTestClient(broker.brokers)
  })
  afterAll(async () => {
    await client.close()
    await broker.stop()
  })

  it('become dead letters in a topic and in a file, in bounded memory, and the stream goes on', { timeout: 180_000 }, async () => {
    const { brokers } = broker
    const reference = await sharedReference(place.folder)
    const path = join(place.folder, 'letters.ndjson')
    const common = { client, brokers, reference }
    const toTopic = await Stage.set({ ...common, source: unhurried, name: 'to-topic' })
    const sameInput = { ...unhurried, topics: [toTopic.input] }
    const toFile = await Stage.set({ ...common, source: sameInput, name: 'to-file', monitor: { deadLetters: { file: { path } } } })
    const stages = [toTopic, toFile]
    for (const from of [0, 300]) {
      await toTopic.send([large()])
      await toTopic.produce(good.slice(from, from + 300))
    }
    const monitors = [toTopic.monitor(), toFile.monitor()]
    const config = await place.config('large', { metrics: { port: 0 }, monitors })
    const process = new Driftwatch(['run', config], { env: { NODE_OPTIONS: tellPeak } })
    await process.until((samples) =>
      stages.every(
        ({ name: monitor }) =>
          samples.sum('records_scored_total', { monitor }) === good.length && samples.sum('records_rejected_total', { monitor }) === 2,
      ),
    )
    const { code, stderr } = await process.stop()

    expect(code).toBe(0)
    const { length } = large().value as string
    const inTopic = (await toTopic.buried()).map(({ reason, origin, value }) => [reason, origin.offset, value?.length])
    const inFile = lines(await readFile(path, 'utf8')).map((line) => {
      const { reason, origin, value } = JSON.parse(line)
      return [reason, origin.offset, Buffer.from(value, 'base64').length]
    })
    // Half of the streams are on partition 0.
    expect([inTopic, inFile]).toEqual([0, 1].map(() => [0, 151].map((offset) => ['too_large', offset, length])))
    const { ends } = await toTopic.places()
    for (const { group } of stages) expect(await client.committed(group, toTopic.input)).toEqual(ends)
    const peak = Number(/^peak (\d+)$/m.exec(stderr)?.[1]) * 1024
    expect(peak).toBeGreaterThan(50e6)
    expect(peak).toBeLessThan(1e9)
  })
})
