import { expect, it } from 'vitest'
import { main } from '../../examples/library.js'

it('the example of the library fits, watches, and raises an alert for the fault', async () => {
  const lines: string[] = []
  await main((line) => lines.push(line))
  expect(lines[0]).toMatch(/^reference [0-9a-f]{16}: 57600 rows, 8 features$/)
  expect(lines.slice(1).join('\n')).toMatch(/ opened +search: anomalous records: .*latency_p95 \+\d/)
})
