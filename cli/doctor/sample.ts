import type { PatchBank } from '../../backbones/patch-bank.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Codec } from '../../connectors/codec.js'
import type { ComponentContext } from '../../connectors/component.js'
import { topicBounds } from '../../connectors/kafka/assignment.js'
import { probe } from '../../connectors/kafka/client.js'
import { kafkaRange } from '../../connectors/kafka/range.js'
import type { Source } from '../../connectors/source.js'
import { referenceRows } from '../../pipelines/reference-rows.js'
import { type KafkaSourceOptions, kafkaSourceOf } from '../chosen-options.js'
import { backboneOf, openPictures } from '../picture-backbone.js'
import { Rejections } from '../rejections.js'
import { type Check, fail, ok, type Verdict, warn } from './finding.js'

/** Decodes about `size` records: the last ones of each topic, spread over its partitions, or the first ones of another input. */
export const sampleCheck = (
  config: MonitorConfig,
  codec: Codec,
  d: number,
  size: number,
  context: ComponentContext,
  banks?: readonly PatchBank[],
): Check => ({
  name: 'records',
  async look(signal) {
    const kafka = kafkaSourceOf(config)
    const sources = kafka === undefined ? [config.source.create(context)] : await lastRecords(kafka, size, context)
    const tally = new Tally()
    const backbone = await backboneOf(config)
    const pictures = backbone && (await openPictures(config, backbone, codec, banks))
    try {
      for (const source of sources) {
        signal.addEventListener('abort', () => void source.close())
        for await (const chunk of referenceRows({ source, codec, d, pictures, onChunk: (_, rejected) => tally.reject(rejected) })) {
          tally.accept(chunk.n, chunk.streams)
          if (kafka === undefined && tally.records >= size) break
        }
      }
    } finally {
      await pictures?.close()
    }
    return tally.verdict()
  },
})

/** The ends of all partitions, for each topic that holds any records. */
async function lastRecords(options: KafkaSourceOptions, size: number, context: ComponentContext): Promise<Source[]> {
  const sources = options.topics.map(async (topic) => {
    const bounds = await probe(options, context.logger, (admin) => topicBounds(admin, topic))
    const share = Math.ceil(size / options.topics.length / bounds.size)
    const ends = [...bounds].filter(([, { earliest, end }]) => end > earliest)
    const from = Object.fromEntries(ends.map(([partition, { earliest, end }]) => [partition, Math.max(earliest, end - share)]))
    const to = Object.fromEntries(ends.map(([partition, { end }]) => [partition, end]))
    return ends.length === 0 ? [] : [kafkaRange.create({ ...options, topic, from, to }, context)]
  })
  return (await Promise.all(sources)).flat()
}

/** What became of the records. */
class Tally {
  #accepted = 0
  readonly #streams = new Set<string>()
  readonly #rejections = new Rejections()

  get records(): number {
    return this.#accepted + this.#rejections.count
  }

  accept(n: number, streams: readonly string[]): void {
    this.#accepted += n
    for (const stream of streams) this.#streams.add(stream)
  }

  reject(rejections: Parameters<Rejections['add']>[0]): void {
    this.#rejections.add(rejections)
  }

  verdict(): Verdict {
    if (this.records === 0) return warn('the source holds no records to try')
    const streams = this.#streams.size === 1 ? '1 stream' : `${this.#streams.size} streams`
    const line = `${this.#accepted} of ${this.records} records decode, ${streams}`
    const reasons = this.#rejections.text
    if (this.#accepted === 0)
      return fail(`none of ${this.records} records decodes: ${reasons}`, 'check `decode` against what the producers send')
    return reasons === '' ? ok(line) : warn(`${line}; ${reasons}`)
  }
}
