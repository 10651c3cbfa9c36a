import type { MonitorConfig } from '../config/monitor.js'
import { CommandError } from './exit.js'

/** Where the monitor's bundle lies. @throws CommandError for a monitor that has none */
export function bundlePath({ name, reference: { path } }: Pick<MonitorConfig, 'name' | 'reference'>): string {
  if (path !== undefined) return path
  throw new CommandError(
    'usage',
    `monitor ${name} has no reference: it judges each stream by its own past (reference.ownPast), so this command has nothing to work on. ` +
      '`driftwatch replay` shows what it finds in past data; give reference.path for a monitor with a reference',
  )
}
