import { afterEach, describe, expect, it } from 'vitest'
import { EventLoopDelay } from '../../telemetry/event-loop.js'

describe('the delay of the event loop', () => {
  const delay = new EventLoopDelay()
  afterEach(() => delay.close())

  it('sees a loop that was held up, and starts anew after a reading', async () => {
    const ticks = async (n: number) => {
      for (let i = 0; i < n; i++) await new Promise((resolve) => setTimeout(resolve, 11))
    }
    await ticks(3)
    const until = performance.now() + 300
    while (performance.now() < until);
    await ticks(3)
    const reading = delay.read()
    expect(reading['1']).toBeGreaterThan(0.25)
    expect(reading['0.5']).toBeLessThanOrEqual(reading['0.99'])
    expect(reading['0.99']).toBeLessThanOrEqual(reading['1'])
    expect(delay.read()).toEqual({ '0.5': 0, '0.99': 0, '1': 0 })
  })
})
