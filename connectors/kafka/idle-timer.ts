import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

/**
 * kafkajs 2.2.4 re-arms a timer with a negative delay for ever on every connection, though nothing is pending:
 * a thousand wake-ups a second each, and a TimeoutNegativeWarning on Node 24 (tulios/kafkajs#1751, #1755).
 * The timer is needed only while requests wait. Every request that must wait arms it anew, so leaving it out is safe.
 */
export function quietIdleTimer(): void {
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests
  if (schedule.name === scheduleWhenPending.name) return
  function scheduleWhenPending(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this)
  }
  RequestQueue.prototype.scheduleCheckPendingRequests = scheduleWhenPending
}
