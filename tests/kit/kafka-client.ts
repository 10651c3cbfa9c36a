import { randomUUID } from 'node:crypto'
import kafkajs, { type KafkaMessage, type Message } from 'kafkajs'
import { persistently, topicBounds } from '../../connectors/kafka/assignment.js'

/** A name that no other test uses. */
export const unique = (name: string) => `${name}-${randomUUID().slice(0, 8)}`

/** What a test does to a cluster beside the code under test. Close it in `afterAll`. */
export class KafkaTestClient {
  readonly kafka: kafkajs.Kafka
  readonly admin: kafkajs.Admin
  readonly #producer: kafkajs.Producer
  readonly #ready: Promise<unknown>

  constructor(brokers: readonly string[]) {
    this.kafka = new kafkajs.Kafka({ brokers: [...brokers], clientId: 'test', logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 8 } })
    this.admin = this.kafka.admin()
    this.#producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, allowAutoTopicCreation: false })
    // Without a broker its tests are skipped, but vitest runs what stands around them.
    this.#ready = brokers.length === 0 ? Promise.resolve() : Promise.all([this.admin.connect(), this.#producer.connect()])
  }

  /** Makes a topic of a unique name and returns the name. */
  async topic(name: string, partitions = 1, config: Record<string, string> = {}): Promise<string> {
    await this.#ready
    const topic = unique(name)
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    const topics = [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }]
    await this.admin.createTopics({ topics, waitForLeaders: false })
    await persistently(new AbortController().signal, () => topicBounds(this.admin, topic))
    return topic
  }

  async produce(topic: string, messages: Message[], compression = kafkajs.CompressionTypes.None): Promise<void> {
    await this.#ready
    await this.#producer.send({ topic, messages, compression })
  }

  /** Produces in one transaction that is committed or aborted. */
  transaction(topic: string, messages: Message[], end: 'commit' | 'abort'): Promise<void> {
    return this.#inTransaction(end, (transaction) => transaction.send({ topic, messages }))
  }

  /** Commits an offset of partition 0 for a group without members. */
  commit(group: string, topic: string, offset: number): Promise<void> {
    const topics = [{ topic, partitions: [{ partition: 0, offset: String(offset) }] }]
    return this.#inTransaction('commit', (transaction) => transaction.sendOffsets({ consumerGroupId: group, topics }))
  }

  /** Ends every other producer's right to write as this transactional id. */
  async fence(transactionalId: string): Promise<void> {
    const producer = await this.#transactional(transactionalId)
    await producer.transaction()
    await producer.disconnect()
  }

  async #transactional(transactionalId: string): Promise<kafkajs.Producer> {
    const options = { transactionalId, idempotent: true, maxInFlightRequests: 1 }
    const producer = this.kafka.producer({ ...options, createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    return producer
  }

  async #inTransaction(end: 'commit' | 'abort', work: (transaction: kafkajs.Transaction) => Promise<unknown>): Promise<void> {
    const producer = await this.#transactional(unique('transaction'))
    const transaction = await producer.transaction()
    await work(transaction)
    await transaction[end]()
    await producer.disconnect()
  }

  /** Joins a group as a member that knows only the assignment protocol `protocol`; returns how to leave. */
  async joinAs(group: string, topic: string, protocol: string): Promise<() => Promise<void>> {
    const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
    const consumer = this.kafka.consumer({
      groupId: group,
      maxWaitTimeInMs: 100,
      partitionAssigners: [
        () => ({
          name: protocol,
          version: 0,
          assign: async ({ members }) =>
            members.map(({ memberId }) => ({
              memberId,
              memberAssignment: MemberAssignment.encode({ version: 0, assignment: {}, userData: Buffer.alloc(0) }),
            })),
          protocol: ({ topics }) => ({
            name: protocol,
            metadata: MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
          }),
        }),
      ],
    })
    await consumer.subscribe({ topic })
    await consumer.run({ eachBatch: async () => {} })
    return () => consumer.disconnect()
  }

  /** Denies a user an operation on a topic; returns how to allow it again. */
  async deny(username: string, topic: string, operation: kafkajs.AclOperationTypes): Promise<() => Promise<void>> {
    const { AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${username}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.DENY,
    }
    const { resourcePatternType, ...filter } = acl
    await this.admin.createAcls({ acl: [acl] })
    return async () => {
      await this.admin.deleteAcls({ filters: [{ ...filter, resourcePatternType }] })
    }
  }

  /** Deletes the records of a partition before `offset`, as retention does. */
  async deleteBefore(topic: string, partition: number, offset: number): Promise<void> {
    // Without it kafkajs does not know the partition's leader.
    await this.admin.fetchTopicOffsets(topic)
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
  }

  async topicConfig(topic: string): Promise<Record<string, unknown>> {
    await this.#ready
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] })
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }
    const { resources } = await this.admin.describeConfigs({ resources: [resource], includeSynonyms: false })
    const entries = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue])
    return { ...Object.fromEntries(entries ?? []), partitions: topics[0]?.partitions.length }
  }

  /** The sequence numbers that an idempotent producer gave the messages; -1 where there is none. */
  sequences(messages: readonly KafkaMessage[]): number[] {
    return messages.map((message) => {
      const { batchContext } = message as KafkaMessage & { batchContext?: { firstSequence: number } }
      return batchContext?.firstSequence ?? -1
    })
  }

  /** The offsets that a group committed, by partition; -1 where it committed none. */
  async committed(group: string, topic: string): Promise<number[]> {
    await this.#ready
    const [answer] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] })
    const byPartition = answer?.partitions.toSorted((a, b) => a.partition - b.partition)
    return byPartition?.map(({ offset }) => Number(offset)) ?? []
  }

  /** A topic that is new may have no leader yet. */
  async #offsets(topic: string, tries = 100): ReturnType<kafkajs.Admin['fetchTopicOffsets']> {
    return this.admin.fetchTopicOffsets(topic).catch((error) => {
      if (tries > 0 && error instanceof kafkajs.KafkaJSProtocolError && error.retriable) return this.#offsets(topic, tries - 1)
      throw error
    })
  }

  /** Every message that the topic holds now, partition after partition. */
  async readAll(topic: string): Promise<(KafkaMessage & { partition: number })[]> {
    await this.#ready
    const left = new Map<number, number>()
    for (const { partition, low, high } of await this.#offsets(topic)) {
      if (low !== high) left.set(partition, Number(high))
    }
    const messages: (KafkaMessage & { partition: number })[] = []
    if (left.size === 0) return messages
    const consumer = this.kafka.consumer({ groupId: unique('read-all'), maxWaitTimeInMs: 100 })
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((done, fail) => {
      consumer.on('consumer.crash', ({ payload }) => payload.restart || fail(payload.error))
      consumer.on('consumer.end_batch_process', ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (left.get(partition) ?? 0)) left.delete(partition)
        if (left.size === 0) done()
      })
      const eachBatch = async ({ batch }: kafkajs.EachBatchPayload) => {
        for (const message of batch.messages) messages.push({ ...message, partition: batch.partition })
      }
      consumer.run({ autoCommit: false, eachBatch }).catch(fail)
    })
    await consumer.disconnect()
    return messages.toSorted((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset))
  }

  async close(): Promise<void> {
    await this.#ready
    await Promise.all([this.admin.disconnect(), this.#producer.disconnect()])
  }
}
