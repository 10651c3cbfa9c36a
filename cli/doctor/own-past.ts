import { totalmem } from 'node:os'
import { count } from '../../alerts/words.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { OwnPastSettings } from '../../pipelines/assemble-own-past.js'
import { ownPastSettings } from '../prepare-own-past.js'
import { type Check, ok, warn } from './finding.js'

/** Of a moment that is kept. */
const MOMENT_BYTES = 128
/** Kafka's max.message.bytes where nobody has raised it. */
const MESSAGE_BYTES = 1024 * 1024

/** What a monitor without a reference can promise, and what its streams cost. */
export const ownPastCheck = (config: MonitorConfig): Check => ({
  name: 'own past',
  async look() {
    const own = await ownPastSettings(config)
    return own === undefined ? [] : [promise(config, own), cost(config, own)]
  },
})

function promise({ alerting: { falseAlarmsPerDay } }: MonitorConfig, { probation, rowsPerDay, features }: OwnPastSettings) {
  const records = (rowsPerDay * features.length) / falseAlarmsPerDay
  return ok(
    `no reference: a stream is judged from its record ${count(probation + 1)} on; its past can hold the budget of ${Number(falseAlarmsPerDay.toPrecision(2))}/day ` +
      `once it is ${count(records)} records longer, and does so reliably from ${count(8 * records)} on`,
  )
}

function cost({ limits, state }: MonitorConfig, { capacity, features }: OwnPastSettings) {
  const bytes = capacity * MOMENT_BYTES * features.length
  const line = `a stream's state takes up to ${count(bytes / 1000)} kB, those of limits.streams (${count(limits.streams)}) ${count((limits.streams * bytes) / 1e6)} MB of memory`
  if (limits.streams * bytes > totalmem() / 2)
    return warn(
      line,
      `as many streams would take more than half of this machine's memory; lower limits.streams to what may come, or reference.ownPast.capacity`,
    )
  if (state.type !== 'kafka' || bytes < MESSAGE_BYTES) return ok(line)
  return warn(line, `the state topic needs max.message.bytes above ${count(1.1 * bytes)}; or lower reference.ownPast.capacity`)
}
