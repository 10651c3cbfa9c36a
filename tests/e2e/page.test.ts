import { mkdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { missingBrowser, useBrowser } from '../kit/browser.js'
import { DemoProcess } from '../kit/demo.js'

const skip = await missingBrowser()

describe.skipIf(skip !== undefined)(`the live page of the demo${skip === undefined ? '' : `: skipped, ${skip}`}`, () => {
  const browser = useBrowser()

  it('a stranger sees the service learn, an alert open with its why, grow, and resolve', async () => {
    await mkdir('.cache/screens', { recursive: true })
    const demo = DemoProcess.start()
    try {
      const [, address] = await demo.told(/^open (http:\S+)$/)
      const { page, errors, requests } = await browser.open(address)
      // Whatever the machine's speed: first there is data, and nothing wrong with it.
      await page.locator('.chart canvas').waitFor()
      expect(await page.locator('.header').innerText()).toMatch(/watching[^]*records\/s[^]*lag 0[^]*cpu/)
      expect(await page.locator('.reference').innerText()).toMatch(/self-test passed, calibration OK[^]*8 features/)
      // The burst of slow, failing requests: the page turns to its stream by itself.
      await page.getByRole('heading', { name: 'checkout-eu', exact: true }).waitFor()
      const record = page.locator('.alert', { hasText: 'anomalous records' })
      await page.getByRole('button', { name: /checkout-eu.*anomalous records/s }).click()
      await record.waitFor()
      expect(await page.locator('.life li').first().innerText()).toMatch(/opened (info|warning|error|critical)\s+over the limit/)
      expect(await page.locator('.worst li').first().innerText()).toMatch(/generator \/ 0 \/ [\d,]+/)
      // It is over: back under the limit, with both times.
      await page.locator('.life li', { hasText: 'resolved' }).waitFor()
      expect(await page.locator('.life li').allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringMatching(/escalated/), expect.stringMatching(/resolved\s+back under the limit\s+.*\d\d:\d\d:\d\d\s+.*\d\d:\d\d:\d\d/)]),
      )
      expect(await page.locator('.alert .summary').first().innerText()).toMatch(/anomalous records, over, at worst (error|critical)/)
      expect(await page.getByText(/^When it opened: checkout-eu: .*latency_p95 \+/).isVisible()).toBe(true)
      expect(await page.locator('.calibration').innerText()).toMatch(/1\/day asked, .*\/day seen/)
      expect(requests.filter((url) => !url.startsWith(address) && !url.startsWith('data:'))).toEqual([])
      expect(errors).toEqual([])
      await page.screenshot({ path: '.cache/screens/demo.png', fullPage: true })
      // The service ends, and the page says so.
      await demo.stop()
      await page.getByText('Connection lost.').waitFor()
    } finally {
      demo.kill()
    }
  })
})
