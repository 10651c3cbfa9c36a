import type { Page, Pager } from '../pager.js'
import type { HttpRequest, HttpTarget } from './target.js'

/**
 * A pager of which each page is one request, or none where the receiver has no use for it. It asks nothing of the receiver at the start: one that is down must not keep the
 * monitor from watching.
 */
export const postingPager = (name: string, target: HttpTarget, requestOf: (page: Page) => HttpRequest | undefined): Pager => ({
  name,
  connect: async () => {},
  write: async (page, signal) => {
    const request = requestOf(page)
    if (request !== undefined) await target.send(request, signal)
  },
  close: async () => target.close(),
})

export const json = (value: unknown): Pick<HttpRequest, 'body' | 'headers'> => ({
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})
