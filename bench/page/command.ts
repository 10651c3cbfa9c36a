import { Command } from 'commander'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { launchOptions } from '../../tests/kit/browser-options.js'
import { DemoProcess } from '../../tests/kit/demo.js'
import { PageServer } from '../../tests/kit/page-server.js'
import { historyOf, manyStreams, NOW, row, viewOf } from '../../tests/kit/page-view.js'

/** An hour of data at one span a second. */
const SPANS = 3600
const STREAMS = 1000
const CHANGED = 100

interface Options {
  readonly seconds: string
  readonly picture?: string
}

export const page = new Command('page')
  .summary('frames of the live page with 1,000 streams and an hour of data')
  .description(
    'Draws the live page in Chromium (no GPU) with 1,000 streams and a chart of 3,600 points, of which a further one and 100 rows come each second; ' +
      'counts frames and long tasks. With --picture it takes the picture of the README from the demo instead.',
  )
  .option('-s, --seconds <n>', 'how long', '10')
  .option('--picture <png>', 'the picture to write')
  .action(async ({ seconds, picture }: Options) => (picture === undefined ? frames(Number(seconds)) : photograph(picture)))

/** What the page sees of itself: times between frames, and long tasks, in ms. */
const WATCH = `new Promise((done) => {
  const gaps = [], long = []
  new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({ entryTypes: ['longtask'] })
  const end = performance.now() + SECONDS * 1000
  let last = performance.now()
  requestAnimationFrame(function frame(now) {
    gaps.push(now - last)
    last = now
    if (now < end) requestAnimationFrame(frame)
    else done({ gaps, long })
  })
})`

async function frames(seconds: number): Promise<void> {
  const monitor = manyStreams(STREAMS)
  const server = await new PageServer(viewOf(monitor)).start()
  const open = monitor.streams.find(({ status }) => status === 'open')!
  let second = 0
  server.history = (stream) => historyOf(stream, monitor.alerts, { spans: SPANS }, NOW + 1000 * second)
  const changing = setInterval(() => {
    second++
    const rows = Array.from({ length: CHANGED }, (_, i) => row(`tenant-${(second * CHANGED + i) % STREAMS}`, { records: 18_204 + second }))
    server.change({ monitors: [{ name: 'demo', streams: [...rows, { ...open, records: open.records + second }] }] })
  }, 1000)
  const browser = await chromium.launch(launchOptions)
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(server.address)
    await page.locator('.chart canvas').waitFor()
    const { gaps, long } = await page.evaluate<Seen>(WATCH.replace('SECONDS', String(seconds)))
    report(gaps, long, seconds)
  } finally {
    clearInterval(changing)
    await browser.close()
    await server.stop()
  }
}

interface Seen {
  readonly gaps: number[]
  readonly long: number[]
}

function report(gaps: number[], long: readonly number[], seconds: number): void {
  const sorted = gaps.sort((one, other) => one - other)
  const longest = Math.max(0, ...long)
  console.log(
    `${gaps.length} frames in ${seconds} s; from frame to frame: median ${sorted[gaps.length >> 1].toFixed(1)} ms, p99 ${sorted[Math.floor(gaps.length * 0.99)].toFixed(1)} ms`,
  )
  console.log(`${long.length} tasks of more than 50 ms, the longest ${longest.toFixed(0)} ms`)
  console.log(`metric page_frames_per_second ${(gaps.length / seconds).toFixed(1)}`)
  console.log(`metric page_longest_task_ms ${longest.toFixed(0)}`)
}

/** The demo while its memory leak is a critical alert. */
async function photograph(path: string): Promise<void> {
  const demo = DemoProcess.start()
  const browser = await chromium.launch(launchOptions)
  try {
    const [, address] = await demo.told(/^open (http:\S+)$/)
    const page = await browser.newPage({ viewport: { width: 1280, height: 1120 }, colorScheme: 'light' })
    await page.goto(address)
    await demo.told(/CRITICAL +escalated +demo \/ payments {2}drift/)
    // The page has turned to it by itself.
    await page.locator('.life li', { hasText: 'critical' }).waitFor()
    // 256 colours are enough, and a third of the bytes.
    await sharp(await page.screenshot())
      .png({ palette: true })
      .toFile(path)
  } finally {
    demo.kill()
    await browser.close()
  }
}
