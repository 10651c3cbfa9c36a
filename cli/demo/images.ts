import { Command } from 'commander'
import type { Output } from '../terminal.js'
import { PictureStory } from './picture-story.js'
import { play, type Scene } from './stage.js'

export const cameras = ['camera-1', 'camera-2', 'camera-3']
const INTERVAL_S = 600
/**
 * Normal pictures that are learned from: ten held-out tenths must each hold some windows. As many of them are degraded as fit into some
 * seconds; 300 would take a minute and find the same directions.
 */
const [NORMAL, DEGRADED] = [600, 40]
/** Pictures of a camera that are compared together, every so many. */
const window = { size: 8, hop: 4, longer: [] }
/** Pictures per second of real time, of all cameras: a tenth of what two cores can do. */
const RATE = 12

/** The faults, in pictures of the whole input; what each is, for people. */
export const faults = [
  { kind: 'foreign', stream: 'camera-1', at: 120, rows: 6, name: 'spanner', story: 'a forgotten spanner lies on the belt' },
  { kind: 'blur', stream: 'camera-2', at: 180, rows: 90, name: 'blur', story: 'the lens drifts out of focus' },
  { kind: 'darkness', stream: 'camera-3', at: 300, rows: 90, name: 'darkness', story: 'the lamp fades to half its light' },
  { kind: 'noise', stream: 'camera-1', at: 420, rows: 45, name: 'noise', story: 'the sensor gets noisy' },
] as const
/** When the last fault is over and its alerts have had time to resolve. */
const STORY_PICTURES = 600

export const command = (out: Output): Command =>
  new Command('images')
    .summary('the same of cameras: blur, darkness, noise and a foreign object')
    .description(
      'Imitates three cameras above a conveyor belt, fits a reference to normal pictures with the backbone that ships with Driftwatch, ' +
        'watches, and works four faults into the pictures. Nothing is written but a temporary folder; needs no network. Ctrl-C ends it.',
    )
    .option('--once', 'end when the story is over')
    .addHelpText('after', '\nExamples:\n  $ driftwatch demo images\n  $ driftwatch demo images --once')
    .action((options: { readonly once?: boolean }) => demo(options.once === true, out))

async function demo(once: boolean, out: Output): Promise<void> {
  const story = new PictureStory(out, faults, cameras.length, window.size)
  story.begin(
    'Driftwatch demo: made-up cameras above a conveyor belt, faults included',
    `${cameras.join(', ')} send JPEGs of 256 x 256 pixels; a small network makes 1,536 numbers of each`,
    `learning what normal is from ${NORMAL} pictures, ${DEGRADED} of them also degraded; takes about half a minute on two cores`,
  )
  const normal = { start: iso(0), seed: 1, rate: 0, rows: NORMAL }
  const live = {
    start: iso(NORMAL / cameras.length),
    seed: 2,
    rate: RATE,
    faults: faults.map(({ story: _, name: __, ...fault }) => fault),
    ...(once && { rows: STORY_PICTURES }),
  }
  await play({ normal: scene(normal), live: scene(live), degraded: DEGRADED }, story)
}

const scene = (options: object): Scene => ({
  source: { scenes: { streams: cameras, interval: `${INTERVAL_S}s`, ...options } },
  monitor: { decode: { image: { stream: { key: true } } }, pictures: { workers: 2 }, window },
  updateEvery: '1d',
})

/** When a round is. */
const iso = (round: number): string => new Date(Date.parse('2026-03-01T00:00:00Z') + round * INTERVAL_S * 1000).toISOString()
