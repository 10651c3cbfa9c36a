import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../connectors/files/write.js'
import { DemoProcess } from '../kit/demo.js'

it('the demo tells its story: fitted, watching, an alert opened with its why, escalated, resolved after its fault; Ctrl-C ends it cleanly', async () => {
  const folder = await temporaryFolder()
  const demo = DemoProcess.start({ TMPDIR: folder })
  const told = (pattern: RegExp) => demo.told(pattern)
  try {
    await told(/^fitted reference [0-9a-f]{16} to 230,400 records; self-test passed$/)
    const [, address] = await told(/^metrics at (http:\S+)$/)
    await told(/^injecting into checkout-eu/)
    await told(/(?:WARNING|ERROR|CRITICAL) +opened +demo \/ checkout-eu {2}record/)
    await told(/why .*latency_p95 ↑ [\d.]+σ/)
    await told(/escalated +demo \/ checkout-eu {2}record/)
    const metrics = await (await fetch(address)).text()
    expect(metrics).toMatch(/driftwatch_alerts_opened_total\{monitor="demo",stream="checkout-eu",kind="record",severity="\w+"\} 1/)
    await told(/^fault over in checkout-eu/)
    await told(/resolved +demo \/ checkout-eu {2}record/)
    await told(/^watching at \d+ records\/s/)
    const ended = demo.stop()
    await told(/^done: .* drained and stopped$/)
    expect(await ended).toEqual([0, null])
    expect((await readdir(folder)).filter((name) => name.startsWith('driftwatch'))).toEqual([])
  } finally {
    demo.kill()
  }
})
