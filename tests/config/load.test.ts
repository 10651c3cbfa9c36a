import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig, parseConfig } from '../../config/load.js'
import type { Config } from '../../config/schema.js'
import { callsNobody, type Unneeded } from '../../config/unneeded.js'
import { defaultDetectors } from '../../detectors/registry.js'
import { config, monitor, quoted } from './texts.js'

function good(yaml: string, environment = {}): Config {
  const result = parseConfig(yaml, environment)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config
}

describe('a short configuration', () => {
  it('gets every default', () => {
    const { metrics, log, shutdown, monitors } = good(config())
    expect({ metrics, log, shutdown }).toEqual({
      metrics: { enabled: true, host: '127.0.0.1', port: 9464, maxStreams: 100 },
      log: { level: 'info' },
      shutdown: { timeout: 30_000 },
    })
    expect(monitors).toHaveLength(1)
    expect(monitors[0]).toMatchObject({
      name: 'payments',
      reference: { path: './reference', unverified: false, acceptRefused: false },
      detectors: [...defaultDetectors],
      shrinkage: 'auto',
      window: { size: 64, hop: 16, longer: [256] },
      alerting: {
        falseAlarmsPerDay: 1,
        record: { k: 1, n: 1, gap: 30 },
        drift: { k: 1, n: 1, gap: 8 },
        feedback: true,
        relativeClearing: true,
        updateEvery: 900_000,
      },
      limits: { inFlightRecords: 16_384, inFlightBytes: 64 * 1024 ** 2, messageBytes: 1024 ** 2, streams: 25_000 },
      execution: { providers: ['cpu'], required: false, threads: 1 },
    })
  })

  it('takes windows by time where the size is a duration', () => {
    const windowOf = (window: string, environment = {}) => good(config({ window }), environment).monitors[0].window
    expect(windowOf('{ size: 10m }')).toEqual({ by: 'time', size: 600_000, hop: 150_000, longer: [2_400_000], least: 20 })
    expect(windowOf('{ size: 1h, hop: 1h, longer: [], least: 5 }')).toEqual({
      by: 'time',
      size: 3_600_000,
      hop: 3_600_000,
      longer: [],
      least: 5,
    })
    expect(windowOf(`{ size: ${quoted('env:SIZE')} }`, { SIZE: '128' })).toEqual({ size: 128, hop: 16, longer: [512] })
    expect(windowOf(`{ size: ${quoted('env:SIZE')} }`, { SIZE: '2m' })).toMatchObject({ by: 'time', size: 120_000 })
  })

  it('names what it chose, with the options of each component', () => {
    const [{ source, decode, sinks }] = good(config()).monitors
    expect(source.type).toBe('kafka')
    expect(source.options).toMatchObject({ brokers: ['localhost:9092'], topics: ['features'], group: 'driftwatch' })
    expect(decode.component.featureNames(decode.options, { columns: undefined, sample: undefined })).toEqual(['amount', 'latency'])
    expect(sinks).toMatchObject([{ name: 'stdout', required: true, policies: { concurrency: 4 }, sink: { type: 'stdout' } }])
  })

  it('keeps state and dead letters in files of the monitor, or in memory where the source begins anew anyway', () => {
    const [live] = good(config()).monitors
    expect(live.deadLetters).toMatchObject({ type: 'file', options: { path: './dead-letters/payments.ndjson' } })
    expect(live.state).toMatchObject({ type: 'file', options: { path: './state' } })
    const [past] = good(config({ source: '{ file: { path: normal.csv } }', decode: '{ csv: {} }' })).monitors
    expect(past.state.type).toBe('memory')
  })
})

describe('what may be written in several ways', () => {
  it.each([
    ['2', 2],
    ['2/day', 2],
    ['"2"', 2],
    ['1/week', 1 / 7],
    ['1/month', 1 / 30],
    ['1/hour', 24],
    ['0.5 / h', 12],
  ])('a budget of %s', (written, perDay) => {
    expect(good(config({ alerting: `{ falseAlarmsPerDay: ${written} }` })).monitors[0].alerting.falseAlarmsPerDay).toBeCloseTo(perDay, 12)
  })

  it('shares blocks by anchors', () => {
    const yaml = `${config({ sinks: '&out [{ stdout: {} }]' })}${monitor({
      name: 'b',
      source: '{ kafka: { brokers: [localhost:9092], topics: [features], group: b } }',
      sinks: '*out',
    })}`
    expect(good(yaml).monitors.map(({ sinks }) => sinks[0].name)).toEqual(['stdout', 'stdout'])
  })

  it('takes JSON, which is YAML', () => {
    const { metrics } = good(`{"metrics": {"port": 0}, "monitors": [${JSON.stringify(minimal)}]}`)
    expect(metrics.port).toBe(0)
  })
})

const minimal = {
  name: 'a',
  source: { kafka: { brokers: ['localhost:9092'], topics: ['t'], group: 'g' } },
  decode: { json: { vector: '$' } },
  reference: { path: 'r' },
  alerting: { falseAlarmsPerDay: 1 },
  sinks: [{ stdout: {} }],
}

describe('a kafka connection', () => {
  const cluster = 'brokers: ["a:1", "b:2"], tls: true'
  const source = `{ kafka: { ${cluster}, topics: [t], group: g } }`

  it('is that of the source for sinks, dead letters and state that name no brokers', () => {
    const [{ sinks, deadLetters, state }] = good(
      config({ source, sinks: '[{ kafka: { topic: x } }]', deadLetters: '{ kafka: { topic: y } }', state: '{ kafka: { topic: z } }' }),
    ).monitors
    for (const place of [sinks[0].sink, deadLetters, state]) expect(place?.options).toMatchObject({ brokers: ['a:1', 'b:2'], tls: true })
  })

  it('is its own where brokers are named, or a field is set beside the source', () => {
    const [{ sinks, deadLetters }] = good(
      config({ source, sinks: '[{ kafka: { brokers: ["c:3"], topic: x } }]', deadLetters: '{ kafka: { topic: y, tls: false } }' }),
    ).monitors
    expect(sinks[0].sink?.options).toMatchObject({ brokers: ['c:3'], tls: false })
    expect(deadLetters.options).toMatchObject({ brokers: ['a:1', 'b:2'], tls: false })
  })

  it('is complained about once, at the source', () => {
    const result = parseConfig(config({ source: source.replace('a:1', 'a'), sinks: '[{ kafka: { topic: x } }]' }), {})
    expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual(['monitors[0].source.kafka.brokers[0]'])
  })

  it('must be given where the source has none', () => {
    const result = parseConfig(config({ source: '{ generator: {} }', sinks: '[{ kafka: { topic: x } }]' }), {})
    expect(result.ok ? [] : result.problems).toMatchObject([{ path: 'monitors[0].sinks[0].kafka.brokers', message: 'is missing' }])
  })
})

describe('substitution', () => {
  it('fills in variables, defaults and files, inside a text too', () => {
    const yaml = config({ name: `"\${env:TEAM}-\${env:KIND:-live}"`, reference: `{ path: ${quoted('env:ROOT')} }` })
    const [{ name, reference }] = good(yaml, { TEAM: 'fraud', KIND: '', ROOT: '/srv/ref' }).monitors
    expect(name).toBe('fraud-live')
    expect(reference.path).toBe('/srv/ref')
  })

  it('reads a number or a switch where one is expected, and keeps text where text is', () => {
    const yaml = config({
      name: quoted('env:NAME'),
      alerting: `{ falseAlarmsPerDay: ${quoted('env:BUDGET')}, feedback: ${quoted('env:ON')} }`,
    })
    const { metrics, monitors } = good(`metrics:\n  port: \${env:PORT}\n${yaml}`, {
      NAME: '123',
      PORT: '9000',
      BUDGET: '1/week',
      ON: 'false',
    })
    expect(metrics.port).toBe(9000)
    expect(monitors[0].name).toBe('123')
    expect(monitors[0].alerting).toMatchObject({ falseAlarmsPerDay: 1 / 7, feedback: false })
  })

  it('leaves an escaped one alone, and does not substitute twice', () => {
    const [a, b] = ['env:A', 'env:B'].map((inner) => `\${${inner}}`)
    const path = (text: string, environment: object) =>
      good(config({ reference: `{ path: "${text}" }` }), environment).monitors[0].reference.path
    expect(path(`$${a}`, {})).toBe(a)
    expect(path(a, { A: b, B: 'b' })).toBe(b)
  })
})

describe('a file', () => {
  let folder: string
  const write = (content: string | Buffer) => {
    const path = join(folder, 'driftwatch.yaml')
    writeFileSync(path, content)
    return path
  }
  const complaint = (path: string) => {
    const result = loadConfig(path, {})
    return result.ok ? undefined : result.problems.map(({ message }) => message).join()
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'driftwatch-config-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is read', () => expect(complaint(write(config()))).toBeUndefined())
  it('may not be absent', () => expect(complaint(join(folder, 'none.yaml'))).toMatch(/no such file/))
  it('may not be a folder', () => expect(complaint(folder)).toMatch(/a folder/))
  it('may not be large', () => expect(complaint(write('# '.padEnd(1_000_001, 'x')))).toMatch(/1000001 bytes.*at most 1000000/))
  it('may not be binary', () => expect(complaint(write(Buffer.from([0xff, 0xfe, 0x61, 0x00])))).toMatch(/UTF-8/))
  it('may give secrets by mounted files, whose last line end does not count', () => {
    const secret = join(folder, 'name')
    writeFileSync(secret, 'from-file\n')
    const result = loadConfig(write(config({ name: quoted(`file:${secret}`) })), {})
    expect(result.ok && result.config.monitors[0].name).toBe('from-file')
  })
})

describe('a command that calls nobody', () => {
  const text = config(
    { name: quoted('env:NAME'), sinks: `[{ stdout: {} }, { slack: { url: ${quoted('env:SLACK_URL')} } }]` },
    `admin: { token: ${quoted('env:ADMIN')} }\npage: { token: ${quoted('file:/no/such/file')}, streams: 7 }\npaging: { heartbeat: [{ url: ${quoted('env:BEAT')} }] }\n`,
  )
  const complaints = (environment: Record<string, string>, unneeded?: readonly Unneeded[]) => {
    const result = parseConfig(text, environment, unneeded)
    return result.ok ? [] : result.problems.map(({ path }) => path)
  }
  const secrets = ['admin.token', 'page.token', 'paging.heartbeat[0].url']

  it('does without the secrets of what does, and leaves that out whole', () => {
    expect(complaints({ NAME: 'payments' })).toEqual([...secrets, 'monitors[0].sinks[1].slack.url'])
    const result = parseConfig(text, { NAME: 'payments' }, callsNobody)
    expect(result).toMatchObject({ ok: true, config: { page: { streams: 7 }, paging: { heartbeat: [] } } })
    if (!result.ok) return
    expect(result.config.admin ?? result.config.page.token).toBeUndefined()
    expect(result.config.monitors[0].sinks.map(({ name, sink }) => [name, sink?.type])).toEqual([
      ['stdout', 'stdout'],
      ['left-out-1', 'stdout'],
    ])
  })

  it('needs the others, and only what it may do without is left out', () => {
    expect(complaints({}, callsNobody)).toEqual(['monitors[0].name'])
    expect(complaints({ NAME: 'payments' }, ['sinks'])).toEqual(secrets)
  })

  it('reads those that are there, and refuses what is wrong with them', () => {
    const there = { NAME: 'payments', SLACK_URL: 'no url', ADMIN: 'short', BEAT: 'https://beat.example.org' }
    expect(complaints(there, callsNobody)).toEqual(['admin.token', 'monitors[0].sinks[1].slack.url'])
  })
})
