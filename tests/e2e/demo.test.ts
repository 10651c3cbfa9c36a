import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../connectors/files/write.js'

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

it('the demo tells its story: fitted, watching, an alert opened with its why, escalated, resolved after its fault; Ctrl-C ends it cleanly', async () => {
  const folder = await temporaryFolder()
  const child = spawn(process.execPath, [main, 'demo'], {
    env: { ...process.env, NO_COLOR: '1', TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  /** The next line that matches; fails when the demo ends without it. */
  const told = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const { done, value } = await lines.next()
      if (done) throw new Error(`the demo ended without telling ${pattern}`)
      const match = pattern.exec(value)
      if (match !== null) return match
    }
  }
  try {
    await told(/^fitted reference [0-9a-f]{16} to 230,400 records; self-test passed$/)
    const [, page] = await told(/^open (http:\S+\/)$/)
    const [, address] = await told(/^metrics at (http:\S+)$/)
    await told(/^injecting into checkout-eu/)
    await told(/(?:WARNING|ERROR|CRITICAL) +opened +demo \/ checkout-eu {2}record/)
    await told(/why .*latency_p95 ↑ [\d.]+σ/)
    await told(/escalated +demo \/ checkout-eu {2}record/)
    const metrics = await (await fetch(address)).text()
    expect(metrics).toMatch(/driftwatch_alerts_opened_total\{monitor="demo",stream="checkout-eu",kind="record",severity="\w+"\} 1/)
    await told(/^fault over in checkout-eu/)
    await told(/resolved +demo \/ checkout-eu {2}record/)
    const history = await (await fetch(`${page}page/history?monitor=demo&stream=checkout-eu`)).json()
    expect(history).toMatchObject({
      stream: 'checkout-eu',
      episodes: expect.arrayContaining([expect.objectContaining({ kind: 'record' })]),
    })
    await told(/^watching at \d+ records\/s/)
    child.kill('SIGINT')
    await told(/^done: .* drained and stopped$/)
    expect(await ended).toEqual([0, null])
    expect((await readdir(folder)).filter((name) => name.startsWith('driftwatch'))).toEqual([])
  } finally {
    child.kill('SIGKILL')
  }
})
