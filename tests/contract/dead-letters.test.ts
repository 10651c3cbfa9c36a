import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaMessage } from 'kafkajs'
import { afterAll } from 'vitest'
import { deadLetters } from '../../connectors/registry.js'
import type { DeadLetter, DeadLetterReason } from '../../connectors/sink.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { type DeadLetterCase, describeDeadLetterContract } from './dead-letter-contract.js'
import { describeRegistry } from './registry.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const client = new KafkaTestClient(brokers)
afterAll(() => client.close())

function fromMessage({ key, value, headers = {} }: KafkaMessage): DeadLetter {
  const said = (name: string) => String(headers[`driftwatch-${name}`])
  return {
    origin: { topic: said('topic'), partition: Number(said('partition')), offset: Number(said('offset')) },
    reason: said('reason') as DeadLetterReason,
    detail: said('detail'),
    timestamp: Number(said('timestamp')),
    key,
    value,
  }
}

const bytes = (base64: string | null) => (base64 === null ? null : Buffer.from(base64, 'base64'))

function fromLine(line: string): DeadLetter {
  const letter = JSON.parse(line)
  return { ...letter, key: bytes(letter.key), value: bytes(letter.value) }
}

/** Where each sink's letters go. */
const cases: Readonly<Record<string, DeadLetterCase>> = {
  file: {
    receiver: async () => {
      const path = join(await temporaryFolder(), 'letters.ndjson')
      const received = async () => (await readFile(path, 'utf8')).split('\n').slice(0, -1).map(fromLine)
      return { options: { path }, received }
    },
  },
  kafka: {
    skip,
    receiver: async () => {
      const topic = await client.topic('letters')
      return { options: { brokers, topic }, received: async () => (await client.readAll(topic)).map(fromMessage) }
    },
  },
}

describeRegistry('dead-letters', deadLetters, cases, describeDeadLetterContract)
