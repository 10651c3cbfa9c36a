import kafkajs, { type logCreator } from 'kafkajs'
import type { Logger } from 'pino'

/**
 * What kafkajs reports as an error though it tries again and, as a rule, succeeds: the first use of a coordinator, a
 * rebalance; and its warning of limited retries, which topic-writer.ts answers.
 */
const passing =
  /limiting retries|coordinator is (not available|loading)|not the correct coordinator|concurrent transactions|ongoing transaction|rebalancing|re-joining|Specified group generation id|is not aware of this member|no leader for this topic-partition|not the leader for that topic-partition|Leader not available/i

const fields = ['broker', 'groupId', 'topic', 'partition', 'error', 'retryCount', 'retryTime'] as const

/**
 * kafkajs's messages in our log. Its errors are warnings here: what it cannot mend itself it throws, and that is
 * reported where it ends. Passing noise and its information are for debugging. Of the details only known fields are
 * taken, none of which can hold a secret.
 */
export const gradedLogs =
  (logger: Logger): logCreator =>
  () =>
  ({ namespace, level, log }) => {
    const details: Record<string, unknown> = { component: `kafkajs/${namespace}` }
    for (const field of fields) if (log[field] !== undefined) details[field] = log[field]
    logger[grade(level, `${log.message} ${log.error ?? ''}`)](details, `kafka: ${log.message}`)
  }

function grade(level: kafkajs.logLevel, text: string): 'warn' | 'debug' | 'trace' {
  if (level === kafkajs.logLevel.DEBUG) return 'trace'
  if (level === kafkajs.logLevel.INFO || passing.test(text)) return 'debug'
  return 'warn'
}
