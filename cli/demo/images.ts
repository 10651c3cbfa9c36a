import { join } from 'node:path'
import { Command } from 'commander'
import type { Output } from '../terminal.js'
import { type PictureFault, PictureStory } from './picture-story.js'
import { play, type Scene } from './stage.js'

const cameras = ['camera-1', 'camera-2', 'camera-3']
const INTERVAL_S = 600
/** Pictures of a camera that are compared together, every so many: short, so that each tenth of the normal pictures holds several. */
const window = { size: 8, hop: 4, longer: [] }

/** What happens; all numbers but the rate count pictures of all cameras together. */
export interface Scenario {
  /** Normal pictures that are learned from, and how many of them are degraded, at most. */
  readonly normal: number
  readonly degraded: number
  /** Pictures that are watched; without end where it is left out. */
  readonly watched?: number | undefined
  /** Per second of real time. */
  readonly rate: number
  readonly faults: readonly SceneFault[]
  /** File of a prepared backbone; default: the one that ships. */
  readonly backbone?: string
  /** Folder for the heatmaps of what is unusual; default: one that is removed at the end. */
  readonly heatmaps?: string | undefined
}

interface SceneFault extends PictureFault {
  readonly kind: 'foreign' | 'blur' | 'darkness' | 'noise'
}

/** 300 degraded pictures would take a minute, and 40 are enough for faults as plain as these. */
const usual: Scenario = {
  normal: 1000,
  degraded: 40,
  rate: 15,
  faults: [
    { kind: 'foreign', stream: 'camera-1', at: 120, rows: 6, name: 'spanner', story: 'a forgotten spanner lies on the belt' },
    { kind: 'blur', stream: 'camera-2', at: 180, rows: 90, name: 'blur', story: 'the lens drifts out of focus' },
    { kind: 'darkness', stream: 'camera-3', at: 300, rows: 90, name: 'darkness', story: 'the lamp fades to half its light' },
    { kind: 'noise', stream: 'camera-1', at: 420, rows: 45, name: 'noise', story: 'the sensor gets noisy' },
  ],
}
/** When the last fault is over and its alerts have had time to resolve. */
const STORY_PICTURES = 570

export const command = (out: Output): Command =>
  new Command('images')
    .summary('the same of cameras: blur, darkness, noise and a foreign object')
    .description(
      'Imitates three cameras above a conveyor belt, fits a reference to normal pictures with the backbone that ships with Driftwatch, ' +
        'watches, and works four faults into the pictures. Nothing is written but a temporary folder; needs no network. Ctrl-C ends it.',
    )
    .option('--once', 'end when the story is over')
    .option('--heatmaps <folder>', 'keep the heatmaps of unusual pictures here; default: in the temporary folder, while the demo runs')
    .addHelpText('after', '\nExamples:\n  $ driftwatch demo images\n  $ driftwatch demo images --once --heatmaps ./heatmaps')
    .action((_, self: Command) => {
      // `demo` has the option too, and takes it wherever it stands.
      const { once, heatmaps } = self.optsWithGlobals<{ once?: boolean; heatmaps?: string }>()
      return playPictures({ ...usual, watched: once ? STORY_PICTURES : undefined, heatmaps }, out)
    })

/** Plays a scenario to its end, or until the process is stopped. */
export async function playPictures({ normal, degraded, watched, rate, faults, backbone, heatmaps }: Scenario, out: Output): Promise<void> {
  const story = new PictureStory(out, faults, cameras.length, window.size)
  story.begin(
    'Driftwatch demo: made-up cameras above a conveyor belt, faults included',
    `${cameras.join(', ')} send JPEGs of 256 x 256 pixels; a small network makes numbers of each`,
    heatmaps === undefined
      ? 'alerts name a heatmap of their worst picture (where); those are removed at the end, --heatmaps FOLDER keeps them'
      : `alerts name a heatmap of their worst picture (where); those stay in ${heatmaps}`,
    `learning what normal is from ${normal} pictures, ${degraded} of them also degraded on purpose; this takes a while`,
  )
  const scene = (options: object, pictures: object = {}): Scene => ({
    source: { scenes: { streams: cameras, interval: `${INTERVAL_S}s`, ...options } },
    monitor: { decode: { image: { stream: { key: true } } }, pictures: { workers: 2, backbone, ...pictures }, window },
    updateEvery: '1d',
  })
  const live = {
    start: startOf(normal / cameras.length),
    seed: 2,
    rate,
    rows: watched,
    faults: faults.map(({ kind, stream, at, rows }) => ({ kind, stream, at, rows })),
  }
  const drawn = (folder: string) => ({ heatmaps: { folder: heatmaps ?? join(folder, 'heatmaps'), overlay: true } })
  await play(
    {
      normal: scene({ start: startOf(0), seed: 1, rate: 0, rows: normal }),
      live: (folder) => scene(live, drawn(folder)),
      degraded,
    },
    story,
  )
}

/** When a round begins, one of each camera. */
const startOf = (round: number): string => new Date(Date.parse('2026-03-01T00:00:00Z') + Math.ceil(round) * INTERVAL_S * 1000).toISOString()
