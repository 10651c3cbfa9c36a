import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command as doctorCommand } from '../../cli/doctor.js'
import { command as explainCommand } from '../../cli/explain.js'
import { command as produceCommand } from '../../cli/produce.js'
import { csvText, quickDetectors, writeReference } from '../cli/reference.js'
import { runCommand } from '../cli/run-command.js'
import { config } from '../config/texts.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { synthetic } from '../references/synthetic.js'

const { skip, brokers = [], secure } = await kafkaOrSkip()
const d = 3

describe.skipIf(skip)(`the command line and a real broker${skip ? ` (${skip})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'driftwatch-cli-kafka-'))
    await writeReference(join(folder, 'reference'), { n: 4000, d, seed: 1 }, 'synthetic', quickDetectors)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await client.close()
  })

  const flow = (value: object) => JSON.stringify(value)
  const json = { features: ['f0', 'f1', 'f2'], stream: 'host', time: 'ts' }

  interface Topics {
    readonly source: string
    readonly alerts?: string
    readonly dead?: string
    readonly state?: string
    readonly group?: string
    readonly decode?: string
  }
  /** Writes the configuration of a monitor of the given topics. */
  function configure({ source, alerts, dead, state, group = 'g', decode = flow({ json }) }: Topics): string {
    const path = join(folder, `${unique('driftwatch')}.yaml`)
    const fields = {
      source: flow({ kafka: { brokers, topics: [source], group } }),
      decode,
      reference: flow({ path: join(folder, 'reference') }),
      detectors: flow(quickDetectors),
      alerting: flow({ falseAlarmsPerDay: 4 }),
      sinks: flow([alerts === undefined ? { stdout: {} } : { kafka: { brokers, topic: alerts } }]),
      deadLetters: flow(dead === undefined ? { file: { path: join(folder, 'dead.ndjson') } } : { kafka: { brokers, topic: dead } }),
      state: flow(state === undefined ? { file: { path: join(folder, 'state') } } : { kafka: { brokers, topic: state } }),
    }
    writeFileSync(path, config(fields))
    return path
  }

  /** Writes a csv file of n rows of two hosts. */
  function rows(n: number): { path: string; values: Float64Array } {
    const values = synthetic({ n, d, seed: 5 })
    const [head, ...lines] = csvText(values, d).trimEnd().split('\n')
    const text = lines.map((line, i) => `${i % 2 === 0 ? 'a' : 'b'},${new Date(1.77e12 + i * 1000).toISOString()},${line}`)
    const path = join(folder, `${unique('rows')}.csv`)
    writeFileSync(path, `${[`host,ts,${head}`, ...text].join('\n')}\n`)
    return { path, values }
  }
  const produce = (path: string, topic: string, ...options: string[]) =>
    runCommand(produceCommand, path, '-t', topic, '-b', brokers.join(','), ...options)
  const topicNames = () => client.admin.listTopics()

  describe('produce', () => {
    it('sends the rows of a csv file in their order, one stream to one partition', async () => {
      const topic = await client.topic('produce', 4)
      const { path, values } = rows(3000)
      const run = await produce(path, topic, '--stream', 'host', '--compression', 'gzip')
      expect(run).toMatchObject({ code: 0, err: '' })
      expect(run.out).toMatch(new RegExp(`^sent 3,000 records to topic ${topic}: [12] of 4 partitions took some\n$`))
      const messages = await client.readAll(topic)
      const ofHost = (host: string) => messages.filter(({ key }) => String(key) === host)
      for (const [offset, host] of ['a', 'b'].entries()) {
        expect(new Set(ofHost(host).map(({ partition }) => partition)).size).toBe(1)
        const sent = ofHost(host).map(({ value }) => JSON.parse(String(value)))
        expect(sent.map(({ f1 }) => f1)).toEqual(Array.from({ length: 1500 }, (_, i) => values[(2 * i + offset) * d + 1]))
        expect(sent[0]).toEqual({
          host,
          ts: new Date(1.77e12 + offset * 1000).toISOString(),
          f0: expect.any(Number),
          f1: expect.any(Number),
          f2: expect.any(Number),
        })
      }
    })

    it('connects as a configuration does, and stops at a row that does not fit', async () => {
      const topic = await client.topic('produce-row')
      const path = join(folder, 'bad.csv')
      writeFileSync(path, 'x,y\n1,2\n3\n')
      const run = await runCommand(produceCommand, path, '-t', topic, '-c', configure({ source: topic }))
      expect(run).toMatchObject({ code: 2, out: '' })
      expect(run.err).toMatch(/bad\.csv: row 2 has 1 fields; expected 2 .*stopped there, 0 records were sent/)
    })

    it('names a topic that does not exist, and creates none', async () => {
      const topic = unique('absent')
      const run = await produce(rows(1).path, topic)
      expect(run.code).toBe(5)
      expect(run.err).toContain(`topic ${topic} does not exist`)
      expect(await topicNames()).not.toContain(topic)
    })

    it('sends what it has read and exits 0 when it is interrupted', async () => {
      const topic = await client.topic('produce-loop')
      const running = produce(rows(50).path, topic, '--loop', '--rate', '1000')
      const held = async () => Number((await client.admin.fetchTopicOffsets(topic))[0].high)
      await expect.poll(held, { timeout: 30_000 }).toBeGreaterThan(100)
      process.emit('SIGINT')
      const { code, out } = await running
      expect(code).toBe(0)
      expect(out).toBe(`sent ${(await held()).toLocaleString('en-GB')} records to topic ${topic}: 1 of 1 partitions took some\n`)
    })

    it.skipIf(secure === undefined)('logs in as the configuration says, and never prints the password', async () => {
      const topic = await client.topic('produce-secure')
      const attempt = (password: string) => {
        process.env.CANARY = password
        const path = join(folder, 'secure.yaml')
        const sasl = { mechanism: 'scram-sha-256', username: secure?.username, password: `\${env:CANARY}` }
        const kafka = { brokers: secure?.brokers, topics: [topic], group: 'g', tls: { ca: secure?.ca }, sasl }
        writeFileSync(path, config({ source: flow({ kafka }) }))
        return runCommand(produceCommand, rows(10).path, '-t', topic, '-c', path)
      }
      expect(await attempt(secure?.password ?? '')).toMatchObject({ code: 0, err: '' })
      const refused = await attempt('canary-7f3a91')
      expect(refused.code).toBe(5)
      expect(refused.err).toMatch(/refused the login/)
      expect(refused.err).not.toContain('7f3a91')
    })
  })

  describe('doctor', () => {
    it('names every missing topic, and creates none', async () => {
      const known = await client.topic('features')
      const names = { source: `${known}s`, alerts: unique('alerts'), dead: unique('dead'), state: unique('state') }
      const { code, out } = await runCommand(doctorCommand, configure(names))
      expect(code).toBe(4)
      expect(out).toMatch(new RegExp(`FAIL +source +topic ${names.source} does not exist .*did you mean ${known}\\?`))
      expect(out).toMatch(new RegExp(`FAIL +sink kafka +topic ${names.alerts} does not exist`))
      expect(out).toMatch(new RegExp(`FAIL +dead letters +topic ${names.dead} does not exist`))
      expect(out).toMatch(new RegExp(`warn +state +topic ${names.state} does not exist yet`))
      const existing = await topicNames()
      for (const name of Object.values(names)) expect(existing).not.toContain(name)
    })

    it('creates what is missing when told to, but no input', async () => {
      const source = await client.topic('input', 40)
      const names = { source, alerts: unique('alerts'), dead: unique('dead'), state: unique('state') }
      const group = unique('doctor-group')
      const first = await runCommand(doctorCommand, configure({ ...names, group }), '--create')
      expect(first.out).toMatch(new RegExp(`ok +source +topic ${source} \\(40 partitions\\)`))
      expect(first.out).toMatch(new RegExp(`ok +sink kafka +topic ${names.alerts} \\(\\d+ partitions?\\) .*; created now`))
      expect(first.out).toMatch(new RegExp(`ok +state +topic ${names.state} \\(40 partitions\\), compacted, .*; created now`))
      expect(first.code).toBe(0)
      const second = await runCommand(doctorCommand, configure({ ...names, group }), '--create')
      expect(second.code).toBe(0)
      expect(second.out).not.toContain('created now')
      expect((await client.admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group)
      const absent = unique('absent')
      expect((await runCommand(doctorCommand, configure({ source: absent }), '--create')).code).toBe(4)
      expect(await topicNames()).not.toContain(absent)
    })

    it('fails for a state topic that would forget, or is too narrow', async () => {
      const source = await client.topic('input', 3)
      const deleting = await client.topic('state-deleting', 3)
      expect((await runCommand(doctorCommand, configure({ source, state: deleting }))).out).toMatch(
        /FAIL +state +.*cleanup\.policy is delete/,
      )
      const narrow = await client.topic('state-narrow', 2, { 'cleanup.policy': 'compact' })
      const { code, out } = await runCommand(doctorCommand, configure({ source, state: narrow }))
      expect(code).toBe(4)
      expect(out).toMatch(
        /FAIL +state +topic state-narrow\S+ \(2 partitions\), but an input topic has 3\n +→ add partitions: .*--partitions 3/,
      )
    })

    it('decodes the last records of the topic, and joins no group of the monitor', async () => {
      const source = await client.topic('sampled', 2)
      await client.produce(source, [{ value: 'poison', partition: 0 }])
      await produce(rows(400).path, source, '--stream', 'host')
      await client.produce(source, [{ value: '{"f0": 1}', partition: 1 }])
      const group = unique('sample-group')
      const { code, out } = await runCommand(doctorCommand, configure({ source, group }), '--sample', '20')
      expect(code).toBe(0)
      expect(out).toMatch(/warn +records +\d+ of \d+ records decode, \d streams?; 1 missing_feature \(feature "f1" is missing\)/)
      expect(out).not.toContain('poison')
      const groups = (await client.admin.listGroups()).groups.map(({ groupId }) => groupId)
      expect(groups.some((name) => name.startsWith('driftwatch-range-'))).toBe(true)
      expect(groups).not.toContain(group)
      const wrong = await runCommand(doctorCommand, configure({ source, decode: flow({ float32: {} }) }), '--sample', '20')
      expect(wrong.code).toBe(4)
      expect(wrong.out).toMatch(/FAIL +records +none of \d+ records decodes: \d+ dimension \(/)
      const empty = await client.topic('empty', 2)
      expect((await runCommand(doctorCommand, configure({ source: empty }), '--sample', '20')).out).toMatch(
        /warn +records +the source holds no records/,
      )
    })
  })

  describe('explain', () => {
    it('fetches the very record that an alert names', async () => {
      const source = await client.topic('explained', 3)
      const { path, values } = rows(300)
      await produce(path, source, '--stream', 'host')
      const messages = await client.readAll(source)
      const record = messages[137]
      const path2 = configure({ source, group: unique('explain-group') })
      const at = `${source}/${record.partition}/${record.offset}`
      const { code, out } = await runCommand(explainCommand, '-c', path2, '--at', at, '--json')
      expect(code).toBe(0)
      const answer = JSON.parse(out)
      const sent = JSON.parse(String(record.value))
      expect(answer.record).toEqual({ place: at, stream: sent.host, time: sent.ts })
      for (const { feature, value } of answer.contributions) expect(value).toBe(sent[feature])
      expect(Array.from(values)).toContain(sent.f0)
    })

    it('says when there is no such record, partition or topic, or when it was dead-lettered', async () => {
      const source = await client.topic('explained', 2)
      await client.produce(source, [{ value: 'poison', partition: 1 }])
      const path = configure({ source })
      for (const [at, message] of [
        [`${source}/1/1`, 'there is no such record'],
        [`${source}/7/0`, 'there is no such record'],
        [`${source}/0/0`, 'there is no such record'],
        ['other/0/0', `reads ${source}, not other`],
        [`${source}/1/0`, `${source}/1/0 cannot be scored: `],
      ]) {
        const run = await runCommand(explainCommand, '-c', path, '--at', at)
        expect(run.err).toContain(message)
        expect(run).toMatchObject({ code: 2, out: '' })
      }
    })
  })
})
