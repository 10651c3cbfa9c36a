import { mkdir, readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../connectors/files/write.js'
import { missingBrowser, useBrowser, type Watched } from '../kit/browser.js'
import { DemoProcess } from '../kit/demo.js'

const skip = await missingBrowser()
const browser = useBrowser()
const where = skip === undefined ? 'on the terminal and on the live page' : `on the terminal (the page is skipped: ${skip})`

it(`the demo tells its story ${where}: fitted, watching, an alert opened with its why, escalated, resolved after its fault; Ctrl-C ends it cleanly`, async () => {
  const folder = await temporaryFolder()
  const demo = DemoProcess.start({ TMPDIR: folder })
  const told = (pattern: RegExp) => demo.told(pattern)
  try {
    await told(/^fitted reference [0-9a-f]{16} to 230,400 records; self-test passed$/)
    const [, address] = await told(/^open (http:\S+)$/)
    const seen = skip === undefined ? storyOnPage(address) : undefined
    await told(/^injecting into checkout-eu/)
    await told(/(?:WARNING|ERROR|CRITICAL) +opened +demo \/ checkout-eu {2}record/)
    await told(/why .*latency_p95 ↑ [\d.]+σ/)
    await told(/escalated +demo \/ checkout-eu {2}record/)
    const metrics = await (await fetch(`${address}metrics`)).text()
    expect(metrics).toMatch(/driftwatch_alerts_opened_total\{monitor="demo",stream="checkout-eu",kind="record",severity="\w+"\} 1/)
    await told(/^fault over in checkout-eu/)
    await told(/resolved +demo \/ checkout-eu {2}record/)
    const history = await (await fetch(`${address}page/history?monitor=demo&stream=checkout-eu`)).json()
    expect(history).toMatchObject({
      stream: 'checkout-eu',
      episodes: expect.arrayContaining([expect.objectContaining({ kind: 'record' })]),
    })
    await told(/^watching at \d+ records\/s/)
    const watched = await seen
    const ended = demo.stop()
    await told(/^done: .* drained and stopped$/)
    expect(await ended).toEqual([0, null])
    await watched?.page.getByText('Connection lost.').waitFor()
    expect((await readdir(folder)).filter((name) => name.startsWith('driftwatch'))).toEqual([])
  } finally {
    demo.kill()
  }
}, 120_000)

/** What a stranger sees who opens the address. */
async function storyOnPage(address: string): Promise<Watched> {
  await mkdir('.cache/screens', { recursive: true })
  const watched = await browser.open(address)
  const { page, errors, requests } = watched
  // First there is data, and nothing wrong with it.
  await page.locator('.chart canvas').waitFor()
  expect(await page.locator('.header').innerText()).toMatch(/watching.*records\/s.*lag 0.*cpu/s)
  expect(await page.locator('.reference').innerText()).toMatch(/self-test passed, calibration OK.*8 features/s)
  // The burst of slow, failing requests: the page turns to its stream by itself; the alert says why.
  await page.getByRole('heading', { name: 'checkout-eu', exact: true }).waitFor()
  await page.getByRole('button', { name: /checkout-eu.*anomalous records/s }).click()
  await page.locator('.alert .summary', { hasText: 'anomalous records' }).first().waitFor()
  expect(await page.locator('.life li').first().innerText()).toMatch(/opened (info|warning|error|critical)\s+over the limit/)
  expect(await page.locator('.worst li').first().innerText()).toMatch(/generator \/ 0 \/ [\d,]+/)
  // It is over: back under the limit, in data time and on the clock.
  await page.locator('.life li', { hasText: 'resolved' }).waitFor()
  expect((await page.locator('.life li').allInnerTexts()).slice(1)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/escalated/),
      expect.stringMatching(/resolved\s+back under the limit\s+.*\d\d:\d\d:\d\d\s+.*\d\d:\d\d:\d\d/),
    ]),
  )
  expect(await page.locator('.alert .summary').first().innerText()).toMatch(/anomalous records, over, at worst (error|critical)/)
  expect(await page.locator('.why').innerText()).toMatch(/^Why it was open.*latency_p95/s)
  expect(await page.locator('.calibration').innerText()).toMatch(/1\/day asked, .*\/day seen/)
  expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('data:'))).toEqual([])
  expect(errors).toEqual([])
  await page.screenshot({ path: '.cache/screens/demo.png', fullPage: true })
  return watched
}
