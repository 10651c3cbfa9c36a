import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DCLinter } from 'dclint'
import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { run } from '../cli/capture.js'
import { signingSecret } from '../kit/stage.js'

const folder = fileURLToPath(new URL('../../../deploy/compose/', import.meta.url))
const file = join(folder, 'compose.yaml')

const services = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        ports: z.array(z.string()).default([]),
        volumes: z.array(z.string()).default([]),
      }),
    ),
  })
  .parse(parse(readFileSync(file, 'utf8'), { merge: true })).services

/** Rules about the order of keys: the file's order is that of the start. */
const orders = [
  'service-keys-order',
  'services-alphabetical-order',
  'service-dependencies-alphabetical-order',
  'service-ports-alphabetical-order',
  'top-level-properties-order',
]

describe('the compose file', () => {
  it('is valid by the compose specification, and has nothing that its linter warns of', () => {
    const rules = {
      ...Object.fromEntries(orders.map((rule) => [rule, 0 as const])),
      'require-quotes-in-ports': [1, { quoteType: 'double' }] as const,
    }
    const results: unknown = new DCLinter({ rules, quiet: false, debug: false, exclude: [] }).lintFiles([file], false)
    expect(results).toMatchObject([{ messages: [] }])
  })

  it.each(Object.entries(services))('%s: a pinned image, ports on loopback only, files that exist', (_name, { image, ports, volumes }) => {
    expect(image).toMatch(/^[\w/-]+:v?\d+\.\d+\.\d+$/)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    const mounted = volumes.map((volume) => volume.split(':')[0] ?? '').filter((source) => source.startsWith('.'))
    expect(mounted.filter((path) => !existsSync(join(folder, path)))).toEqual([])
  })

  it('has a configuration of Driftwatch that is valid', async () => {
    vi.stubEnv('WEBHOOK_SECRET', signingSecret)
    try {
      const { code, out, err } = await run('check', join(folder, 'driftwatch.yaml'))
      expect(code, out + err).toBe(0)
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

const amtool = await promisify(execFile)('amtool', ['--version']).then(
  () => true,
  () => false,
)
if (!amtool && process.env.CI) throw new Error('there is no amtool (Debian: prometheus-alertmanager)')

it.skipIf(!amtool)('Alertmanager accepts its configuration; skipped without amtool (Debian: prometheus-alertmanager)', async () => {
  await promisify(execFile)('amtool', ['check-config', join(folder, 'alertmanager.yml')])
})
