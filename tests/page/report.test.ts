import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readAssets } from '../../live/assets.js'
import { reportPage } from '../../live/report.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { missingBrowser, useBrowser } from '../kit/browser.js'
import { fewStreams, HOSTILE, historyOf, hostileStreams, viewOf } from '../kit/page-view.js'

const skip = await missingBrowser()
const built = fileURLToPath(new URL('../../page/', import.meta.url))

describe.skipIf(skip !== undefined)(`a report${skip === undefined ? '' : `: skipped, ${skip}`}`, () => {
  const browser = useBrowser()

  it('opens from a disk without network: the gist first, then the same page, frozen', async () => {
    const monitors = [fewStreams(), hostileStreams()]
    const histories = monitors.flatMap(({ name, streams, alerts }) =>
      streams.map((row) => historyOf(row.name, alerts, { spans: 60 }, undefined, name)),
    )
    const file = join(await temporaryFolder(), 'report.html')
    await writeFile(file, reportPage(await readAssets(built), { ...viewOf(...monitors), frozen: true }, histories))
    const { page, errors, requests } = await browser.open(pathToFileURL(file).href, { offline: true })
    await expect
      .poll(() => page.locator('.report').innerText())
      .toMatch(
        /Report of demo.*3 h of data.*5 streams, 18,231,122 records, 12 rejected.*Alerts\s+1 error, 1 warning.*1\/day asked, 1.1\/day seen/s,
      )
    await expect
      .poll(() => page.locator('.report li').first().innerText())
      .toMatch(/^\s*error payments\s*: drift for 38 min\s+payments: drift raised to error/)
    await page.locator('.chart canvas').waitFor()
    await page.getByRole('button', { name: 'checkout-eu', exact: true }).click()
    await page.getByRole('heading', { name: 'checkout-eu' }).waitFor()
    await page.screenshot({ path: '.cache/screens/report.png', fullPage: true })
    await page.getByLabel('Monitor').selectOption(HOSTILE)
    await page.getByRole('heading', { name: `Report of ${HOSTILE}` }).waitFor()
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([])
    expect(errors).toEqual([])
  })
})
