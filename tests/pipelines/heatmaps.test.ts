import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { picturesSchema } from '../../config/pictures.js'
import { HeatmapFolder } from '../../connectors/pictures/heatmap-folder.js'
import { SinkError } from '../../connectors/sink.js'
import { decodePicture } from '../../pictures/decode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { nothingTold, pictureMonitor, type Told, watch } from '../kit/picture-monitor.js'
import { redPicture, tinyBackbone, waves } from '../kit/tiny-backbone.js'

const several = (count: number, first = 500) => Promise.all(Array.from({ length: count }, (_, i) => waves(first + i)))

/** Sound pictures, red ones from 20 to 27, and sound ones until all alerts are over. */
async function story(): Promise<Buffer[]> {
  const red = await Promise.all(Array.from({ length: 8 }, redPicture))
  return [...(await several(20)), ...red, ...(await several(60, 600))]
}

const cut = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const linksOf = ({ data }: AlertEvent): string[] => data.worst.flatMap(({ heatmap }) => heatmap ?? [])
/** Different alerts may overtake each other. */
const textsOf = ({ events }: Told): string[] => events.map(serialise).toSorted()
/** The same without what is said of heatmaps. */
const bareOf = ({ events }: Told): string[] =>
  events.map((event) => JSON.stringify(event, (key, value) => (key.startsWith('heatmap') ? undefined : value))).toSorted()

const outcomes = { drawn: 0, busy: 0, no_picture: 0, not_drawn: 0, not_written: 0, picture_gone: 0 }

describe('heatmaps of a running monitor', () => {
  let plain: MonitorConfig
  let pictures: Buffer[]
  let folder: string
  /** A run without heatmaps. */
  let bare: Told
  beforeAll(async () => {
    const changes = { detectors: ['gaussian', 'hotelling'], window: { size: 8, hop: 4, longer: [] } }
    plain = (await pictureMonitor(await temporaryFolder(), await tinyBackbone(32, 'early'), changes)).config
    pictures = await story()
    bare = await watch(plain, [pictures])
  }, 120_000)
  beforeEach(async () => {
    folder = join(await temporaryFolder(), 'heatmaps')
  })

  const drawing = (options: object = {}, of = plain): MonitorConfig => {
    if (of.pictures === undefined) throw new Error('expected a monitor of pictures')
    return { ...of, pictures: { ...of.pictures, heatmaps: picturesSchema.parse({ heatmaps: { folder, ...options } }).heatmaps } }
  }
  const files = async () =>
    new Map(await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const)))
  const counted = async ({ metrics }: Told) => {
    const text = await metrics.registry.metrics()
    return Object.fromEntries(
      [...text.matchAll(/heatmaps_total\{.*outcome="(\w+)"\} (\d+)/g)].map(([, outcome, n]) => [outcome, Number(n)]),
    )
  }

  it('are off by default: nothing is named or counted', async () => {
    expect(new Set(bare.events.map(({ data }) => data.kind))).toEqual(new Set(['record', 'drift']))
    expect(bareOf(bare)).toEqual(textsOf(bare))
    expect(await counted(bare)).toEqual({})
  })

  it('stand beside every worst record of an alert, and are there when it is delivered', async () => {
    const missing: string[] = []
    const told = nothingTold()
    const write = async (event: AlertEvent) => {
      const names = new Set(await readdir(folder))
      missing.push(...linksOf(event).filter((link) => !names.has(link.slice(folder.length + 1))))
      told.events.push(event)
    }
    // One picture in each batch: what a window looks back on has gone with its batch.
    await watch(drawing({ overlay: true }), cut(pictures, 1), told, { required: [{ name: 'alerts', connect, write, close: connect }] })
    expect(missing).toEqual([])
    expect(bareOf(told)).toEqual(textsOf(bare))
    for (const event of told.events) expect(linksOf(event)).toHaveLength(event.data.worst.length)
    const [link] = linksOf(told.events[0])
    expect(link).toMatch(/\/heatmap-belt-camera-0-0-20-[0-9a-f]{16}\.png$/)
    expect(await decodePicture(await readFile(link), defaultPictureLimits)).toMatchObject({ width: 32, height: 32 })
    expect(await counted(told)).toEqual({ ...outcomes, drawn: (await files()).size })
    expect(told.shown.toSorted()).toEqual([...(await files()).keys()].toSorted())
  })

  it('are the same files and links however the pictures come in batches, and a run that draws none names the same', async () => {
    const url = 'https://pictures.example.com/belt'
    const one = await watch(drawing({ url }), cut(pictures, 7))
    const drawn = await files()
    expect(new Set(one.events.flatMap(linksOf))).toEqual(new Set([...drawn.keys()].map((name) => `${url}/${name}`)))
    folder = join(folder, 'other')
    const other = await watch(drawing({ url }), cut(pictures, 33))
    expect(textsOf(other)).toEqual(textsOf(one))
    expect(await files()).toEqual(drawn)
    const replayed = await watch(drawing({ url }), [pictures], nothingTold(), { heatmapFiles: undefined })
    expect(textsOf(replayed)).toEqual(textsOf(one))
  })

  it('outlive a crash between file and alert: the next run tells the same, and draws nothing twice', async () => {
    const write = async () => {
      throw new SinkError('closed', false, 'the process is killed here')
    }
    const killed = watch(drawing(), cut(pictures, 10), nothingTold(), { required: [{ name: 'alerts', connect, write, close: connect }] })
    await expect(killed).rejects.toThrow('is killed here')
    const before = await files()
    expect(before.size).toBeGreaterThan(0)
    const told = await watch(drawing(), cut(pictures, 10))
    expect(bareOf(told)).toEqual(textsOf(bare))
    const after = await files()
    for (const [name, bytes] of before) expect(after.get(name)).toEqual(bytes)
    expect(await counted(told)).toEqual({ ...outcomes, drawn: after.size - before.size })
  })

  it('on a disk that takes nothing: the same alerts, and a count and a log line of what is missing', async () => {
    const told = await watch(drawing(), cut(pictures, 10), nothingTold(), { heatmapFiles: new Spoilt(folder) })
    expect(bareOf(told)).toEqual(textsOf(bare))
    const { not_written, ...others } = await counted(told)
    expect(not_written).toBeGreaterThan(0)
    expect(others).toEqual({ drawn: 0, busy: 0, no_picture: 0, not_drawn: 0, picture_gone: 0 })
    expect(told.log.filter((line) => line === 'a heatmap was not drawn')).toHaveLength(not_written)
  })

  it('are in the alert itself where that is asked for, of the worst picture, until it has resolved', async () => {
    const { events } = await watch(drawing({ attach: '50kB' }), [pictures])
    for (const { data } of events) {
      const [worst, ...others] = data.worst
      const bytes = await readFile(worst.heatmap ?? '')
      const image = `data:image/png;base64,${bytes.toString('base64')}`
      expect(worst.heatmapImage).toBe(data.transition === 'resolved' ? undefined : image)
      expect(others.filter(({ heatmapImage }) => heatmapImage !== undefined)).toEqual([])
    }
  })

  it('cannot be had of a backbone without a map: alerts go without, and the log says so', async () => {
    const { config } = await pictureMonitor(await temporaryFolder(), await tinyBackbone(32))
    const told = await watch(drawing({}, config), [pictures])
    expect(told.events.length).toBeGreaterThan(0)
    expect(told.events.flatMap(linksOf)).toEqual([])
    expect(told.log.filter((line) => line.startsWith('alerts have no heatmaps: the backbone has no map'))).toHaveLength(1)
  })
})

const connect = async () => undefined

/** A folder that is gone once it has been connected to, with a file in its place. */
class Spoilt extends HeatmapFolder {
  constructor(private readonly place: string) {
    super(place, { files: 10, bytes: 1e6 })
  }

  override async connect(): Promise<void> {
    await super.connect()
    await rm(this.place, { recursive: true })
    await writeFile(this.place, '')
  }
}
