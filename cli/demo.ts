import { Command } from 'commander'
import { featureNames } from '../connectors/generator/system.js'
import { command as images } from './demo/images.js'
import { play, type Scene } from './demo/stage.js'
import { DemoStory } from './demo/story.js'
import type { Output } from './terminal.js'

/** Data time between two rounds (one record of each service), and how many days of it the reference has. */
const INTERVAL_S = 15
const REFERENCE_DAYS = 10
const services = ['checkout-eu', 'checkout-us', 'search', 'payments']
const rowsPerDay = (services.length * 86_400) / INTERVAL_S
const day = 86_400_000
const referenceStart = Date.parse('2026-03-01T00:00:00Z')

/** Records per second of real time: a day of data takes a bit more than a minute. */
const RATE = 300
const at = (seconds: number): number => Math.round(seconds * RATE)

/**
 * The faults, in rows of the whole input; what each is, for people. The leak is high enough to stay clear of the limit once it
 * has grown: memory wanders by itself, and a drift near the limit opens and ends several times.
 */
export const faults = [
  { kind: 'burst', stream: 'checkout-eu', at: at(3), rows: at(1), size: 5, story: 'a burst of slow, failing requests' },
  {
    kind: 'correlation',
    stream: 'search',
    at: at(17),
    rows: at(3),
    story: 'cpu and queue_depth part from requests and latency, though each alone looks normal',
  },
  { kind: 'shift', stream: 'payments', at: at(36), rows: at(16), size: 2.8, story: 'a slow memory leak' },
] as const
/** When the last fault is over and its alert has had time to resolve. */
const STORY_SECONDS = 75

export const command = (out: Output = process.stdout): Command =>
  new Command('demo')
    .summary('see it work, without Kafka or a configuration')
    .description(
      'Imitates a live system of four services, fits a reference to ten normal days, watches, and works three faults into the data. ' +
        'Nothing is written but a temporary folder; needs no network. Ctrl-C ends it.',
    )
    .option('--once', 'end when the story is over')
    .addHelpText('after', '\nExamples:\n  $ driftwatch demo\n  $ driftwatch demo --once\n  $ driftwatch demo images')
    .action((options: { readonly once?: boolean }) => demo(options.once === true, out))
    .addCommand(images(out))

async function demo(once: boolean, out: Output): Promise<void> {
  const story = new DemoStory(out, faults, 'records')
  story.begin(
    'Driftwatch demo: a made-up live system, faults included',
    `${services.join(', ')} report ${featureNames.slice(0, 4).join(', ')} and ${featureNames.length - 4} more features`,
    `learning what normal is from ${REFERENCE_DAYS} days of data; \`driftwatch demo images\` shows the same of cameras`,
  )
  const normal = { start: iso(referenceStart), seed: 1, rate: 0, rows: rowsPerDay * REFERENCE_DAYS }
  const live = {
    start: iso(referenceStart + REFERENCE_DAYS * day),
    seed: 2,
    rate: RATE,
    faults: faults.map(({ story: _, ...fault }) => fault),
    ...(once && { rows: at(STORY_SECONDS) }),
  }
  await play({ normal: scene(normal), live: () => scene(live) }, story)
}

const scene = (options: object): Scene => ({
  source: { generator: { streams: services, interval: `${INTERVAL_S}s`, ...options } },
  monitor: { decode: { json: { features: featureNames, stream: 'service', time: 'ts' } } },
  updateEvery: '1h',
})

const iso = (time: number): string => new Date(time).toISOString()
