import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { config, quoted } from '../config/texts.js'
import { run } from './capture.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-check-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (yaml: string) => {
  const path = join(folder, 'driftwatch.yaml')
  writeFileSync(path, yaml)
  return path
}

describe('driftwatch check', () => {
  it('says what each monitor would do, and exits 0', async () => {
    const { code, out, err } = await run('check', file(config({ alerting: '{ falseAlarmsPerDay: 1/week }' })))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/payments +kafka > json > stdout +gaussian, near3, .* +0\.143 a day +[0-9a-f]{12}/)
    expect(out).toMatch(/ok: .*driftwatch\.yaml is valid/)
  })

  it('prints every problem with its place and mend, and exits 2', async () => {
    const path = file(config({ name: 'Bad Name', window: '{ size: 50 }', zzz: '1' }))
    const { code, out, err } = await run('check', path)
    expect({ code, err }).toEqual({ code: 2, err: '' })
    expect(out.split('\n')).toEqual([
      `${path}:2:5: monitors[0].name: expected 1 to 63 characters of a-z, 0-9 and -; found "Bad Name"`,
      expect.stringMatching(/^ {4}name: Name of the monitor.*For example `name: payments`\.$/),
      `${path}:8:15: monitors[0].window.size: expected a multiple of hop (16), for example 48 or 64; found 50`,
      expect.stringMatching(/^ {4}size: Length of the shortest window.*Default: 64\.$/),
      `${path}:9:5: monitors[0].zzz: there is no such field here`,
      expect.stringMatching(/^ {4}known fields here: name, source/),
      `3 problems in ${path}`,
      '',
    ])
  })

  it('passes with the example secret of its help', async () => {
    const secret = /WEBHOOK_SECRET=(\S+)/.exec((await run('check', '--help')).out)?.[1]
    const path = file(config({ sinks: `[{ webhook: { url: "https://example.org", secret: ${secret} } }]` }))
    expect((await run('check', path)).code).toBe(0)
  })

  it('names a missing file, and exits 2', async () => {
    const { code, out } = await run('check', join(folder, 'none.yaml'))
    expect(code).toBe(2)
    expect(out).toContain('there is no such file')
  })

  it('never prints a secret, whether the configuration is valid or not', () => {
    const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
    const key = Buffer.from('canary-7f3a91-canary-7f3a91-').toString('base64')
    const webhook = (url: string) => config({ sinks: `[{ webhook: { url: ${url}, secret: ${quoted('env:KEY')} } }]` })
    const outcomes = [webhook('"https://example.org"'), webhook(quoted('env:KEY'))].map((yaml) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'check', file(yaml)], {
        env: { KEY: key, DRIFTWATCH_DEBUG: '1' },
        encoding: 'utf8',
      })
      return { status, shown: stdout + stderr }
    })
    expect(outcomes.map(({ status }) => status)).toEqual([0, 2])
    for (const { shown } of outcomes) expect(shown).not.toContain(key)
  })
})
