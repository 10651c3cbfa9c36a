import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Connection } from 'kafkajs/src/cluster/index.js'
import type { AnswerMemory } from './answer-memory.js'

/*
 * kafkajs keeps every chunk that a socket reads in memory of its own and joins them when an answer is whole: two more
 * copies of all that is fetched, as garbage outside of the heap, where each 64 MB of it cost a collection of the whole
 * heap. Here each socket reads into the answer itself once its length is known, and before that into one buffer that is used again.
 */

const readBytes = 256 * 1024
const keepAliveMs = 60_000
const lengthBytes = 4

/** The answer that a socket is reading. */
const answers = new WeakMap<object, Answer>()

/** Where a socket's next bytes belong, if that is known. */
export const placeOf = (socket: object): Buffer | undefined => answers.get(socket)?.rest

/** Sockets as kafkajs makes them, but the chunks that they emit are only good until the next one. */
export const reusingSockets: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const chunk = Buffer.allocUnsafeSlow(readBytes)
  // The first buffer is asked for before there is a socket.
  const made: { socket?: Socket } = {}
  const onread = {
    buffer: () => (made.socket && placeOf(made.socket)) ?? chunk,
    callback: (length: number, buffer: Uint8Array) => socket.emit('data', buffer.subarray(0, length)),
  }
  const named = isIP(host) === 0 ? { servername: host } : {}
  const socket: Socket = ssl
    ? connectTls(Object.assign({ host, port, onread }, named, ssl), onConnect)
    : connectPlain({ host, port, onread }, onConnect)
  made.socket = socket
  return socket.setKeepAlive(true, keepAliveMs)
}

/** Makes every connection of a cluster put its answers together in place, as sockets that reuse their memory need. */
export function assembleAnswers({ brokerPool: { connectionPoolBuilder } }: Pick<Cluster, 'brokerPool'>, memory: AnswerMemory): void {
  const build = connectionPoolBuilder.build
  connectionPoolBuilder.build = async (destination) => {
    const built = await build(destination)
    for (const connection of built.pool) assemble(connection, memory)
    return built
  }
}

function assemble(connection: Connection, memory: AnswerMemory): void {
  const login = connection.processData.bind(connection)
  connection.processData = (chunk) => {
    // A login has its own way to wait for answers; what it keeps must be a copy.
    if (connection.authHandlers) return login(Buffer.from(chunk))
    // An answer is its socket's: what came over a connection that broke is no beginning of the next one.
    const { socket } = connection
    let answer = answers.get(socket) ?? new Answer(memory)
    for (let at = 0; at < chunk.length; ) {
      at = answer.add(chunk, at)
      const { whole } = answer
      if (whole === undefined) continue
      answer = new Answer(memory)
      const payload = whole.subarray(4)
      connection.requestQueue.fulfillRequest({ size: whole.length, correlationId: whole.readInt32BE(0), payload })
    }
    answers.set(socket, answer)
  }
}

/** One answer: its length, then as many bytes, the first four of which name the request. */
class Answer {
  readonly #length = Buffer.alloc(lengthBytes)
  #body: Buffer | undefined
  #filled = 0

  constructor(private readonly memory: AnswerMemory) {}

  /** The bytes after the length, once all are there. */
  get whole(): Buffer | undefined {
    return this.#body !== undefined && this.#filled === this.#body.length ? this.#body : undefined
  }

  /** What is still empty, once the length is known. */
  get rest(): Buffer | undefined {
    return this.#body?.subarray(this.#filled)
  }

  /** Copies what belongs to this answer from `at` on, unless it stands in its place already, and returns where it ended. */
  add(chunk: Buffer, at: number): number {
    const target = this.#body ?? this.#length
    const isInPlace = chunk.buffer === target.buffer && chunk.byteOffset + at === target.byteOffset + this.#filled
    const end = isInPlace ? chunk.length : at + chunk.copy(target, this.#filled, at)
    this.#filled += end - at
    if (this.#body === undefined && this.#filled === lengthBytes) {
      this.#body = this.memory.take(this.#length.readInt32BE(0))
      this.#filled = 0
    }
    return end
  }
}
