import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserServer, chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { launchOptions } from './browser-options.js'
import { type RunningKafka, startKafka } from './kafka-broker.js'
import { fitNormal } from './reference.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for what the run makes once: `/kafka` its broker, `/reference` the folder of its reference to normal data, `/browser` a Chromium. */
    desk: string
  }
}

/**
 * One broker, one reference and one browser for a whole vitest run, each made when the first test file asks for it (`kafkaOrSkip` in kafka.ts,
 * `sharedReference` in desk.ts, `useBrowser` in browser.ts), so that a run of tests that need none waits for none. They belong to vitest's main process.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-run-'))
  let broker: Promise<RunningKafka> | undefined
  let reference: Promise<string> | undefined
  let browser: Promise<BrowserServer> | undefined
  const makers: Readonly<Record<string, () => Promise<unknown>>> = {
    '/kafka': () => (broker ??= startKafka()),
    '/reference': () => (reference ??= fitNormal(folder)),
    '/browser': async () => {
      browser ??= chromium.launchServer(launchOptions)
      return (await browser).wsEndpoint()
    },
  }
  const desk = createServer(async ({ url }, response) => {
    try {
      response.end(JSON.stringify(await makers[url ?? '']()))
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error))
    }
  })
  await new Promise<void>((done) => desk.listen(0, '127.0.0.1', done))
  project.provide('desk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`)
  return async () => {
    desk.closeAllConnections()
    desk.close()
    await (await broker?.catch(() => undefined))?.stop()
    await (await browser?.catch(() => undefined))?.close()
    await rm(folder, { recursive: true, force: true })
  }
}
