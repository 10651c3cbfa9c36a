import type { MonitorConfig } from '../../config/monitor.js'
import type { SinkConfig } from '../../config/sink.js'
import type { ComponentContext } from '../../connectors/component.js'
import { kafkaDeadLetters } from '../../connectors/kafka/dead-letters.js'
import { kafkaSink } from '../../connectors/kafka/sink.js'
import { kafkaState } from '../../connectors/kafka/state-store.js'
import { deadLetterFile } from '../../connectors/stores/dead-letter-file.js'
import { fileStore } from '../../connectors/stores/file.js'
import { memoryStore } from '../../connectors/stores/memory.js'
import { kafkaSourceOf, optionsOf } from '../chosen-options.js'
import { connectOnce } from './connect.js'
import { type Check, ok, type Verdict, warn } from './finding.js'
import { writable } from './paths.js'
import { inputTopics, outputTopic, stateTopic } from './topics.js'

/** Everything that a monitor connects to. With `create`, topics that it writes to are made where they are missing. */
export const connectionChecks = (config: MonitorConfig, create: boolean, context: ComponentContext): Check[] => [
  { name: 'source', look: () => source(config, context) },
  ...config.sinks.map((sink) => ({ name: `sink ${sink.name}`, look: () => alertSink(sink, create, context) })),
  { name: 'dead letters', look: () => deadLetters(config, create, context) },
  { name: 'state', look: () => state(config, create, context) },
  ...(config.control === undefined ? [] : [{ name: 'control', look: controlInput(config.control, context) }]),
]

async function source(config: MonitorConfig, context: ComponentContext): Promise<Verdict> {
  const options = kafkaSourceOf(config)
  if (options !== undefined) return inputTopics(options, context.logger)
  await connectOnce(config.source.create(context))
  return ok(`${config.source.type}: ready`)
}

const controlInput = (control: NonNullable<MonitorConfig['control']>, context: ComponentContext) => async (): Promise<Verdict> => {
  await connectOnce(control.create(context).past(false))
  return ok(`${control.type}: ready`)
}

async function alertSink({ sink, pager }: SinkConfig, create: boolean, context: ComponentContext): Promise<Verdict> {
  if (sink === undefined) {
    await connectOnce(pager.create(context))
    return ok(`${pager.type}: ready`)
  }
  const options = optionsOf(sink, kafkaSink)
  const verdict = options === undefined ? ok(`${sink.type}: ready`) : await outputTopic(options, create, context.logger)
  await connectOnce(sink.create(context))
  return verdict
}

async function deadLetters({ deadLetters }: MonitorConfig, create: boolean, context: ComponentContext): Promise<Verdict> {
  const file = optionsOf(deadLetters, deadLetterFile)
  if (file !== undefined) return writable('file', file.path)
  const options = optionsOf(deadLetters, kafkaDeadLetters)
  const verdict = options === undefined ? ok(`${deadLetters.type}: ready`) : await outputTopic(options, create, context.logger)
  await connectOnce(deadLetters.create(context))
  return verdict
}

async function state(config: MonitorConfig, create: boolean, context: ComponentContext): Promise<Verdict> {
  const { state } = config
  const input = kafkaSourceOf(config)
  const folder = optionsOf(state, fileStore)
  if (folder !== undefined) return writable('folder', folder.path)
  const options = optionsOf(state, kafkaState)
  if (options !== undefined) return stateTopic(options, input, create, context)
  if (optionsOf(state, memoryStore) !== undefined && input !== undefined) {
    return warn('memory: a restart forgets open alerts and windows', 'keep the state in `file` or `kafka`')
  }
  await connectOnce(state.create(context))
  return ok(`${state.type}: ready`)
}
