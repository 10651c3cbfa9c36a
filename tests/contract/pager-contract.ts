import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { samplePages } from '../../alerts/page-samples.js'
import type { PagerComponent } from '../../connectors/component.js'
import type { Page, Pager } from '../../connectors/pager.js'
import { found } from '../kit/canaries.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { faultsBy, hostilePage, samplePage } from '../kit/paging.js'
import { type ContractCase, context } from './registry.js'
import { failure } from './sink-contract.js'

/** A pager whose pages are HTTP requests. */
export interface PagerCase extends ContractCase {
  /** Options of a pager to a receiver at this URL. */
  options(url: string): object
  /** The receiver's schema in tests/fixtures/paging. */
  readonly schema: string
  /** What is in the options that no message may show, by name. */
  readonly secrets: Readonly<Record<string, string>>
}

const facts = {
  ...context,
  configFile: 'driftwatch.yaml',
  fitted: { at: '2026-11-09T07:00:00.000Z', rows: 2000, from: '2026-11-01T00:00:00.000Z', to: '2026-11-08T00:00:00.000Z' },
  links: { dashboard: 'https://grafana.example.org/d?s={stream}', runbook: 'https://wiki.example.org/{kind}' },
}

/** What every pager must do. */
export function describePagerContract(name: string, component: PagerComponent, each: PagerCase): void {
  describe(`pager contract: ${name}`, () => {
    const faults = faultsBy(each.schema)
    let receiver: HttpReceiver
    let pager: Pager
    const never = new AbortController().signal
    setMaxListeners(0, never)
    const create = (url = receiver.url) => component.create(component.schema.parse(each.options(url)), facts)
    const bodies = () => receiver.accepted.map(({ body }) => body)

    beforeEach(async () => {
      receiver = await HttpReceiver.start()
      pager = create()
      await pager.connect()
    })
    afterEach(async () => {
      await pager.close()
      await receiver.close()
    })

    it('has a name', () => expect(pager.name).not.toBe(''))

    it('tells of every kind of alert and transition, as its receiver takes it', async () => {
      for (const page of samplePages) await pager.write(page, never)
      expect(bodies()).toHaveLength(samplePages.length)
      expect(bodies().flatMap(faults)).toEqual([])
    })

    it('keeps within what its receiver takes, whatever the names are', async () => {
      await fc.assert(
        fc.asyncProperty(hostilePage, async (page) => {
          receiver.accepted.length = 0
          await pager.write(page, never)
          expect(bodies().flatMap(faults)).toEqual([])
          expect(bodies().every((body) => Buffer.byteLength(body) < 100_000)).toBe(true)
        }),
        { numRuns: 40 },
      )
    })

    it('resolves a write only once the receiver has the page, and says the same when it comes again', async () => {
      await pager.write(samplePage(), never)
      expect(bodies()).toHaveLength(1)
      await pager.write(samplePage(), never)
      expect(bodies()[1]).toBe(bodies()[0])
    })

    it('delivers concurrent pages once each', async () => {
      const pages = Array.from({ length: 10 }, (_, i): Page => samplePage({ key: `key-${i}` }))
      await Promise.all(pages.map((page) => pager.write(page, never)))
      expect(bodies()).toHaveLength(10)
    })

    it.each([
      { status: 400, reason: 'client', recoverable: false },
      { status: 403, reason: 'auth', recoverable: false },
      { status: 413, reason: 'too_large', recoverable: false },
      { status: 429, reason: 'rate_limited', recoverable: true },
      { status: 500, reason: 'server', recoverable: true },
    ])('takes $status as $reason, recoverable: $recoverable', async ({ status, reason, recoverable }) => {
      receiver.answers.push({ status, headers: { 'retry-after': '30' } })
      const error = await failure(pager.write(samplePage(), never))
      expect(error).toMatchObject({ reason, recoverable, retryAfterMs: recoverable ? 30_000 : undefined })
    })

    it('takes a broken connection as recoverable', async () => {
      receiver.answers.push('reset')
      expect(await failure(pager.write(samplePage(), never))).toMatchObject({ reason: 'connection', recoverable: true })
    })

    it('shows no secret, though the receiver echoes all it was sent', async () => {
      await pager.write(samplePage(), never)
      const [{ path, headers, body }] = receiver.verified
      const told = [path, JSON.stringify(headers), body].join(' ')
      expect(found(each.secrets, told).toSorted()).toEqual(Object.keys(each.secrets).toSorted())
      for (const secret of Object.values(each.secrets)) {
        receiver.answers.push({ status: 400, body: `no: ${secret} ${path}` })
        const { message } = await failure(pager.write(samplePage(), never))
        expect(message).toContain('[secret]')
        expect(found(each.secrets, message)).toEqual([])
      }
    })

    it('refuses a page that was stopped before it began', async () => {
      expect(await failure(pager.write(samplePage(), AbortSignal.abort()))).toMatchObject({ reason: 'closed', recoverable: true })
      expect(bodies()).toEqual([])
    })

    it('ends a write on a stalled receiver when it is stopped', async () => {
      receiver.answers.push('stall')
      const stop = new AbortController()
      const error = failure(pager.write(samplePage(), stop.signal))
      setImmediate(() => stop.abort())
      expect(await error).toMatchObject({ reason: 'closed', recoverable: true })
    })

    it('refuses pages after close, and closes twice or without having connected', async () => {
      await pager.close()
      await pager.close()
      expect(await failure(pager.write(samplePage(), never))).toMatchObject({ reason: 'closed', recoverable: false })
      await create().close()
    })
  })
}
