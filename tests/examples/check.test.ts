import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../cli/capture.js'
import { useProcesses } from '../kit/process.js'
import { signingSecret } from '../kit/stage.js'
import { example, examples } from './example.js'

/** Examples that are run, by local.test.ts and kafka.test.ts. */
const tried = [
  'file',
  'float32-vectors',
  'generator',
  'kafka-json',
  'kafka-pictures',
  'kafka-tls-sasl',
  'own-past',
  'several-monitors',
  'webhook',
]

const env = { KAFKA_USERNAME: 'alice', WEBHOOK_SECRET: signingSecret, WEBHOOK_SECRET_OLD: signingSecret, WEBHOOK_TOKEN: 'token' }

describe('the examples', () => {
  const place = useProcesses()
  const password = () => join(place.folder, 'kafka-password')
  beforeAll(() => {
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value)
    return writeFile(password(), 'secret\n')
  })
  afterAll(() => void vi.unstubAllEnvs())

  it('are all run by a test', () => expect(examples.toSorted()).toEqual(tried))

  it.each(examples)('%s.yaml is valid', async (name) => {
    const secrets = name === 'kafka-tls-sasl' ? { '/run/secrets/kafka-password': password() } : {}
    const config = await place.config(name, example(name, secrets))
    const { code, out } = await run('check', config)
    expect(code, out).toBe(0)
  })

  it('the least that a Kafka monitor needs is about 12 lines', () => {
    const lines = example('kafka-json')
      .split('\n')
      .filter((line) => /^\s*[^\s#]/.test(line))
    expect(lines.length).toBeLessThanOrEqual(12)
  })
})
