import type { LaunchOptions } from 'playwright-core'

/** Debian's Chromium, also where there is no GPU and the user is root. */
export const launchOptions: LaunchOptions & { readonly executablePath: string } = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
}
