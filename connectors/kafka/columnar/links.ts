import Cluster, { type Broker } from 'kafkajs/src/cluster/index.js'
import { createLogger } from 'kafkajs/src/loggers/index.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import request, { type FetchTopic } from 'kafkajs/src/protocol/requests/fetch/v11/request.js'
import type { Logger } from 'pino'
import type { PartitionRef } from '../../source.js'
import { type Connection, kafkaConfig, manners } from '../client.js'
import { AnswerMemory } from './answer-memory.js'
import { assembleAnswers, reusingSockets } from './assembly.js'

const fetchKey = 1
const fetchVersion = 11
/** Of a topic whose metadata knows no leader. */
const leaderNotAvailable = 5

export interface FetchRequest {
  readonly topics: readonly FetchTopic[]
  /** ms that the broker waits for a first record. */
  readonly maxWait: number
  readonly maxBytes: number
}

/**
 * Connections to the brokers, one layer below kafkajs's public API: its cluster opens them, with TLS, logins, time limits
 * and logs as everywhere else, and learns who leads which partition. What it throws is judged by fault.ts.
 */
export class Links {
  /** Where the answers lie. */
  readonly memory = new AnswerMemory()
  readonly #cluster: Cluster

  private constructor(cluster: Cluster) {
    assembleAnswers(cluster, this.memory)
    this.#cluster = cluster
  }

  /** Opens no connection yet, but reads the files that `tls` names. */
  static async open(options: Connection, logger: Logger): Promise<Links> {
    const { logLevel, logCreator, retry } = manners(logger)
    return new Links(
      new Cluster({
        ...(await kafkaConfig(options)),
        retry,
        enforceRequestTimeout: true,
        logger: createLogger({ level: logLevel, logCreator }),
        socketFactory: reusingSockets,
        metadataMaxAge: 300_000,
        allowAutoTopicCreation: false,
      }),
    )
  }

  /** The node that leads a partition, as the brokers say now. */
  async leaderOf({ topic, partition }: PartitionRef): Promise<string> {
    await this.#cluster.connect()
    await this.#cluster.addMultipleTargetTopics([topic])
    await this.#cluster.refreshMetadata()
    const [leader] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]))
    if (leader === undefined || Number(leader) < 0) throw createErrorFromCode(leaderNotAvailable)
    return leader
  }

  /** Asks a node for records; the answer as it came, after the protocol's own header. Whoever is done with it releases it. */
  async fetch(node: string, { topics, maxWait, maxBytes }: FetchRequest): Promise<Buffer> {
    const broker = await this.#cluster.findBroker({ nodeId: node })
    requireVersion(broker, node)
    try {
      return await broker.connectionPool.send({
        request: request({ replicaId: -1, maxWaitTime: maxWait, minBytes: 1, maxBytes, topics }),
        response: {
          decode: async (payload) => ({ clientSideThrottleTime: payload.readInt32BE(0), payload }),
          parse: async ({ payload }) => payload,
        },
      })
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#cluster.disconnect()
  }
}

function requireVersion({ versions }: Broker, node: string): void {
  const highest = versions?.[fetchKey]?.maxVersion ?? 0
  if (highest >= fetchVersion) return
  throw new Error(
    `broker ${node} answers fetch requests up to version ${highest}; driver: columnar needs ${fetchVersion} (Kafka 2.3): use driver: kafkajs`,
  )
}
