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
const textsOf = ({ events }: Told): string[] => events.map(serialise)

describe('heatmaps of a running monitor', () => {
  let plain: MonitorConfig
  let pictures: Buffer[]
  let folder: string
  beforeAll(async () => {
    const changes = { detectors: ['gaussian', 'hotelling'], window: { size: 8, hop: 4, longer: [] } }
    plain = (await pictureMonitor(await temporaryFolder(), await tinyBackbone(32, 'early'), changes)).config
    pictures = await story()
  })
  beforeEach(async () => {
    folder = join(await temporaryFolder(), 'heatmaps')
  })

  const drawing = (options: object = {}): MonitorConfig => ({
    ...plain,
    pictures: picturesSchema.parse({ ...plain.pictures, heatmaps: { folder, ...options } }),
  })
  const files = async () => new Map(await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const)))
  const counted = async ({ metrics }: Told) => {
    const text = await metrics.registry.metrics()
    return Object.fromEntries([...text.matchAll(/heatmaps_total\{.*outcome="(\w+)"\} (\d+)/g)].map(([, outcome, n]) => [outcome, Number(n)]))
  }

  it('off by default: nothing is named, drawn or kept', async () => {
    const told = await watch(plain, cut(pictures, 10))
    expect(told.events.map(({ data }) => data.kind)).toContain('drift')
    expect(told.events.flatMap(linksOf)).toEqual([])
  })

  it('stand beside every worst record of an alert, and are there when it is delivered', async () => {
    const there: boolean[] = []
    const told = nothingTold()
    const write = async (event: AlertEvent) => {
      const names = new Set(await readdir(folder))
      there.push(linksOf(event).every((link) => names.has(link.slice(folder.length + 1))))
      told.events.push(event)
    }
    // One picture in each batch: what a window looks back on has gone with its batch.
    await watch(drawing({ overlay: true }), cut(pictures, 1), told, { required: [{ name: 'alerts', connect, write, close: connect }] })
    expect(there).toEqual(there.map(() => true))
    expect(there.length).toBeGreaterThan(3)
    for (const { data } of told.events) expect(data.worst.map(({ heatmap }) => heatmap?.startsWith(`${folder}/heatmap-belt-`))).not.toContain(false)
    const [first] = told.events
    expect(linksOf(first)[0]).toMatch(/\/heatmap-belt-camera-0-0-2\d-[0-9a-f]{16}\.png$/)
    const drawn = await decodePicture(await readFile(linksOf(first)[0]), defaultPictureLimits)
    expect(drawn).toMatchObject({ width: 32, height: 32 })
    expect(await counted(told)).toEqual({ drawn: (await files()).size, busy: 0, no_picture: 0, not_drawn: 0, not_written: 0, picture_gone: 0 })
  })

  it('are the same files and links however the pictures come in batches, and in a run that draws none', async () => {
    const one = await watch(drawing(), cut(pictures, 7))
    const drawn = await files()
    await rm(folder, { recursive: true })
    const other = await watch(drawing(), [pictures])
    expect(textsOf(other)).toEqual(textsOf(one))
    expect(await files()).toEqual(drawn)
    const replayed = await watch(drawing(), cut(pictures, 30), nothingTold(), { heatmapFiles: undefined })
    expect(textsOf(replayed)).toEqual(textsOf(one))
  })

  it('are links to a server of the folder where there is one', async () => {
    const { events } = await watch(drawing({ url: 'https://pictures.example.com/belt' }), [pictures])
    const names = new Set((await files()).keys())
    for (const link of events.flatMap(linksOf)) expect(names.has(link.replace('https://pictures.example.com/belt/', ''))).toBe(true)
  })

  it('outlive a crash between file and alert: the next run tells the same, and draws nothing twice', async () => {
    const broken = {
      name: 'alerts',
      connect,
      write: async () => {
        throw new SinkError('closed', false, 'the process is killed here')
      },
      close: connect,
    }
    await expect(watch(drawing(), cut(pictures, 10), nothingTold(), { required: [broken] })).rejects.toThrow('is killed here')
    const before = await files()
    expect(before.size).toBeGreaterThan(0)
    const told = await watch(drawing(), cut(pictures, 10))
    const after = await files()
    for (const [name, bytes] of before) expect(after.get(name)).toEqual(bytes)
    expect(await counted(told)).toMatchObject({ drawn: after.size - before.size })
    const undisturbed = await watch(drawing(), [pictures], nothingTold(), { heatmapFiles: undefined })
    expect(textsOf(told)).toEqual(textsOf(undisturbed))
  })

  it('on a disk that takes nothing: the same alerts, and a count and a log line of what is missing', async () => {
    const told = nothingTold()
    const batches = cut(pictures, 10)
    await watch(drawing(), batches, told, { heatmapFiles: new Spoilt(folder) })
    const sound = await watch(drawing(), batches, nothingTold(), { heatmapFiles: undefined })
    expect(textsOf(told)).toEqual(textsOf(sound))
    expect((await counted(told)).drawn).toBe(0)
    expect((await counted(told)).not_written).toBeGreaterThan(0)
    expect(told.log).toContain('a heatmap was not drawn')
  })

  it('are in the alert itself where that is asked for, of the worst picture, while they are small enough', async () => {
    const { events } = await watch(drawing({ attach: '50kB' }), [pictures])
    for (const { data } of events) {
      const [worst, ...others] = data.worst
      const bytes = await readFile(worst.heatmap ?? '')
      expect(worst.heatmapImage).toBe(`data:image/png;base64,${bytes.toString('base64')}`)
      expect(others.filter(({ heatmapImage }) => heatmapImage !== undefined)).toEqual([])
    }
    const small = await watch(drawing({ attach: '10B' }), [pictures])
    expect(small.events.flatMap(({ data }) => data.worst.flatMap(({ heatmapImage }) => heatmapImage ?? []))).toEqual([])
  })

  it('cannot be had of a backbone without a map: alerts go without, and the log says so', async () => {
    const { config } = await pictureMonitor(await temporaryFolder(), await tinyBackbone(32))
    const heatmaps = { folder, url: undefined }
    const told = await watch({ ...config, pictures: picturesSchema.parse({ ...config.pictures, heatmaps }) }, [pictures])
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
