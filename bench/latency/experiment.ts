import { progress } from '../../cli/terminal.js'
import { signingSecret } from '../../tests/kit/stage.js'
import { type Child, startChild } from '../kit/child.js'
import { type Measured, startPipeline } from '../kit/measure.js'
import type { Consumption } from '../kit/meter.js'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import { type FilledTopic, fillTopic } from '../kit/topic.js'
import type { Bench } from '../kit/with-kafka.js'
import { DISTINCT_ROWS, type Workload } from '../kit/workload.js'
import type { Pace, Sent } from './producer-process.js'
import type { Arrival, Heard } from './receiver-process.js'

const workload: Workload = { d: 64, encoding: 'float32' }
const CAPACITY_SECONDS = 20
const SETTLE_SECONDS = 5

/** What half load has shown. */
export interface HalfLoad {
  /** Record alerts that opened, each with the moments of its record and of its arrival. */
  readonly arrivals: readonly Arrival[]
  readonly consumption: Consumption
}

const sleep = (seconds: number) => new Promise((done) => setTimeout(done, 1000 * seconds))

/** A producer, the pipeline and a webhook, each in a process of its own. */
export class Experiment {
  readonly #producer: Child
  readonly #pipeline: Measured
  /** What became of the records so far: told by the producer and by the pipeline. */
  #sent = 0
  #read = 0

  private constructor(
    bench: Bench,
    private readonly topic: FilledTopic,
    config: string,
    private readonly receiver: Child,
    private readonly arrivals: readonly Arrival[],
  ) {
    const { d, encoding } = workload
    const args = [bench.kafka.brokers.join(','), topic.name, String(topic.partitions), String(d), encoding]
    this.#producer = startChild<Sent>(new URL('producer-process.js', import.meta.url), args, ({ sent }) => {
      this.#sent = sent
    })
    this.#pipeline = startPipeline(config, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, {
      progress: (records) => {
        this.#read = records
      },
    })
  }

  static async set(bench: Bench): Promise<Experiment> {
    const topic = await fillTopic(bench.client, workload, DISTINCT_ROWS)
    const arrivals: Arrival[] = []
    const { receiver, url } = await startReceiver((arrival) => arrivals.push(arrival))
    const { brokers } = bench.kafka
    const config = await writeMonitor({
      brokers,
      topic: topic.name,
      workload,
      folder: bench.folder,
      sinks: [{ webhook: { url, secret: signingSecret } }],
    })
    await fitMonitor(config, topic.partitions)
    return new Experiment(bench, topic, config, receiver, arrivals)
  }

  /** Records a second that the pipeline gets through while the producer sends as many as it can. */
  async capacity(): Promise<number> {
    const bar = progress('at full load', undefined)
    this.#pace({ rate: Number.POSITIVE_INFINITY, outlierEvery: Number.POSITIVE_INFINITY })
    await sleep(CAPACITY_SECONDS / 2)
    const begun = { read: this.#read, at: performance.now() }
    await sleep(CAPACITY_SECONDS / 2)
    const rate = (1000 * (this.#read - begun.read)) / (performance.now() - begun.at)
    bar.update(Math.round(rate), 'records/s')
    await this.#drained()
    return rate
  }

  async halfLoad(rate: number, seconds: number, outlierEvery: number): Promise<HalfLoad> {
    this.#pace({ rate, outlierEvery })
    await sleep(SETTLE_SECONDS)
    const from = Date.now()
    this.#pipeline.begin()
    await sleep(seconds)
    this.#pipeline.end()
    const consumption = await this.#pipeline.consumption
    return { arrivals: this.arrivals.filter(({ made }) => made >= from), consumption }
  }

  async close(): Promise<void> {
    for (const child of [this.#producer, this.receiver]) child.disconnect()
    await Promise.all([this.#producer.ended, this.receiver.ended])
  }

  #pace(pace: Pace): void {
    // JSON knows no Infinity.
    this.#producer.send({ rate: Math.min(pace.rate, 1e9), outlierEvery: Math.min(pace.outlierEvery, 1e9) })
  }

  /** Waits until the pipeline has read everything. The producer tells its last number after a while. */
  async #drained(): Promise<void> {
    this.#pace({ rate: 0, outlierEvery: Number.POSITIVE_INFINITY })
    await sleep(1)
    while (this.#read < this.topic.records + this.#sent) await Promise.race([sleep(0.2), this.#pipeline.consumption])
  }
}

async function startReceiver(arrived: (arrival: Arrival) => void): Promise<{ receiver: Child; url: string }> {
  return new Promise((resolve, reject) => {
    const receiver: Child = startChild<Heard>(new URL('receiver-process.js', import.meta.url), [], (heard) => {
      if ('url' in heard) resolve({ receiver, url: heard.url })
      else arrived(heard)
    })
    receiver.ended.catch(reject)
  })
}
