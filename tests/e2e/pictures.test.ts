import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { type FaultsOf, jpegOf, shots } from '../kit/cameras.js'
import { expectSameEvents, expectWholeStories, lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { pictureFile } from '../kit/pictures.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { type Delivered, Stage, unhurried } from '../kit/stage.js'
import { failsOnRed, tinyBackbone } from '../kit/tiny-backbone.js'

const { skip, brokers = [] } = await kafkaOrSkip()

const EACH = 50
/** The second camera's lens is out of focus from here on, for so many pictures. */
const [BLURRED, BLURRED_FOR] = [20, 12]
/** A spanner lies before the first camera on this picture. */
const FOREIGN = 30

/** Each camera on a partition of its own. */
const messages = async (count: number, seed: number, faultsOf?: FaultsOf): Promise<Message[]> =>
  (await shots(count, seed, faultsOf)).map(({ camera, time, jpeg }) => ({
    partition: camera,
    key: `camera-${camera}`,
    timestamp: String(time),
    value: jpeg,
  }))

const faultsOf: FaultsOf = (camera, index) => {
  if (camera === 0) return index === FOREIGN ? { foreign: true } : {}
  return index >= BLURRED && index < BLURRED + BLURRED_FOR ? { blur: 3 } : {}
}

describe.skipIf(skip)(`pictures from a topic to the alert topic${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())
  let stage: Stage
  let config: string
  let bad: Message[]
  let delivered: Delivered[]

  beforeAll(async () => {
    const backbone = join(place.folder, 'backbone.onnx')
    await writeFile(backbone, (await tinyBackbone(64, 'early')).bytes)
    const monitor = {
      features: undefined,
      // Means after a Relu change with the sharpness of a picture; those of a convolution alone do not.
      pictures: { backbone, tap: 'early', heatmaps: { folder: join(place.folder, 'heatmaps'), overlay: true } },
      decode: { image: { stream: { key: true } } },
      detectors: ['gaussian', 'corruption'],
      alerting: { falseAlarmsPerDay: 1 },
    }
    const options = {
      client,
      brokers,
      reference: join(place.folder, 'reference'),
      source: unhurried,
      monitor,
      retention: 'forever' as const,
    }
    const normal = await Stage.set(options)
    stage = await Stage.set(options)
    await normal.send(await messages(120, 1))
    const fit = await driftwatch(['fit', '--config', await place.config('normal', normal.config())])
    expect(fit.code, fit.stderr).toBe(0)
    expect(fit.stdout).toMatch(/rows +240 of 2 streams/)

    const watched = await messages(EACH, 2, faultsOf)
    const cutOff = (await jpegOf(1, 0)).subarray(0, 500)
    bad = [cutOff, Buffer.from('no picture'), pictureFile('animated.png')].map((value) => ({ partition: 0, key: 'camera-0', value }))
    // After the sixth picture of each camera.
    await stage.send([...watched.slice(0, 12), ...bad, ...watched.slice(12)])
    config = await place.config('watched', stage.config())
    const process = new Driftwatch(['run', config])
    await stage.caughtUp(process)
    const samples = await process.until((each) => each.sum('in_flight_records') === 0)
    expect(samples.sum('records_scored_total')).toBe(2 * EACH)
    expect(samples.sum('records_rejected_total')).toBe(bad.length)
    expect((await process.stop()).code).toBe(0)
    delivered = await stage.delivered()
  })

  it('every picture is scored and committed, and bad ones are dead letters as they came', async () => {
    const { ends, committed } = await stage.places()
    expect(committed).toEqual(ends)
    expect((await stage.buried()).map(({ reason, origin, key, value }) => [reason, origin, String(key), value])).toEqual(
      ['picture_truncated', 'picture_format', 'picture_animated'].map((reason, i) => [
        reason,
        { topic: stage.input, partition: 0, offset: 6 + i },
        'camera-0',
        bad[i].value,
      ]),
    )
  })

  it('a spanner on the belt and a lens out of focus raise alerts, each with its camera and picture, and nothing else does', () => {
    expectWholeStories(delivered.map(({ bytes }) => bytes))
    const opened = delivered
      .map(({ event: { data } }) => data)
      .filter(({ transition, kind }) => transition === 'opened' && kind === 'record')
    const [foreign, blurred] = opened.toSorted((one, other) => one.stream.localeCompare(other.stream))
    expect(opened).toHaveLength(2)
    expect(foreign).toMatchObject({ stream: 'camera-0', origin: { topic: stage.input, partition: 0, offset: FOREIGN + bad.length } })
    expect(blurred).toMatchObject({ stream: 'camera-1', origin: { topic: stage.input, partition: 1, offset: BLURRED } })
    expect(blurred.detectors).toContain('corruption')
  })

  it('every alert links to a heatmap of each of its worst pictures, which is there', async () => {
    const links = delivered.flatMap(({ event: { data } }) => data.worst.map(({ heatmap }) => heatmap))
    expect(links.length).toBeGreaterThan(delivered.length)
    for (const link of links) {
      const drawn = await decodePicture(await readFile(link ?? ''), defaultPictureLimits)
      expect(drawn).toMatchObject({ width: 64, height: 64 })
    }
  })

  it('a replay of the topic raises the same alerts, byte for byte', async () => {
    const { code, stdout, stderr } = await driftwatch(['replay', config])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`${2 * EACH} records scored, ${bad.length} rejected`)
    expectSameEvents(
      delivered.map(({ bytes }) => bytes),
      lines(stdout),
    )
  })

  it('a backbone that was swapped under its reference is refused at the start', async () => {
    const other = join(place.folder, 'other.onnx')
    await writeFile(other, (await failsOnRed()).bytes)
    const swapped = await place.config('swapped', stage.config({ pictures: { backbone: other } }))
    const { code, stderr } = await driftwatch(['run', swapped])
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /monitor watch: the backbone \S+ is tiny\.onnx \(\w{12}\), but the reference was fitted with tiny\.onnx \(\w{12}\)/,
    )
  })
})
