import { connectionFields } from '../connectors/kafka/client.js'

/** Fields of a monitor whose kafka component may leave its connection to the source. */
export const heirs = ['sinks', 'deadLetters', 'state', 'control'] as const

type Block = Readonly<Record<string, unknown>>
type Path = readonly PropertyKey[]

/** A configuration with inherited fields filled in, and the paths of those: what is wrong with them is wrong at the source. */
export interface Inheritance {
  readonly value: unknown
  readonly inherited: readonly Path[]
}

/** Gives kafka sinks, dead letters, stores and control topics without `brokers` the connection of the monitor's kafka source. */
export function inheritConnections(config: unknown): Inheritance {
  if (!isBlock(config) || !Array.isArray(config.monitors)) return { value: config, inherited: [] }
  const inherited: Path[] = []
  const monitors = config.monitors.map((monitor: unknown, index) => {
    const connection = isBlock(monitor) && isBlock(monitor.source) ? connectionOf(monitor.source.kafka) : {}
    if (!isBlock(monitor) || connection.brokers === undefined) return monitor
    const endow = (entry: unknown, path: Path): unknown => {
      if (Array.isArray(entry)) return entry.map((item, position) => endow(item, [...path, position]))
      if (!isBlock(entry) || !isBlock(entry.kafka) || entry.kafka.brokers !== undefined) return entry
      inherited.push(...Object.keys(connection).map((name) => [...path, 'kafka', name]))
      return { ...entry, kafka: { ...connection, ...entry.kafka } }
    }
    const endowed = heirs
      .filter((name) => monitor[name] !== undefined)
      .map((name) => [name, endow(monitor[name], ['monitors', index, name])])
    return { ...monitor, ...Object.fromEntries(endowed) }
  })
  return { value: { ...config, monitors }, inherited }
}

const isBlock = (value: unknown): value is Block => typeof value === 'object' && value !== null && !Array.isArray(value)

const connectionOf = (kafka: unknown): Block =>
  isBlock(kafka)
    ? Object.fromEntries(Object.keys(connectionFields).flatMap((name) => (kafka[name] === undefined ? [] : [[name, kafka[name]]])))
    : {}
