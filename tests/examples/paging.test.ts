import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { samplePages } from '../../alerts/page-samples.js'
import { template } from '../../connectors/sinks/template.js'
import { context } from '../contract/registry.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { faultsBy, hostilePage } from '../kit/paging.js'

const folder = new URL('../../../examples/paging/', import.meta.url)
const names = readdirSync(folder).map((file) => file.replace('.yaml', ''))
const links = { dashboard: 'https://grafana.example.org/{stream}', runbook: 'https://wiki.example.org/{kind}' }

/** The example's template, sent to another place. */
function options(name: string, origin: string): object {
  const text = readFileSync(new URL(`${name}.yaml`, folder), 'utf8').replaceAll(/\$\{env:\w+_URL\}/g, `${origin}/secret`)
  const elsewhere = text.replaceAll(/https:\/\/(api\.opsgenie\.com|ntfy\.sh|example\.atlassian\.net)/g, origin)
  return parse(elsewhere).monitors[0].sinks[0].template
}

/** What Teams takes, in bytes, which is the least of them. */
const LARGEST = 28_000

it('there are examples', () => expect(names).toEqual(['discord', 'jira', 'ntfy', 'opsgenie', 'teams']))

describe.each(names)('examples/paging/%s.yaml', (name) => {
  const faults = faultsBy(name)
  const never = new AbortController().signal

  it('makes what the receiver takes, of every page', async () => {
    const receiver = await HttpReceiver.start()
    const parsed = template.schema.parse(options(name, new URL(receiver.url).origin))
    for (const facts of [context, { ...context, links }]) {
      const pager = template.create(parsed, facts)
      for (const page of samplePages) await pager.write(page, never)
      await fc.assert(
        fc.asyncProperty(hostilePage, (page) => pager.write(page, never)),
        { numRuns: 10 },
      )
    }
    await receiver.close()
    expect(receiver.accepted.length).toBeGreaterThan(10)
    expect(receiver.accepted.flatMap(({ body }) => faults(body))).toEqual([])
    expect(receiver.accepted.filter(({ body }) => Buffer.byteLength(body) > LARGEST)).toEqual([])
  })
})

it('Opsgenie closes by the alias that it opened with', async () => {
  const receiver = await HttpReceiver.start()
  const pager = template.create(template.schema.parse(options('opsgenie', new URL(receiver.url).origin)), context)
  const [opened] = samplePages
  await pager.write(opened, new AbortController().signal)
  await pager.write({ ...opened, transition: 'resolved' }, new AbortController().signal)
  await receiver.close()
  const [first, last] = receiver.accepted
  const path = new URL(last.path, 'http://opsgenie').pathname
  expect(first.path).toBe('/v2/alerts')
  expect(path).toBe(`/v2/alerts/${encodeURIComponent(JSON.parse(first.body).alias)}/close`)
})
