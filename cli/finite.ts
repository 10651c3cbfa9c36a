import type { MonitorConfig } from '../config/monitor.js'
import type { ComponentContext, InputRange } from '../connectors/component.js'
import { fileSource } from '../connectors/files/file.js'
import { sources } from '../connectors/registry.js'
import type { Source } from '../connectors/source.js'
import { CommandError } from './exit.js'

/** The options `--from` and `--to`, as text. */
export interface RangeOptions {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export const rangeHelp = 'a time (2026-03-01T00:00:00Z) or offsets per partition (0:1200,1:1180)'

/** The monitor's own input as finite sources. Without a range a topic is read from its beginning to its present end. */
export function finiteSources(config: MonitorConfig, range: RangeOptions, context: ComponentContext): Source[] {
  const component = sources.find(({ type }) => type === config.source.type)
  const bounds: InputRange = { from: bound(range.from) ?? 'earliest', to: bound(range.to) ?? 'now' }
  if (component?.finite !== undefined) return component.finite(config.source.options, bounds, context)
  if (range.from !== undefined || range.to !== undefined) {
    throw new CommandError(
      'usage',
      `--from and --to need a source with offsets and times, such as kafka; here records are read from a ${config.source.type}`,
    )
  }
  return [config.source.create(context)]
}

/** A file in place of the monitor's input. */
export const fileInput = (path: string, context: ComponentContext): Source => fileSource.create(fileSource.schema.parse({ path }), context)

function bound(text: string | undefined): number | Record<string, number> | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (/^\d{4}-/.test(text) && !Number.isNaN(time)) return time
  const pairs = text.split(',').map((pair) => /^\s*(\d+)\s*:\s*(\d+)\s*$/.exec(pair))
  if (pairs.every((pair) => pair !== null)) return Object.fromEntries(pairs.map(([, partition, offset]) => [partition, Number(offset)]))
  throw new CommandError('usage', `"${text}" is neither ${rangeHelp.replace(' or ', ' nor ')}`)
}
