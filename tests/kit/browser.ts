import { access } from 'node:fs/promises'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchOptions } from './browser-options.js'
import { askDesk } from './desk.js'

/** Why there is no browser; undefined where there is one. On CI (`CI` is set) it must be there. */
export async function missingBrowser(): Promise<string | undefined> {
  const path = launchOptions.executablePath
  try {
    await access(path)
    return undefined
  } catch {
    const skip = `there is no ${path} (Debian: chromium; or set CHROMIUM)`
    if (process.env.CI) throw new Error(skip)
    return skip
  }
}

/** What went wrong on a page, and what it asked for. */
export interface Watched {
  readonly page: Page
  readonly errors: string[]
  readonly requests: string[]
}

/** Pages of the run's one browser, each closed after its test. Call once at the top of the file. */
export function useBrowser(): { open(address: string, options?: BrowserContextOptions): Promise<Watched> } {
  let browser: Browser
  beforeAll(async () => {
    if ((await missingBrowser()) === undefined) browser = await chromium.connect((await askDesk('browser')) as string)
  })
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
  })
  afterAll(() => browser?.close())
  return {
    open: async (address, options = {}) => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Berlin', ...options })
      page.setDefaultTimeout(15_000)
      const errors: string[] = []
      const requests: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('request', (request) => requests.push(request.url()))
      await page.goto(address)
      return { page, errors, requests }
    },
  }
}
