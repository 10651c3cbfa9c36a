import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { KafkaTestClient, kafkaOrSkip, unique } from '../kit/kafka.js'

const { skip, brokers = [] } = await kafkaOrSkip()

describe.skipIf(skip)(`a process with Kafka clients${skip ? ` (${skip})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  afterAll(() => client.close())

  it('ends by itself once they are closed, and prints nothing', async () => {
    const topic = await client.topic('exit')
    const state = unique('exit-state')
    const script = fileURLToPath(new URL('../kit/open-and-close.js', import.meta.url))
    expect(await promisify(execFile)(process.execPath, [script, brokers[0] ?? '', topic, state])).toEqual({ stdout: '', stderr: '' })
    expect(await client.committed(state, topic)).toEqual([1])
  })
})
