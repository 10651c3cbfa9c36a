import kafkajs from 'kafkajs'
import { DISTINCT_ROWS, outlierOf, valuesOf, type Workload } from '../kit/workload.js'

export interface Pace {
  /** Records a second; Infinity: as many as can be. */
  readonly rate: number
  /** ms between two outliers; Infinity: none. */
  readonly outlierEvery: number
}
export interface Sent {
  readonly sent: number
}

/* Writes a workload at the pace that the parent sets last, until it disconnects: `node producer-process.js BROKERS TOPIC PARTITIONS D ENCODING`. */
const [brokers, topic, partitionCount, d, encoding] = process.argv.slice(2)
const workload: Workload = { d: Number(d), encoding: encoding === 'json' ? 'json' : 'float32' }
const partitions = Number(partitionCount)
const values = valuesOf(workload)
const outlier = outlierOf(workload)
const TICK_MS = 5
/** Records of one request to a partition, and requests that may be on their way. */
const CHUNK = 1000
const IN_FLIGHT = 4

const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()

let pace: Pace = { rate: 0, outlierEvery: Number.POSITIVE_INFINITY }
let begun = { at: performance.now(), sent: 0 }
let sent = 0
let inFlight = 0
let nextOutlier = 0
process.on('message', (message: Pace) => {
  pace = message
  begun = { at: performance.now(), sent }
  nextOutlier = begun.at + pace.outlierEvery
})

/** Messages carry the moment at which they were made. */
function send(count: number): void {
  const partition = Math.floor(sent / CHUNK) % partitions
  const timestamp = String(Date.now())
  const messages = Array.from({ length: count }, (_, i) => ({ partition, timestamp, value: values[(sent + i) % DISTINCT_ROWS] }))
  if (performance.now() >= nextOutlier) {
    messages[0].value = outlier
    nextOutlier += pace.outlierEvery
  }
  sent += count
  inFlight++
  void producer.send({ topic, messages }).then(() => inFlight--)
}

let reported = 0
while (process.connected) {
  const owed = pace.rate * ((performance.now() - begun.at) / 1000) - (sent - begun.sent)
  for (let left = Math.floor(owed); left > 0 && inFlight < IN_FLIGHT; left -= CHUNK) send(Math.min(left, CHUNK))
  if (performance.now() - reported > 100) {
    reported = performance.now()
    process.send?.({ sent } satisfies Sent)
  }
  await new Promise((next) => setTimeout(next, TICK_MS))
}
await producer.disconnect()
