import type { z } from 'zod'
import type { Choice } from '../config/choice.js'
import type { MonitorConfig } from '../config/monitor.js'
import { kafka } from '../connectors/kafka/source.js'

/** The options of a choice that fell on this component, in the type that the component's own schema gave them; else undefined. */
export function optionsOf<S extends z.ZodType>(choice: Choice, component: { readonly schema: S }): z.output<S> | undefined {
  const chosen: object = choice.component
  return chosen === component ? (choice.options as z.output<S>) : undefined
}

export type KafkaSourceOptions = z.output<typeof kafka.schema>

/** The options of a monitor's Kafka source; undefined when it reads from something else. */
export const kafkaSourceOf = ({ source }: MonitorConfig): KafkaSourceOptions | undefined => optionsOf(source, kafka)
