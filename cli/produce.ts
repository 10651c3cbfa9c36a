import { Command, Option } from 'commander'
import { type Logger, pino } from 'pino'
import { z } from 'zod'
import { readLayout } from '../connectors/files/file.js'
import { type Bounds, topicBounds } from '../connectors/kafka/assignment.js'
import { type Connection, connectionFields, probe } from '../connectors/kafka/client.js'
import { type Compression, compressions } from '../connectors/kafka/compression.js'
import { sinkError } from '../connectors/kafka/fault.js'
import { inChunks } from '../connectors/kafka/messages.js'
import { TopicWriter } from '../connectors/kafka/topic-writer.js'
import { requireTopics } from '../connectors/kafka/topics.js'
import { harmless } from '../telemetry/terminal.js'
import { wholeNumber } from './arguments.js'
import { kafkaSourceOf } from './chosen-options.js'
import { configurationOfData } from './configuration.js'
import { CommandError } from './exit.js'
import { batchesOf } from './produce/batches.js'
import { type Format, formats, messagesOf, RowError, type ToMessage } from './produce/messages.js'
import { shutdownOnSignals } from './signals.js'
import { type Output, type Progress, progress } from './terminal.js'

interface ProduceOptions {
  readonly brokers?: string
  readonly config?: string
  readonly topic: string
  readonly rate: number
  readonly keyColumn?: string
  readonly stream?: string
  readonly timeColumn?: string
  readonly format: Format
  readonly delimiter?: string
  readonly compression: Compression
  readonly loop?: boolean
}

const epilogue = `
Examples:
  $ driftwatch produce march.csv --brokers localhost:9092 --topic features --stream host --rate 200
  $ driftwatch produce march.ndjson --config driftwatch.yaml --topic features --stream meta.host --compression gzip
  $ driftwatch produce vectors.npy --brokers localhost:9092 --topic vectors --format float32 --loop

A csv row becomes a JSON object: cells that are numbers as numbers, empty ones as null, all others as text. A line of NDJSON is
sent as it stands. A row of numbers becomes little-endian bytes, its event time goes into the header \`time\`
(decode: { float32: { stream: { key: true }, time: { header: time } } }).

Exit code 0 when all was sent, also after Ctrl-C: what was read is sent, then it stops. A second Ctrl-C ends at once (130).
2 for a row that does not fit, 5 when brokers, topic or file cannot be reached.`

export const command = (out: Output = process.stdout): Command =>
  new Command('produce')
    .summary('send the rows of a file to a topic')
    .description('Sends the rows of a csv, ndjson or npy file to a Kafka topic, in their order, at a rate or as fast as it goes.')
    .argument('<file>', 'csv (with a header line), ndjson or npy; csv and ndjson also as .gz')
    .requiredOption('-t, --topic <name>', 'topic to send to; it must exist; required')
    .option('-b, --brokers <list>', 'brokers as host:port, separated by commas')
    .option('-c, --config <file>', 'configuration (YAML) whose first kafka source says how to connect (brokers, tls, sasl)')
    .option('--rate <n>', 'records per second; 0 = as fast as it goes', wholeNumber(0), 0)
    .addOption(
      new Option('--stream <column>', 'the column that names the stream: it becomes the key, and stays in a JSON message').conflicts(
        'keyColumn',
      ),
    )
    .option('--key-column <column>', 'the column that becomes the key and is left out of the message')
    .option('--time-column <column>', 'the column with the event time, which is kept as it is written')
    .addOption(new Option('--format <format>', 'what a message is').choices(formats).default('json'))
    .option('--delimiter <character>', 'what separates the columns of a csv file; default: a comma, of a .tsv a tab')
    .addOption(new Option('--compression <codec>', 'how records are packed').choices(compressions).default('none'))
    .option('--loop', 'begin again at the end of the file, until stopped')
    .addHelpText('after', epilogue)
    .action((file: string, options: ProduceOptions) => produce(file, options, out))

async function produce(file: string, options: ProduceOptions, out: Output): Promise<void> {
  const logger = pino({ level: 'silent' })
  const { topic } = options
  const connection = connectionOf(options)
  const delimiter = options.delimiter ?? (/\.tsv(\.gz)?$/i.test(file) ? '\t' : ',')
  const layout = await readLayout(file, delimiter).catch(unreachable)
  const { format, timeColumn: time, stream, keyColumn } = options
  const toMessage = messagesOf(layout, { format, key: stream ?? keyColumn, keepKey: stream !== undefined, time, delimiter })
  const before = await boundsOf(connection, topic, logger)
  const sent = await send(file, toMessage, makeWriter(connection, options, logger), { ...options, brokers: connection.brokers })
  const after = await boundsOf(connection, topic, logger)
  const grown = [...after].filter(([partition, { end }]) => end > (before.get(partition)?.end ?? 0)).length
  out.write(`sent ${sent.toLocaleString('en-GB')} records to topic ${harmless(topic)}: ${grown} of ${after.size} partitions took some\n`)
}

/** How to connect: as the configuration's first kafka source does, to the given brokers where there are any. */
function connectionOf({ brokers, config }: ProduceOptions): Connection {
  const given = brokers === undefined ? {} : { brokers: brokers.split(',').map((broker) => broker.trim()) }
  if (config !== undefined) {
    const source = configurationOfData(config)
      .monitors.map(kafkaSourceOf)
      .find((options) => options !== undefined)
    if (source !== undefined) return { ...source, ...given }
    throw new CommandError('usage', `--config ${config}: no monitor there reads from kafka`)
  }
  const parsed = z.strictObject(connectionFields).safeParse(given)
  if (parsed.success) return parsed.data
  throw new CommandError('usage', 'give --brokers as host:port, separated by commas, or --config with a kafka source')
}

/** What each partition of the topic holds. */
const boundsOf = (connection: Connection, topic: string, logger: Logger): Promise<Bounds> =>
  probe(connection, logger, async (admin) => {
    await requireTopics(admin, [topic], connection.brokers)
    return topicBounds(admin, topic)
  }).catch(unreachable)

function makeWriter(connection: Connection, { topic, compression }: ProduceOptions, logger: Logger): TopicWriter {
  try {
    return new TopicWriter({ ...connection, topic }, logger, compression)
  } catch (error) {
    throw new CommandError('usage', `--${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/** The longest wait for what is in flight after a first signal; a second one does not wait. */
const drainMs = 30_000

type Sending = Pick<ProduceOptions, 'topic' | 'rate' | 'loop'> & Pick<Connection, 'brokers'>

/** Sends the file until it ends or a signal stops it; returns the number of records. @throws CommandError */
async function send(
  file: string,
  toMessage: ToMessage,
  writer: TopicWriter,
  { brokers, topic, rate, loop = false }: Sending,
): Promise<number> {
  const shutdown = shutdownOnSignals(drainMs)
  const notSent = (error: unknown): never => {
    throw new CommandError('unreachable', sinkError(error, brokers, topic).message, { cause: error })
  }
  let sent = 0
  let bar: Progress | undefined
  try {
    await writer.connect().catch(notSent)
    for await (const { records, total } of batchesOf(file, rate, loop, shutdown.stop)) {
      bar ??= progress('sending', loop ? undefined : total)
      for (const chunk of inChunks(records.flatMap((record) => toMessage(record) ?? []))) {
        await writer.send(chunk).catch(notSent)
        sent += chunk.length
        bar.update(sent, 'records')
      }
    }
    return sent
  } catch (error) {
    if (error instanceof RowError)
      throw new CommandError('usage', `${file}: ${error.message}; stopped there, ${sent} records were sent`, { cause: error })
    throw error instanceof CommandError ? error : unreachable(error)
  } finally {
    bar?.end()
    shutdown.dispose()
    await writer.close()
  }
}

function unreachable(error: unknown): never {
  throw new CommandError('unreachable', error instanceof Error ? error.message : String(error), { cause: error })
}
