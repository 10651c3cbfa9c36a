import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { connectionFields, kafkaConfig } from '../../../connectors/kafka/client.js'

const schema = z.strictObject(connectionFields)
const parse = (options: object) => schema.parse({ brokers: ['localhost:9092'], ...options })
const problem = (options: object) => schema.safeParse({ brokers: ['localhost:9092'], ...options }).error?.issues[0]

describe('connection options', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-client-'))
    for (const name of ['ca', 'cert', 'key', 'token']) await writeFile(join(folder, name), `${name} text\n`)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('needs only brokers', async () => {
    expect(await kafkaConfig(parse({}))).toEqual({
      brokers: ['localhost:9092'],
      clientId: 'driftwatch',
      ssl: false,
      connectionTimeout: 2000,
      requestTimeout: 30_000,
    })
  })

  it('reads the files of tls', async () => {
    const tls = { ca: join(folder, 'ca'), cert: join(folder, 'cert'), key: join(folder, 'key'), servername: 'kafka.example' }
    expect((await kafkaConfig(parse({ tls }))).ssl).toEqual({
      ca: 'ca text\n',
      cert: 'cert text\n',
      key: 'key text\n',
      servername: 'kafka.example',
      rejectUnauthorized: true,
    })
    expect((await kafkaConfig(parse({ tls: true }))).ssl).toBe(true)
  })

  it('names the option and the path of a file that is missing', async () => {
    await expect(kafkaConfig(parse({ tls: { ca: '/no/such/file' } }))).rejects.toThrow(/tls\.ca: cannot read \/no\/such\/file/)
  })

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('passes user and password on for %s', async (mechanism) => {
    const options = parse({ sasl: { mechanism, username: 'alice', password: 's3cret' } })
    expect((await kafkaConfig(options)).sasl).toEqual({ mechanism, username: 'alice', password: 's3cret' })
  })

  it('reads the bearer token anew for each login', async () => {
    const tokenFile = join(folder, 'token')
    const { sasl } = await kafkaConfig(parse({ sasl: { mechanism: 'oauthbearer', tokenFile } }))
    if (sasl?.mechanism !== 'oauthbearer' || !('oauthBearerProvider' in sasl)) throw new Error('expected a provider')
    expect(await sasl.oauthBearerProvider()).toEqual({ value: 'token text' })
    await writeFile(tokenFile, 'fresh')
    expect(await sasl.oauthBearerProvider()).toEqual({ value: 'fresh' })
  })

  it('shows no secret when options are printed', () => {
    const options = parse({ sasl: { mechanism: 'plain', username: 'alice', password: 's3cret' } })
    expect(inspect(options, { depth: null }) + JSON.stringify(options)).not.toContain('s3cret')
  })

  it.each([
    ['a broker without a port', { brokers: ['localhost'] }, /host:port/],
    ['no broker', { brokers: [] }, /./],
    ['both a token and a file', { sasl: { mechanism: 'oauthbearer', token: 'a', tokenFile: 'b' } }, /exactly one/],
    ['neither a token nor a file', { sasl: { mechanism: 'oauthbearer' } }, /exactly one/],
    ['an unknown mechanism', { sasl: { mechanism: 'gssapi' } }, /./],
    ['an empty password', { sasl: { mechanism: 'plain', username: 'a', password: '' } }, /is empty/],
    ['an unknown field', { broker: 'x' }, /broker/],
  ])('refuses %s', (_, options, message) => {
    expect(problem(options)?.message).toMatch(message)
  })
})
