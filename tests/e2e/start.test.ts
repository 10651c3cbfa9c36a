import { cp, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../cli/capture.js'
import { sharedReference } from '../kit/desk.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { csvOf, features, scenario, troubles } from '../kit/scenario.js'
import { Stage, signingSecret } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()

interface Refusal {
  readonly code: number | null
  readonly message: string
}

/** A process that is refused its start: nothing on standard output, one message after the log, and no stack. */
const refused = async (config: string): Promise<Refusal> => {
  const { code, stdout, stderr } = await driftwatch(['run', config])
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^ +at |This is not expected/m)
  const message = lines(stderr).filter((line) => !line.startsWith('{'))
  expect(message[0]).toMatch(/^error: /)
  return { code, message: message.join('\n') }
}
const lines = (text: string) => text.split('\n').filter((line) => line !== '')
/** The same before anything is connected, in this process; processes below show each exit code. */
const refusedHere = async (config: string): Promise<Refusal> => {
  const { code, out, err } = await run('run', config)
  expect(out).toBe('')
  expect(err).toMatch(/^error: /)
  expect(err).not.toMatch(/^ +at |This is not expected/m)
  return { code, message: err }
}

describe.skipIf(skip)(`a start that cannot succeed${skip ? ` (${skip})` : ''}`, { timeout: 20_000 }, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())
  let stage: Stage
  let reference = ''
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
    stage = await Stage.set({ client, brokers, reference })
  })
  const write = (name: string, changes: object = {}, whole: object = {}) => place.config(name, stage.config(changes, whole))
  /** A copy of the reference whose manifest was changed. */
  const changed = async (name: string, change: (manifest: string) => string): Promise<object> => {
    const path = join(place.folder, name)
    await cp(reference, path, { recursive: true })
    const manifest = join(path, 'manifest.json')
    await writeFile(manifest, change(await readFile(manifest, 'utf8')))
    return { reference: { path } }
  }

  it('the configuration is not YAML', async () => {
    const config = await place.config('malformed', 'monitors:\n  - name: [watch\n')
    expect(await refusedHere(config)).toMatchObject({ code: 2, message: expect.stringMatching(/malformed\.yaml:\d+:\d+: /) })
  })

  it('there is no configuration', async () => {
    expect(await refusedHere(join(place.folder, 'absent.yaml'))).toMatchObject({
      code: 2,
      message: expect.stringContaining('there is no such file'),
    })
  })

  it('an unknown field, with the one that was meant', async () => {
    const { code, message } = await refused(await write('unknown', { alertin: {} }))
    expect(code).toBe(2)
    expect(message).toMatch(/monitors\[0\]\.alertin/)
    expect(message).toMatch(/alerting/)
  })

  it('a secret whose variable is not set', async () => {
    const sinks = [{ webhook: { url: 'http://127.0.0.1:1/hook', secret: '$' + '{env:DRIFTWATCH_TEST_SECRET}' } }]
    const { code, message } = await refusedHere(await write('secret', { sinks }))
    expect(code).toBe(2)
    expect(message).toMatch(/monitors\[0\]\.sinks\[0\]\.webhook\.secret: environment variable DRIFTWATCH_TEST_SECRET is not set/)
  })

  it('an execution provider that nobody knows', async () => {
    const { code, message } = await refusedHere(await write('provider', { execution: { providers: ['cudda'] } }))
    expect(code).toBe(2)
    expect(message).toMatch(/execution\.providers\[0\].*cudda/)
    expect(message).toMatch(/cuda/)
  })

  it('an execution provider that is not to be had, and required', async () => {
    const { code, message } = await refusedHere(await write('no-provider', { execution: { providers: ['coreml', 'cpu'], required: true } }))
    expect(code).toBe(5)
    expect(message).toMatch(/monitor watch: no execution provider could be used \(coreml: /)
  })

  it('a reference that is not there', async () => {
    const { code, message } = await refusedHere(await write('no-bundle', { reference: { path: join(place.folder, 'nowhere') } }))
    expect(code).toBe(3)
    expect(message).toMatch(/monitor watch: .*nowhere/)
  })

  it('a reference that was tampered with', async () => {
    const bundle = await changed('tampered', (text) => text.replace(/"rows": 6000/, '"rows": 6001'))
    const { code, message } = await refused(await write('tampered', bundle))
    expect(code).toBe(3)
    expect(message).toMatch(/tampered.*the bundle was changed after it was written/s)
  })

  it('a reference whose tensors are cut off', async () => {
    const bundle = await changed('cut', (text) => text)
    const tensors = join(place.folder, 'cut', 'tensors.safetensors')
    await writeFile(tensors, (await readFile(tensors)).subarray(0, -8))
    expect(await refusedHere(await write('cut', bundle))).toMatchObject({ code: 3, message: expect.stringContaining('cut') })
  })

  it('a reference of another schema version', async () => {
    const bundle = await changed('newer', (text) => text.replace('"schemaVersion": 2', '"schemaVersion": 3'))
    const { code, message } = await refusedHere(await write('newer', bundle))
    expect(code).toBe(3)
    expect(message).toMatch(/field "schemaVersion": 3, expected 2/)
  })

  it('a reference that was calibrated with other windows or detectors', async () => {
    const { code, message } = await refusedHere(await write('other', { window: { size: 32, hop: 16 }, detectors: ['gaussian'] }))
    expect(code).toBe(3)
    expect(message).toMatch(
      /window is \{"size":32,"hop":16,.*\}, but the reference was calibrated with \{"size":64,"hop":16,.*\}: run `driftwatch fit` again/,
    )
    expect(message).toMatch(/detectors is \["gaussian"\]/)
  })

  it('a reference of other features', async () => {
    const { code, message } = await refusedHere(await write('features', { features: ['amount', 'latency', 'queue', 'faults'] }))
    expect(code).toBe(3)
    expect(message).toMatch(/features is .*faults/)
  })

  it('a topic that does not exist, with the one that was meant', async () => {
    const source = { kafka: { brokers, topics: [`${stage.input}x`], group: unique('group') } }
    const { code, message } = await refused(await write('topic', { source }))
    expect(code).toBe(5)
    expect(message).toContain(`topic ${stage.input}x does not exist`)
    expect(message).toContain(`did you mean ${stage.input}?`)
    expect(await client.admin.listTopics()).not.toContain(`${stage.input}x`)
  })

  it('topics of sinks and dead letters that do not exist, all in one message', async () => {
    const [alerts, letters] = [unique('no-alerts'), unique('no-letters')]
    const changes = { sinks: [{ kafka: { brokers, topic: alerts } }], deadLetters: { kafka: { brokers, topic: letters } } }
    const { code, message } = await refused(await write('topics', changes))
    expect(code).toBe(5)
    expect(message).toContain(`topic ${alerts} does not exist`)
    expect(message).toContain(`topic ${letters} does not exist`)
  })

  it('a broker that cannot be reached', async () => {
    const source = { kafka: { brokers: ['127.0.0.1:1'], topics: ['features'], group: 'group' } }
    const { code, message } = await refused(await write('unreachable', { source }))
    expect(code).toBe(5)
    expect(message).toMatch(/brokers 127\.0\.0\.1:1 \(tls off, sasl off\): cannot be reached: .*; check the addresses/)
  })

  it('a port for metrics that is taken', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { code, message } = await refused(await write('port', {}, { metrics: { port } }))
    server.close()
    expect(code).toBe(5)
    expect(message).toContain(`the metrics server cannot listen on 127.0.0.1:${port}: the port is in use; set metrics.port to a free one`)
  })

  it('of one monitor of several, whatever the others wait for', async () => {
    await stage.produce(scenario({ seed: 2, streams: 6, each: 100, faults: troubles(100) }))
    const sinks = [{ webhook: { url: 'http://127.0.0.1:1/hook', secret: signingSecret } }]
    const source = { kafka: { brokers: ['127.0.0.1:1'], topics: ['features'], group: 'group' } }
    const monitors = [stage.monitor({ sinks }), stage.monitor({ name: 'other', source })]
    const config = await place.config('several', { metrics: { port: 0 }, shutdown: { timeout: '500ms' }, monitors })
    const { code, message } = await refused(config)
    expect(code).toBe(5)
    expect(message).toMatch(/brokers 127\.0\.0\.1:1 .* cannot be reached/)
  })

  describe('a reference whose halves disagree', () => {
    const shifted = () => join(place.folder, 'shifted')
    beforeAll(async () => {
      const data = join(place.folder, 'shifted.csv')
      // No slow mean mends a spread that changes.
      const wider = (value: number, i: number) => (features[i] === 'queue' ? 5 + 4 * (value - 5) : value)
      const rows = scenario({ seed: 5, streams: 3, each: 2000 })
      await writeFile(data, csvOf(rows.map((row, i) => (i < 3000 ? row : { ...row, values: row.values.map(wider) }))))
      const fit = await driftwatch(['fit', data, '--stream', 'tenant', '--time', 'ts', '--features', features.join(','), '-o', shifted()])
      expect(fit.code).toBe(3)
      expect(fit.stderr).toMatch(/error: the self-test refused this reference: its halves disagree/)
    })

    it('is refused', async () => {
      const { code, message } = await refusedHere(await write('shifted', { reference: { path: shifted() } }))
      expect(code).toBe(3)
      expect(message).toMatch(/the reference was REFUSED by its self-test: its halves disagree \(/)
      expect(message).toMatch(/acceptRefused: true/)
    })

    it('is used when it is accepted', async () => {
      const process = new Driftwatch(['run', await write('accepted', { reference: { path: shifted(), acceptRefused: true } })])
      await process.logged('watching')
      expect(process.lines.some(({ level, status }) => level === 'warn' && status === 'REFUSED')).toBe(true)
      expect((await process.metrics()).sum('reference_info', { calibration: 'REFUSED' })).toBe(1)
      expect((await process.stop()).code).toBe(0)
    })
  })

  it('the others start', async () => {
    const process = new Driftwatch([
      'run',
      await write('good', { sinks: [{ webhook: { url: 'http://127.0.0.1:1/hook', secret: signingSecret } }] }),
    ])
    await process.logged('watching')
    expect((await process.stop()).code).toBe(0)
  })
})
