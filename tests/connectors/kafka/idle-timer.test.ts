import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { describe, expect, it } from 'vitest'
import { quietIdleTimer } from '../../../connectors/kafka/idle-timer.js'

describe("kafkajs's idle timer", () => {
  it('is armed only while requests wait, however often the mend is applied', () => {
    quietIdleTimer()
    const mended = RequestQueue.prototype.scheduleCheckPendingRequests
    quietIdleTimer()
    expect(RequestQueue.prototype.scheduleCheckPendingRequests).toBe(mended)
    for (const [pending, armed] of [
      [[], false],
      [[{}], true],
    ] as const) {
      const queue = { pending, throttledUntil: -1, throttleCheckTimeoutId: null, checkPendingRequests() {} }
      mended.call(queue)
      expect(queue.throttleCheckTimeoutId !== null).toBe(armed)
    }
  })
})
