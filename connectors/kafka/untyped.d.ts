declare module 'lz4js' {
  /** Decompresses one LZ4 block into `target` from `targetStart` on; returns the end of what it wrote. */
  export function decompressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, targetStart: number): number
  /** Compresses one block into `target`; returns its length, 0 when it does not shrink. `table` has 65,536 zeroed slots. */
  export function compressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, table: Uint32Array): number
  export function compressBound(length: number): number
}

declare module 'snappyjs' {
  export function compress(data: Buffer): Buffer
  /** Throws when the block is damaged; allocates what it declares. */
  export function uncompress(block: Buffer): Buffer
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  import type { logCreator, logLevel } from 'kafkajs'
  export type Logger = { readonly namespace: (name: string) => Logger }
  export function createLogger(options: { level: logLevel; logCreator: logCreator }): Logger
}

declare module 'kafkajs/src/protocol/error.js' {
  import type { KafkaJSProtocolError } from 'kafkajs'
  export function createErrorFromCode(code: number): KafkaJSProtocolError
}

declare module 'kafkajs/src/protocol/decoder.js' {
  import type Long from 'kafkajs/src/utils/long.js'

  export default class Decoder {
    constructor(buffer: Buffer)
    readonly buffer: Buffer
    offset: number
    readVarLong(): Long
    readInt16(): number
    readInt32(): number
    readInt64(): { toString(): string }
    readString(): string
    readBytes(length?: number): Buffer | null
    readArray<Item>(read: (decoder: Decoder) => Item): Item[]
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  export interface FetchTopic {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }[]
  }
  export default function request(options: {
    replicaId: number
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    topics: readonly FetchTopic[]
  }): object
}

declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, KafkaConfig } from 'kafkajs'
  import type { Logger } from 'kafkajs/src/loggers/index.js'

  /** How a request is sent and what becomes of its answer. */
  export interface Exchange<Answer> {
    readonly request: object
    readonly response: {
      decode(payload: Buffer): Promise<{ readonly clientSideThrottleTime: number; readonly payload: Buffer }>
      parse(decoded: { readonly payload: Buffer }): Promise<Answer>
    }
  }

  export interface Broker {
    /** By API key; null before the broker is connected. */
    readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null
    readonly connectionPool: { send<Answer>(exchange: Exchange<Answer>): Promise<Answer> }
    disconnect(): Promise<void>
  }

  export interface Connection {
    /** Replaced at every connect. */
    readonly socket: object
    /** Set while a login waits for an answer. */
    readonly authHandlers: object | null
    readonly requestQueue: { fulfillRequest(answer: { size: number; correlationId: number; payload: Buffer }): void }
    /** Takes what the socket read. */
    processData(chunk: Buffer): void
  }

  export interface ConnectionPoolBuilder {
    build(destination?: object): Promise<{ readonly pool: readonly Connection[] }>
  }

  export default class Cluster {
    readonly brokerPool: { readonly connectionPoolBuilder: ConnectionPoolBuilder }
    constructor(
      options: Omit<KafkaConfig, 'logLevel' | 'logCreator'> & {
        readonly logger: Logger
        readonly socketFactory: ISocketFactory
        readonly metadataMaxAge: number
        readonly allowAutoTopicCreation: boolean
      },
    )
    connect(): Promise<void>
    disconnect(): Promise<void>
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    refreshMetadata(): Promise<void>
    /** Partitions by the node id of their leader; those that are not known are left out. */
    findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>
    findBroker(broker: { nodeId: string }): Promise<Broker>
  }
}

declare module 'kafkajs/src/utils/long.js' {
  /** An integer of 64 bits that never changes. */
  export default class Long {
    readonly value: bigint
    static fromString(text: string): Long
    static fromNumber(value: number): Long
    static fromValue(value: bigint | number | string | Long): Long
    add(other: Long | number): Long
    toString(): string
  }
}
