import { execFileSync, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sharedReference } from '../kit/desk.js'
import { lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, useProcesses } from '../kit/process.js'
import { isPoison, messagesOf, poisoned, scenario } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const kafka = await kafkaOrSkip()
const { brokers = [] } = kafka
const skip = kafka.skip ?? (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'no prlimit (Linux, util-linux)')

const partitions = 2
const inFlightRecords = 1024
const input = poisoned(messagesOf(scenario({ seed: 81, streams: 6, each: 1500 }), partitions))
/** Where the records stand that cannot be decoded. */
const unusable = Array.from({ length: partitions }, (_, partition) => input.filter((message) => message.partition === partition))
  .flatMap((messages) => messages.map((message, offset) => ({ message, place: `${message.partition}/${offset}` })))
  .flatMap(({ message, place }) => (isPoison(message) ? [place] : []))

describe.skipIf(skip)(`a full disk under the dead letters${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())

  it('holds the consumer back; when there is room again, all of them are written', async () => {
    const path = join(place.folder, 'letters.ndjson')
    const source = { maxBytesPerPartition: '16kB' }
    const stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder), partitions, source })
    const changes = { deadLetters: { file: { path } }, limits: { inFlightRecords } }
    const process = new Driftwatch(['run', await place.config('disk', stage.config(changes))])
    const room = (bytes: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
    await process.logged('watching')
    room('10000')
    await stage.send(input)
    await process.untilReadyz(503, /dead-letters: dead letters .*letters.ndjson: cannot be written \(EFBIG.*free space/)
    const samples = await process.until((samples) => samples.sum('credit_records') === 0)
    expect(samples.sum('in_flight_records')).toBeLessThanOrEqual(2 * inFlightRecords)
    expect(samples.sum('records_received_total')).toBeLessThan(input.length)

    room('unlimited')
    await process.untilReadyz(200, /^watching$/)
    const isWorkedOff = async () => {
      const { ends, committed } = await stage.places()
      return ends.every((end, partition) => committed[partition] === end)
    }
    await expect.poll(isWorkedOff, { timeout: 40_000 }).toBe(true)
    expect((await process.stop()).code).toBe(0)
    // What did not fit left half a line.
    const whole = lines(await readFile(path, 'utf8')).filter((line) => line.endsWith('}'))
    const places = whole.map((line) => JSON.parse(line).origin).map(({ partition, offset }) => `${partition}/${offset}`)
    expect([...new Set(places)].toSorted()).toEqual(unusable.toSorted())
  })
})
