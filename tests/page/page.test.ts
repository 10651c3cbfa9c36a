import { statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MonitorView } from '../../live/view.js'
import { missingBrowser, useBrowser } from '../kit/browser.js'
import { PageServer } from '../kit/page-server.js'
import {
  alertOf,
  fewStreams,
  HOSTILE,
  historyOf,
  hostileStreams,
  manyStreams,
  monitorView,
  NOW,
  quietMonitor,
  row,
  viewOf,
} from '../kit/page-view.js'

const skip = await missingBrowser()
const built = fileURLToPath(new URL('../../page/', import.meta.url))
const screens = '.cache/screens'
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

it('script, style sheet and HTML together are less than 150 kB', () => {
  const sizes = ['page.js', 'page.css', 'index.html'].map((file) => statSync(built + file).size)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150_000)
})

describe.skipIf(skip !== undefined)(`the live page in a browser${skip === undefined ? '' : `: skipped, ${skip}`}`, () => {
  const browser = useBrowser()
  let server: PageServer

  beforeAll(async () => {
    await mkdir(screens, { recursive: true })
    server = await new PageServer(viewOf()).start()
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    server.token = undefined
    shown(fewStreams())
  })

  /** What the service says from now on, to whoever asks. */
  function shown(monitor: MonitorView): void {
    server.view = viewOf(monitor)
    server.history = (stream) => historyOf(stream, monitor.alerts, { spans: 720 }, NOW, monitor.name)
  }

  /** Rows of the list of streams that are in the document. */
  const rowsOf = (page: Page) => page.getByRole('listbox').getByRole('option')
  const drawn = async (page: Page): Promise<void> => page.locator('.chart canvas').waitFor()
  /** The page draws when it can: what it is to say is waited for. */
  const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000 })
  const shoot = (page: Page, name: string) => page.screenshot({ path: `${screens}/${name}.png`, fullPage: true })

  it('shows the most urgent stream first, how rare, why, what happened, and where the worst records are', async () => {
    const { page, errors } = await browser.open(server.address)
    await drawn(page)
    await poll(() => page.title()).toBe('(1) demo Driftwatch')
    await poll(() => rowsOf(page).allInnerTexts()).toEqual([
      expect.stringMatching(/^payments\s+error · drift/),
      expect.stringMatching(/^batch-jobs\s+no data/),
      expect.stringMatching(/^checkout-us\s+learning: 312 of 2,000/),
      expect.stringMatching(/^checkout-eu\s+quiet/),
      expect.stringMatching(/^search\s+quiet/),
    ])
    await poll(() => page.getByRole('heading', { name: 'payments' }).isVisible()).toBe(true)
    await poll(() => page.locator('.chart figcaption').innerText()).toMatch(
      /Rarest window: rarer than the reference can tell, at .*1 alert, 1 open/,
    )
    await poll(() => page.locator('.why tbody tr').first().innerText()).toMatch(/memory\s+above\s+\+4.7σ\s+812\s+50 %/)
    await poll(() => page.locator('.life li').allInnerTexts()).toEqual([
      expect.stringMatching(/opened info\s+over the limit/),
      expect.stringMatching(/escalated warning\s+it became stronger/),
      expect.stringMatching(/escalated error\s+it lasts/),
      expect.stringMatching(/updated error ×2\s+still going on/),
      'open for 38 min',
    ])
    await poll(() => page.locator('.worst li').first().innerText()).toMatch(/features \/ 1 \/ 182,031 order-8003/)
    await poll(() => page.locator('.calibration').innerText()).toMatch(/on budget.*1\/day asked, 1.1\/day seen \(0.4–1.9\)/s)
    await poll(() => page.locator('.life time').first().getAttribute('title')).toMatch(/GMT\+1|CET/)
    await shoot(page, 'alert')
    await page.getByRole('button', { name: 'scores per detector' }).click()
    await poll(() => page.getByRole('img', { name: /hotelling: .* times its limit now, at most/ }).isVisible()).toBe(true)
    expect(await page.locator('.scores svg').first().locator('rect').count()).toBe(1)
    expect(await page.locator('.scores .times span').allInnerTexts()).toEqual(['13:00', '14:00', '15:00'])
    await shoot(page, 'scores')
    expect(errors).toEqual([])
  })

  it('lists alerts that were open before the process began, and lets go of those that another one has', async () => {
    const since = new Date(NOW - 95 * 60_000).toISOString()
    shown({
      ...quietMonitor(),
      alerts: [alertOf('search', 'warning', 2)],
      standing: [{ alertId: '1', stream: 'camera-7', kind: 'drift', severity: 'error', since }],
    })
    const { page } = await browser.open(server.address)
    await drawn(page)
    const listed = page.locator('.alerts li')
    expect(await listed.allInnerTexts()).toEqual([
      expect.stringMatching(/camera-7.*error · drift · open since before this process; its next event says more/s),
      expect.stringMatching(/search.*warning · drift/s),
    ])
    await poll(() => page.title()).toBe('(2) demo Driftwatch')
    await shoot(page, 'standing')
    server.change({ monitors: [{ name: 'demo', left: [alertOf('search', 'warning', 2).latest.alertId], standing: [] }] })
    await poll(() => page.title()).toBe('demo Driftwatch')
    expect(await listed.count()).toBe(0)
  })

  it('copies the command that explains the worst record', async () => {
    const { page } = await browser.open(server.address, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: /copy the command/ }).click()
    await page.getByText('copied', { exact: true }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^driftwatch explain --config/)
  })

  it('takes changes in: an alert opens, is told to screen readers once, and the page turns to it', async () => {
    shown(quietMonitor())
    const { page } = await browser.open(server.address)
    await drawn(page)
    await poll(() => page.locator('.alerts .empty').innerText()).toBe('quiet for 3 h: expected 0.13 false alarms in that time')
    await shoot(page, 'quiet')
    const alert = alertOf('search', 'critical', 2)
    server.change({
      monitors: [{ name: 'demo', streams: [row('search', { status: 'open', severity: 'critical', kinds: ['drift'] })], alerts: [alert] }],
    })
    await page.getByRole('heading', { name: 'search' }).waitFor()
    await poll(() => page.locator('[aria-live=polite]').innerText()).toMatch(/^critical alert opened: search: drift still critical/)
    await poll(() => page.locator('.alerts').innerText()).toMatch(/1 critical/)
  })

  it('goes through 1,000 streams with few rows in the document; search and keys find the one', async () => {
    shown(manyStreams(1000))
    const { page, errors } = await browser.open(server.address)
    await drawn(page)
    await poll(() => page.locator('.search .count').innerText()).toBe('1,000')
    const rows = rowsOf(page)
    expect(await rows.count()).toBeLessThan(40)
    await poll(() => rows.first().innerText()).toMatch(/^tenant-7\s+critical/)
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'tenant-207', exact: true }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.getByRole('heading', { name: 'tenant-7', exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('tenant-99')
    await page.getByText('11 of 1,000').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'tenant-99', exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'tenant-7', exact: true }).waitFor()
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'tenant-207', exact: true }).waitFor()
    await page.getByRole('listbox').press('End')
    await page.getByRole('listbox').getByRole('option', { name: 'tenant-999' }).waitFor()
    expect(await rows.count()).toBeLessThan(40)
    await poll(() => rows.last().getAttribute('aria-posinset')).toBe('1000')
    expect(errors).toEqual([])
  })

  it('names that try to be HTML stay text, and nothing leaves the origin', async () => {
    shown(hostileStreams())
    const { page, errors, requests } = await browser.open(server.address)
    await drawn(page)
    await poll(() => page.getByText(HOSTILE).count()).toBeGreaterThan(5)
    await poll(() => page.locator('img, #page script').count()).toBe(0)
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(requests.filter((url) => !url.startsWith(server.address) && !url.startsWith('data:'))).toEqual([])
    expect(errors).toEqual([])
    await shoot(page, 'hostile')
  })

  it('says that the connection is lost, greys what it saw last, and comes back when the service does', async () => {
    const { page } = await browser.open(server.address)
    await drawn(page)
    // Time stands still for the page: it does not try again by itself.
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 1000)
    await server.stop()
    const lost = page.getByText(/Connection lost\. Last seen \d+ s ago; trying again/)
    await lost.waitFor()
    await poll(() => page.locator('.page.lost').count()).toBe(1)
    await shoot(page, 'lost')
    shown(quietMonitor())
    await server.start()
    await page.getByRole('button', { name: 'try now' }).click()
    await page.getByText('Connection lost.').waitFor({ state: 'detached' })
    await poll(() => rowsOf(page).count()).toBe(4)
    await server.stop()
    await lost.waitFor()
    await server.start()
    await page.clock.runFor(10_000)
    await page.getByText('Connection lost.').waitFor({ state: 'detached' })
  })

  it('a whole view in place of changes that were too many for a slow client is taken as it is', async () => {
    const { page } = await browser.open(server.address)
    await drawn(page)
    server.show(viewOf(quietMonitor()))
    await page.getByText('quiet for 3 h').waitFor()
    await poll(() => rowsOf(page).count()).toBe(4)
  })

  it('asks for the token, says when it is wrong, and keeps it for the session only', async () => {
    server.token = 'right'
    const { page } = await browser.open(server.address)
    await page.getByLabel(/token/).fill('wrong')
    await page.getByRole('button', { name: 'open' }).click()
    await page.getByText('That is not the token.').waitFor()
    await shoot(page, 'locked')
    await page.getByLabel(/token/).fill('right')
    await page.getByRole('button', { name: 'open' }).click()
    await drawn(page)
    expect(await page.evaluate('[localStorage.length, document.cookie]')).toEqual([0, ''])
  })

  it('says what a stream is learning, that there are none yet, what troubles the service, and what to do about a refused reference', async () => {
    const { page } = await browser.open(server.address)
    server.history = () => undefined
    await page
      .getByRole('listbox')
      .getByRole('option', { name: /checkout-us/ })
      .click()
    await page.getByText('learning: 312 of 2,000 records').waitFor()
    await shoot(page, 'learning')
    server.show(viewOf(monitorView({ state: { is: 'troubled', why: 'the sink alerts cannot be reached' } })))
    await page.getByText('Troubled. the sink alerts cannot be reached').waitFor()
    await page.getByText('No streams yet: they appear with their first record.').first().waitFor()
    const reference = { ...monitorView().reference!, selfTest: 'refused' as const, status: 'REFUSED' as const }
    server.show(viewOf(monitorView({ reference, streams: [row('payments', { status: 'refused' })], streamCount: 1 })))
    await page.getByText(/The reference was refused.*driftwatch fit/).waitFor()
    server.show(viewOf())
    await page.getByText('The service is starting').waitFor()
  })

  it('does not call a stream quiet whose alert is from before the service began', async () => {
    shown(monitorView({ streams: [row('payments', { status: 'open', severity: 'error', kinds: ['drift'] })], streamCount: 1 }))
    const { page } = await browser.open(server.address)
    await page.getByText('An alert is open from before this process began').waitFor()
    await poll(() => page.locator('.why').innerText()).not.toMatch(/nothing unusual/)
  })

  it('shows the worst picture, and uncovers its heatmap by a slider', async () => {
    const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
    const found = alertOf('camera-7', 'error', 5, { detectors: ['angular', 'corruption'] })
    const alert = { ...found, picture: { image: pixel, heatmap: pixel } }
    const streams = [row('camera-7', { status: 'open', severity: 'error', kinds: ['record'] })]
    shown(monitorView({ unit: 'pictures', streams, streamCount: 1, alerts: [alert] }))
    const features = ['whole objects at 1/32, mean (f32a)', 'whole objects at 1/32, mean (f32)'].map((feature, i) => ({
      feature,
      sigma: 5 - i,
    }))
    const { history } = server
    server.history = (stream) => ({ ...history(stream)!, features: history(stream)!.features.map(() => features) })
    const { page } = await browser.open(server.address)
    await poll(() => page.locator('.strip li span:last-child').allInnerTexts()).toEqual([' mean (f32a)', ' mean (f32)'])
    await poll(() => page.locator('.sureness').innerText()).toMatch(/unusual in\s+content and image quality/)
    await shoot(page, 'picture')
    const heatmap = page.getByRole('img', { name: 'Where it is unusual' })
    expect(await heatmap.getAttribute('style')).toMatch(/inset\(0px/)
    await page.getByRole('slider').fill('10')
    expect(await heatmap.getAttribute('style')).toContain('inset(0px 0px 0px 10%)')
  })

  it('the theme follows the system until it is chosen, and then stays', async () => {
    const { page } = await browser.open(server.address, { colorScheme: 'dark' })
    await drawn(page)
    const theme = () => page.locator('html').getAttribute('data-theme')
    await poll(theme).toBe('dark')
    await shoot(page, 'alert-dark')
    await page.getByRole('button', { name: 'Light or dark' }).click()
    await poll(theme).toBe('light')
    await page.reload()
    await poll(theme).toBe('light')
    await page.getByRole('button', { name: 'Light or dark' }).click()
    await page.emulateMedia({ colorScheme: 'light' })
    await page.locator('html[data-theme=light]').waitFor()
  })

  it('fits a phone of 360 px without scrolling sideways', async () => {
    const { page } = await browser.open(server.address, { viewport: { width: 360, height: 740 } })
    await drawn(page)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await shoot(page, 'phone')
    await rowsOf(page).filter({ hasText: 'search' }).click()
    await page.getByRole('heading', { name: 'search', exact: true }).waitFor()
    const distance = 'Math.abs(document.getElementById("stream-title").getBoundingClientRect().top)'
    await poll(() => page.evaluate(distance)).toBeLessThan(20)
  })

  it.each(['light', 'dark'] as const)('axe finds nothing to mend in %s', async (colorScheme) => {
    const { page } = await browser.open(server.address, { colorScheme, bypassCSP: true })
    await drawn(page)
    await page.addScriptTag({ path: axe })
    for (const [monitor, sign] of [
      [fewStreams(), 'batch-jobs'],
      [quietMonitor(), 'quiet for 3 h'],
      [manyStreams(300), 'tenant-7'],
    ] as const) {
      server.show(viewOf(monitor))
      await page.getByText(sign).first().waitFor()
      const found = await page.evaluate<readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]>(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))',
      )
      expect(found).toEqual([])
    }
  })
})
