import { expect, it } from 'vitest'
import { example, makeData, onFreePort, succeed } from '../examples/example.js'
import { lines } from '../kit/events.js'
import { driftwatch, useProcesses } from '../kit/process.js'

const place = useProcesses()

it('an execution provider that cannot be loaded leaves nothing on standard error but our own log', async () => {
  makeData(place.folder)
  const here = { cwd: place.folder }
  const text = example('file', { '    reference:': '    execution: { providers: [cuda, cpu] }\n    reference:' })
  const config = await place.config('cuda', onFreePort(text))
  await succeed(['fit', '--config', config, 'data/normal.csv'], here)
  const { code, stderr } = await driftwatch(['run', config], here)
  expect(code).toBe(0)
  for (const line of lines(stderr)) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
})
