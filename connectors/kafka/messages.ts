import type { Message } from 'kafkajs'

/** Kafka holds a request's records of one partition to the topic's max.message.bytes, 1 MiB unless configured. */
const maxBytes = 512 * 1024
/** A generous guess of what a record needs beside its key, value and headers. */
const overhead = 100

/** Cuts messages into groups of at most 512 KiB; a larger one is alone. */
export function* inChunks(messages: Iterable<Message>): Generator<Message[]> {
  let chunk: Message[] = []
  let bytes = 0
  for (const message of messages) {
    const size = sizeOf(message)
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(message)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

/** About how many bytes it takes in a topic, rather more than less. */
export function sizeOf({ key, value, headers = {} }: Message): number {
  const inHeaders = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + String(text).length, 0)
  return overhead + (key?.length ?? 0) + (value?.length ?? 0) + inHeaders
}
