import type { MonitorConfig } from '../config/monitor.js'
import type { Config } from '../config/schema.js'
import { CommandError } from './exit.js'

/** The monitor that a command works on: the named one, or the only one. */
export function chooseMonitor({ monitors }: Config, name: string | undefined): MonitorConfig {
  const names = monitors.map((monitor) => monitor.name).join(', ')
  if (name === undefined && monitors.length === 1) return monitors[0]
  if (name === undefined) throw new CommandError('usage', `the configuration has several monitors (${names}); choose one with --monitor`)
  const found = monitors.find((monitor) => monitor.name === name)
  if (found === undefined) throw new CommandError('usage', `there is no monitor "${name}"; the configuration has ${names}`)
  return found
}
