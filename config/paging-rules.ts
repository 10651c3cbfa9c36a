import { fields, type Rule } from './rules.js'

/** What is asked over HTTP is answered by the metrics server. */
export const servedAdmin: Rule = (config, report) => {
  const { admin, metrics } = fields.parse(config)
  if (admin !== undefined && fields.parse(metrics).enabled === false)
    report(['admin'], 'is served on the port of the metrics: set metrics.enabled to true, or leave admin out')
}

/** With exactly-once delivery each alert waits its turn: pages that wait for others would wait one after the other, and be no group. */
export const pagersInTurn: Rule = (monitor, report) => {
  const { sinks, exactlyOnce } = fields.parse(monitor)
  if (exactlyOnce !== true || !Array.isArray(sinks)) return
  sinks.forEach((sink, index) => {
    const { pager, required, grouping } = fields.parse(sink)
    if (pager === undefined || required === false || fields.parse(grouping).wait === 0) return
    report(
      ['sinks', index, 'grouping', 'wait'],
      'with exactlyOnce every page would wait its turn, and none would be of many alerts; expected `required: false`, or `grouping: { wait: 0s }`',
    )
  })
}
