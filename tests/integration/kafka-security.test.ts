import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drivers } from '../../connectors/kafka/fetch.js'
import { kafka as component } from '../../connectors/kafka/source.js'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'
import { count, SourceReader } from '../kit/source-reader.js'

const { skip, brokers = [], secure } = await kafkaOrSkip()
const reason = skip ?? (secure === undefined ? 'the listeners of KAFKA_BROKERS are not known' : undefined)

describe.skipIf(reason).each(drivers)(`Kafka over TLS with SASL, driver %s${reason ? ` (${reason})` : ''}`, (driver) => {
  const client = new KafkaTestClient(brokers)
  const log: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(line) })
  const { brokers: secureBrokers = [], ca = '', username = '', password = '' } = secure ?? {}
  let folder: string
  let topic: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-security-'))
    topic = await client.topic('secure')
    await client.produce(topic, [{ value: 'through' }])
  })
  afterAll(async () => {
    await client.close()
    await rm(folder, { recursive: true })
  })

  const open = (options: object) => {
    const parsed = component.schema.parse({
      brokers: secureBrokers,
      topics: [topic],
      group: unique('secure'),
      start: 'earliest',
      driver,
      ...options,
    })
    return component.create(parsed, { monitor: 'test', logger })
  }
  const reads = async (options: object): Promise<string[]> => {
    const source = open(options)
    await source.connect()
    const records = await new SourceReader(source).run(count(1))
    await source.close()
    return records.map(({ value }) => String(value))
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('reads with %s, and logs no password', async (mechanism) => {
    expect(await reads({ tls: { ca }, sasl: { mechanism, username, password } })).toEqual(['through'])
    expect(log.length).toBeGreaterThan(0)
    expect(log.join('')).not.toContain(password)
  })

  it('reads with a bearer token from a file, and logs no token', async () => {
    const tokenFile = join(folder, 'token')
    const part = (object: object) => Buffer.from(JSON.stringify(object)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    // The test broker accepts tokens that nobody signed.
    const token = `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + 600 })}.`
    await writeFile(tokenFile, token)
    expect(await reads({ tls: { ca }, sasl: { mechanism: 'oauthbearer', tokenFile } })).toEqual(['through'])
    expect(log.join('')).not.toContain(token)
  })

  it('says that a login was refused, without the password', { timeout: 12_000 }, async () => {
    const refused = open({ tls: { ca }, sasl: { mechanism: 'scram-sha-512', username, password: 'wr0ng' } }).connect()
    await expect(refused).rejects.toThrow(/\(tls on, sasl scram-sha-512\): refused the login: .*; check sasl/)
    await expect(refused).rejects.not.toThrow(/wr0ng/)
  })

  it('says that a certificate is not trusted', { timeout: 12_000 }, async () => {
    await expect(open({ tls: true, sasl: { mechanism: 'plain', username, password } }).connect()).rejects.toThrow(
      /cannot be reached: .*self[- ]signed certificate/,
    )
  })

  it('gives up on a listener that wants TLS when it is off', { timeout: 12_000 }, async () => {
    await expect(open({}).connect()).rejects.toThrow(/\(tls off, sasl off\): cannot be reached: .*its listener wants this tls and sasl/)
  })
})
