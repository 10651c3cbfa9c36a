import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { type RunningKafka, startKafka } from './kafka-broker.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for the run's one Kafka broker. */
    kafkaDesk: string
  }
}

/**
 * One broker for a whole vitest run, started by the first test file that asks (`sharedKafka` in kafka.ts),
 * so that a run without Kafka tests starts none. It belongs to vitest's main process, which stops it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let broker: Promise<RunningKafka> | undefined
  const desk = createServer(async (_request, response) => {
    broker ??= startKafka()
    try {
      response.end(JSON.stringify(await broker))
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error))
    }
  })
  await new Promise<void>((done) => desk.listen(0, '127.0.0.1', done))
  project.provide('kafkaDesk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`)
  return async () => {
    desk.closeAllConnections()
    desk.close()
    await (await broker?.catch(() => undefined))?.stop()
  }
}
