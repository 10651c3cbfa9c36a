import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import { defaultDetectors } from '../../detectors/registry.js'
import { config, quoted } from './texts.js'

function version(yaml: string, environment = {}): string {
  const result = parseConfig(yaml, environment)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config.monitors[0].version
}

describe('the version of a monitor', () => {
  const base = version(config())

  it('is short and stable', () => {
    expect(base).toMatch(/^[0-9a-f]{12}$/)
    expect(version(config())).toBe(base)
  })

  it.each<[string, string]>([
    ['defaults written out', config({ window: '{ hop: 16, size: 64 }', detectors: `[${defaultDetectors}]` })],
    ['another layout', `# a comment\n${config()}`],
    ['another sink', config({ sinks: '[{ stdout: { format: ndjson } }, { stdout: {}, name: second }]' })],
    ['another broker', config({ source: '{ kafka: { brokers: [other:1], topics: [features], group: g2 } }' })],
    ['other state', config({ state: '{ memory: {} }' })],
    ['the same budget in other words', config({ alerting: '{ falseAlarmsPerDay: 7/week }' })],
    ['other room for streams', config({ limits: '{ streams: 7, knownStreams: 70 }' })],
    ['another log level', config({}, 'log: { level: debug }\n')],
  ])('does not change with %s', (_what, yaml) => expect(version(yaml)).toBe(base))

  it.each<[string, string]>([
    ['the name', config({ name: 'other' })],
    ['the budget', config({ alerting: '{ falseAlarmsPerDay: 2 }' })],
    ['the detectors', config({ detectors: '[gaussian]' })],
    ['the window', config({ window: '{ size: 128 }' })],
    ['a window by time', config({ window: '{ size: 64ms, hop: 16ms }' })],
    ['the charts', config({ charts: '[cusum]' })],
    ['the decoding', config({ decode: '{ json: { features: [amount, latency], stream: tenant } }' })],
    ['the order of features', config({ decode: '{ json: { features: [latency, amount] } }' })],
    ['the time after which a stream is forgotten', config({ limits: '{ forgetAfter: 7d }' })],
    [
      'the weights of severities',
      config({
        alerting:
          '{ falseAlarmsPerDay: 1, severityModel: { weights: { rarity: 1, effect: 2, persistence: 1, detectors: 0 }, cuts: [1, 2, 3] } }',
      }),
    ],
    ['the gap', config({ alerting: '{ falseAlarmsPerDay: 1, record: { gap: 10 } }' })],
  ])('changes with %s', (_what, yaml) => expect(version(yaml)).not.toBe(base))

  it('changes with what alerts show of heatmaps, and not with how many are kept, or where when that does not show', () => {
    const drawing = (options?: string) => version(config({ decode: '{ image: {} }', pictures: options && `{ heatmaps: { ${options} } }` }))
    const url = 'url: "https://pictures.example.com/belt"'
    const all = [undefined, 'folder: ./a', 'folder: ./b', 'folder: ./a, overlay: true', 'folder: ./a, attach: 9kB', `folder: ./a, ${url}`]
    expect(new Set(all.map(drawing)).size).toBe(all.length)
    expect(drawing('folder: ./a, maxFiles: 7, maxBytes: 1MB')).toBe(drawing('folder: ./a'))
    expect(drawing(`folder: ./b, ${url.slice(0, -1)}/"`)).toBe(drawing(`folder: ./a, ${url}`))
  })

  it('does not depend on secrets', () => {
    const yaml = config({ sinks: `[{ webhook: { url: "https://example.org", secret: ${quoted('env:S')} } }]` })
    const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64')
    expect(version(yaml, { S: secret(1) })).toBe(version(yaml, { S: secret(2) }))
  })
})
