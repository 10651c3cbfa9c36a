import { connectionFields } from '../connectors/kafka/client.js'

/** Positions of a monitor, below `monitors[i]`, whose kafka component may leave its connection to the source. */
export const heirs = ['sinks', 'deadLetters', 'state'] as const

const connection = Object.keys(connectionFields)

type Block = Readonly<Record<string, unknown>>
type Path = readonly PropertyKey[]

const isBlock = (value: unknown): value is Block => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Gives kafka sinks, dead letters and stores without `brokers` the connection of the monitor's kafka source.
 * The paths are of the fields that were given: what is wrong with them is wrong at the source.
 */
export function inheritConnections(config: unknown): { readonly value: unknown; readonly given: readonly Path[] } {
  const given: Path[] = []
  if (!isBlock(config) || !Array.isArray(config.monitors)) return { value: config, given }
  const monitors = config.monitors.map((monitor: unknown, index) => {
    const fields = isBlock(monitor) && isBlock(monitor.source) && isBlock(monitor.source.kafka) ? sharedFields(monitor.source.kafka) : {}
    if (!isBlock(monitor) || Object.keys(fields).length === 0) return monitor
    const endow = (entry: unknown, path: Path): unknown => {
      if (Array.isArray(entry)) return entry.map((item, position) => endow(item, [...path, position]))
      if (!isBlock(entry) || !isBlock(entry.kafka) || entry.kafka.brokers !== undefined) return entry
      given.push(...Object.keys(fields).map((name) => [...path, 'kafka', name]))
      return { ...entry, kafka: { ...fields, ...entry.kafka } }
    }
    const endowed = heirs.filter((name) => monitor[name] !== undefined).map((name) => [name, endow(monitor[name], ['monitors', index, name])])
    return { ...monitor, ...Object.fromEntries(endowed) }
  })
  return { value: { ...config, monitors }, given }
}

const sharedFields = (kafka: Block): Block =>
  Object.fromEntries(connection.filter((name) => kafka[name] !== undefined).map((name) => [name, kafka[name]]))
