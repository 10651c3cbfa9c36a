import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../cli/capture.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { driftwatch, useProcesses } from '../kit/process.js'
import { normal } from '../kit/reference.js'
import { csvOf, encodings, messagesOf, scenario } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const rows = normal()
const other = scenario({ seed: 99, streams: 6, each: 50 })
const second = 1000
const start = Date.UTC(2026, 4, 1)

describe.skipIf(skip)(`fit from a topic${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())

  /** A topic with rows that are not meant before and after those that are; its timestamps count seconds. */
  const topicOf = async (partitions: number, encoding: (typeof encodings)[string]) => {
    const stage = await Stage.set({ client, brokers, reference: place.folder, partitions, encoding, retention: 'forever' })
    const messages = messagesOf([...other, ...rows, ...other], partitions, encoding)
    await stage.send(messages.map((message, i) => ({ ...message, timestamp: String(start + i * second) })))
    return stage
  }
  const from = new Date(start + other.length * second).toISOString()
  const to = new Date(start + (other.length + rows.length) * second).toISOString()

  const fitted = async (stage: Stage, name: string, ...args: string[]) => {
    const out = join(place.folder, name)
    const { code, stdout, stderr } = await driftwatch(['fit', '--config', await place.config(name, stage.config()), '-o', out, ...args])
    expect(code, stderr).toBe(0)
    const { version, fittedAt: _, provenance, ...manifest } = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))
    return { stdout, version, provenance, manifest, tensors: await readFile(join(out, 'tensors.safetensors')) }
  }
  const file = () => join(place.folder, 'normal.csv')
  beforeAll(() => writeFile(file(), csvOf(rows)))

  it('between two times is what a fit of the same rows from a file is', async () => {
    const stage = await topicOf(1, encodings.json)
    const fromTopic = await fitted(stage, 'times', '--from', from, '--to', to)
    const fromFile = await fitted(stage, 'file', file())
    expect(fromTopic.manifest).toEqual(fromFile.manifest)
    expect(fromTopic.tensors.equals(fromFile.tensors)).toBe(true)
    expect(fromTopic.provenance).toEqual({ ...fromFile.provenance, source: 'kafka source of monitor watch' })
    expect(fromTopic.stdout).toMatch(/rows +6,000 of 6 streams/)
    expect(await client.committed(stage.group, stage.input)).toEqual([-1])
  })

  it('between two offsets of each partition, with every row', async () => {
    const stage = await topicOf(2, encodings.float64)
    const [first, last] = [other.length / 2, (other.length + rows.length) / 2]
    const { provenance } = await fitted(stage, 'offsets', '--from', `0:${first},1:${first}`, '--to', `0:${last},1:${last}`)
    const times = rows.map(({ time }) => time)
    expect(provenance).toMatchObject({
      rows: rows.length,
      streams: 6,
      from: new Date(Math.min(...times)).toISOString(),
      to: new Date(Math.max(...times)).toISOString(),
    })
  })

  it('says what is wrong with a range', async () => {
    const stage = await topicOf(1, encodings.json)
    const config = await place.config('range', stage.config())
    expect(await run('fit', '--config', config, '--from', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"yesterday" is neither a time .* nor offsets per partition/),
    })
    expect(await run('fit', join(place.folder, 'nowhere.csv'))).toMatchObject({
      code: 5,
      err: expect.stringMatching(/^error: .*nowhere\.csv: cannot be read/),
    })
    const early = await run('fit', '--config', config, '--to', '2026-01-01T00:00:00Z')
    expect(early.code).toBe(3)
    expect(early.err).toMatch(
      /no record was written from the beginning to 2026-01-01T00:00:00Z; topic \S+ holds 6,600 records, written from 2026-05-01T00:00:00\.000Z to 2026-05-01T01:49:59\.000Z/,
    )
    const file = await run('fit', '--config', config, join(place.folder, 'normal.csv'), '--from', '2026-05-01T00:00:00Z')
    expect(file).toMatchObject({ code: 2, err: expect.stringMatching(/--from and --to need a source with offsets and times/) })
    const beyond = await run('fit', '--config', config, '--to', '0:999999')
    expect(beyond.code).toBe(5)
    expect(beyond.err).toMatch(/partition 0: offset 999999 is not held, the log goes from 0 to 6600/)
  })
})
