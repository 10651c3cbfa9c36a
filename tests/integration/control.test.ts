import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { kafkaControl } from '../../connectors/kafka/control.js'
import type { DeadLetter } from '../../connectors/sink.js'
import { Control } from '../../pipelines/control.js'
import { silent } from '../contract/silent-logger.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'

const { skip, brokers = [] } = await kafkaOrSkip()

/** What a process has heard, and a promise of its next message or refusal. */
class Listener {
  readonly heard: string[] = []
  readonly buried: DeadLetter[] = []
  readonly control: Control
  #wake: () => void = () => undefined

  constructor(topic: string) {
    const { past, news } = kafkaControl.create(kafkaControl.schema.parse({ brokers, topic }), { monitor: 'test', logger: silent })
    this.control = new Control({
      past: past(false),
      news,
      deadLetters: {
        name: 'letters',
        connect: async () => undefined,
        write: async (letters) => void this.buried.push(...letters),
        close: async () => undefined,
      },
      told: (message) => this.#note(message.type === 'deploy' ? message.deploy.version : message.type),
      refused: ({ reason }) => this.#note(reason),
      buried: () => undefined,
      troubled: (error) => this.#note(String(error)),
    })
  }

  async hears(count: number): Promise<string[]> {
    while (this.heard.length < count) {
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
    return this.heard
  }

  #note(what: string): void {
    this.heard.push(what)
    this.#wake()
  }
}

describe.skipIf(skip)(`control messages in a Kafka topic${skip ? ` (${skip})` : ''}`, () => {
  const client = new KafkaTestClient(brokers)
  const listeners: Listener[] = []
  const listener = async (topic: string) => {
    const made = new Listener(topic)
    listeners.push(made)
    await made.control.connect()
    return made
  }
  afterEach(async () => {
    await Promise.all(listeners.splice(0).map(({ control }) => control.close()))
  })
  afterAll(() => client.close())

  const message = (version: string, partition = 0) => ({
    partition,
    value: JSON.stringify({ type: 'deploy', at: '2026-03-01T10:00:00Z', version }),
  })

  it('reach every process: what was said before its start, and what is said after it; broken ones are buried once', async () => {
    const topic = await client.topic('control', 2)
    await client.produce(topic, [message('a'), message('b', 1), { partition: 0, value: 'broken' }])
    // The log ends with the mark of a transaction, which is no message.
    await client.transaction(topic, [message('c')], 'commit')
    const both = await Promise.all([listener(topic), listener(topic)])
    for (const { heard } of both) expect(heard.toSorted()).toEqual(['a', 'b', 'c', 'undecodable'])
    await client.produce(topic, [message('d', 1), { partition: 1, value: '{}' }, message('e')])
    for (const one of both) {
      expect((await one.hears(7)).slice(4).toSorted()).toEqual(['d', 'e', 'undecodable'])
      await one.control.close()
      expect(one.buried.map(({ origin: { partition, offset } }) => [partition, offset])).toEqual([[1, 2]])
    }
  })
})
