import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import { formatProblem } from '../../config/problem.js'
import { config, monitor, quoted } from './texts.js'

const canary = 'canary"\\7f3a91-do-not-print'

/** Everything that a user could see of a configuration that was refused, or of one that was accepted. */
function everythingShown(yaml: string, environment: Record<string, string>): string {
  const result = parseConfig(yaml, environment)
  const text = result.ok ? '' : result.problems.map((problem) => formatProblem(problem, 'driftwatch.yaml')).join('\n')
  return [text, JSON.stringify(result), inspect(result, { depth: 20 })].join('\n')
}

const substituted = quoted('env:CANARY')

describe('a substituted value is never shown', () => {
  it.each<[string, string]>([
    ['as a name', config({ name: substituted })],
    ['as a duration, whose message quotes it', config({}, `shutdown: { timeout: ${substituted} }\n`)],
    ['as a size', config({ limits: `{ messageBytes: ${substituted} }` })],
    ['as a number', config({}, `metrics: { port: ${substituted} }\n`)],
    ['as a choice', config({}, `log: { level: ${substituted} }\n`)],
    ['as a rate', config({ alerting: `{ falseAlarmsPerDay: ${substituted} }` })],
    ['in place of a block', config({ source: substituted })],
    ['in place of a list', config({ sinks: substituted })],
    ['as a broker', config({ source: `{ kafka: { brokers: [${substituted}], topics: [a], group: g } }` })],
    ['as a webhook url', config({ sinks: `[{ webhook: { url: ${substituted}, secret: ${substituted} } }]` })],
    ['as part of a text', config({ sinks: `[{ webhook: { url: "https://x/\${env:CANARY}", secret: x } }]` })],
    ['as a header', config({ sinks: `[{ webhook: { url: "https://x", secret: x, headers: { a: ${substituted} } } }]` })],
    [
      'as a topic that is used twice',
      config({
        source: `{ kafka: { brokers: ["a:1"], topics: [${substituted}], group: g } }`,
        sinks: `[{ kafka: { brokers: ["a:1"], topic: ${substituted} } }]`,
      }),
    ],
    [
      'as a group that two monitors share',
      `${config({ source: `{ kafka: { brokers: ["a:1"], topics: [a], group: ${substituted} } }` })}${monitor({
        name: 'b',
        source: `{ kafka: { brokers: ["a:1"], topics: [a], group: ${substituted} } }`,
      })}`,
    ],
    ['as the value of an unknown field', config({ zzz: substituted })],
    ['as a default', config({ name: `"\${env:UNSET:-${'canary-7f3a91-do-not-print'}}"`, detectors: '[]' })],
  ])('%s', (_where, yaml) => {
    const result = parseConfig(yaml, { CANARY: canary })
    expect(result.ok).toBe(false)
    const shown = everythingShown(yaml, { CANARY: canary })
    expect(shown).not.toContain('7f3a91')
  })

  it.each(['a', 'x', '24', 'secret', 'whsec_', 'quantity'])('of "%s" leaves the words of the message alone', (hidden) => {
    const shown = (yaml: string) => {
      const result = parseConfig(yaml, { SHORT: hidden })
      return result.ok ? '' : `${result.problems[0].message}; found ${result.problems[0].found}`
    }
    const key = quoted('env:SHORT')
    expect(shown(config({ sinks: `[{ webhook: { url: "https://x", secret: ${key} } }]` }))).toMatch(
      /^is not a Standard Webhooks secret: expected 24 to 64 bytes in base64, with or without whsec_ before it .*; found \$\{env:SHORT\}$/,
    )
    expect(shown(config({ sinks: `[{ stdout: { format: ${key} } }]` }))).toBe(`expected one of auto, pretty, ndjson; found \${env:SHORT}`)
    expect(shown(config({}, `shutdown: { timeout: ${key} }\n`))).toMatch(/^"\$\{env:SHORT\}" is not a quantity such as 30s/)
  })

  it('shows the substitution instead', () => {
    const result = parseConfig(config({ name: substituted }), { CANARY: canary })
    expect(!result.ok && result.problems[0].found).toBe(`\${env:CANARY}`)
  })
})

describe('secrets of a valid configuration', () => {
  it('do not show when it is printed, logged or serialised', () => {
    const key = Buffer.from('canary-7f3a91-canary-7f3a91-').toString('base64')
    const yaml = config({
      source: `{ kafka: { brokers: ["a:1"], topics: [a], group: g, sasl: { mechanism: plain, username: u, password: ${quoted('env:PW')} } } }`,
      sinks: `[{ webhook: { url: "https://x", secret: ${quoted('env:KEY')} } }]`,
    })
    const result = parseConfig(yaml, { PW: 'canary-7f3a91', KEY: key })
    expect(result.ok).toBe(true)
    const shown = everythingShown(yaml, { PW: 'canary-7f3a91', KEY: key })
    expect(shown).not.toContain('7f3a91')
    expect(shown).not.toContain(key)
  })
})

describe('a secret that was written into the file', () => {
  it('is not quoted when its field is wrong', () => {
    const sasl = '{ mechanism: plain, username: u, password: 73919191 }'
    const yaml = config({ source: `{ kafka: { brokers: ["a:1"], topics: [a], group: g, sasl: ${sasl} } }` })
    const result = parseConfig(yaml, {})
    expect(result.ok ? [] : result.problems).toMatchObject([{ path: 'monitors[0].source.kafka.sasl.password', found: '[hidden]' }])
  })

  it.each([
    [
      'user of a broker',
      config({ source: '{ kafka: { brokers: ["alice:73919191@localhost:9092"], topics: [a], group: g } }' }),
      '"[hidden]@localhost:9092"',
    ],
    [
      'user of a webhook',
      config({ sinks: '[{ webhook: { url: "https://u:73919191@x.org/a", secret: x } }]' }),
      '"https://[hidden]@x.org/[hidden]"',
    ],
    ['path of a webhook', config({ sinks: '[{ webhook: { url: "ftp://x.org/73919191?k=1", secret: x } }]' }), '"ftp://x.org/[hidden]"'],
  ])('is not quoted as %s', (_where, yaml, shown) => {
    const result = parseConfig(yaml, {})
    expect(result.ok ? [] : result.problems.map(({ found }) => found)).toContain(shown)
    expect(everythingShown(yaml, {})).not.toContain('73919191')
  })

  it('is not quoted when its field is misspelt, or the line is broken', () => {
    expect(everythingShown(config({ zzz: '{ passwrd: 73919191 }' }), {})).not.toContain('73919191')
    expect(everythingShown('a:\n  password: 73919191: x\n', {})).not.toContain('73919191')
  })
})
