import kafkajs, { type logCreator } from 'kafkajs'
import type { Logger } from 'pino'

/**
 * What kafkajs reports as an error though it tries again and, as a rule, succeeds: the first use of a coordinator, a
 * rebalance; what it says twice; and its warning of limited retries, which topic-writer.ts answers.
 */
const passing =
  /limiting retries|failed to connect to seed broker|restarting the consumer|coordinator is (not available|loading)|not the correct coordinator|concurrent transactions|ongoing transaction|rebalancing|re-joining|specified group generation id|is not aware of this member|no leader for this topic-partition|not the leader for that topic-partition|leader not available/i

const fields = ['broker', 'groupId', 'topic', 'partition', 'error', 'retryCount', 'retryTime'] as const

/** A warning that comes again within this time is for debugging: an outage is one event, not one per try. */
const quietMs = 60_000

/**
 * kafkajs's messages in our log. Its errors are warnings here: what it cannot mend itself it throws, and that is
 * reported where it ends. Passing noise and its information are for debugging. Of the details only known fields are
 * taken, none of which can hold a secret.
 */
export const gradedLogs =
  (logger: Logger): logCreator =>
  () => {
    const repeats = repetition()
    return ({ namespace, level, log }) => {
      const details: Record<string, unknown> = { component: `kafkajs/${namespace}` }
      for (const field of fields) if (log[field] !== undefined) details[field] = log[field]
      const text = `${log.message} ${log.error ?? ''}`
      const grade = gradeOf(level, text)
      logger[grade === 'warn' && repeats(text) ? 'debug' : grade](details, `kafka: ${log.message}`)
    }
  }

function gradeOf(level: kafkajs.logLevel, text: string): 'warn' | 'debug' | 'trace' {
  if (level === kafkajs.logLevel.DEBUG) return 'trace'
  if (level === kafkajs.logLevel.INFO || passing.test(text)) return 'debug'
  return 'warn'
}

/** Tells whether a text came before, not long ago. */
function repetition(): (text: string) => boolean {
  const seen = new Map<string, number>()
  return (text) => {
    const now = performance.now()
    for (const [old, time] of seen) if (now - time > quietMs) seen.delete(old)
    const repeated = seen.has(text)
    if (!repeated) seen.set(text, now)
    return repeated
  }
}
