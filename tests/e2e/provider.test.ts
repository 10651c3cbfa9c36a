import { beforeAll, describe, expect, it } from 'vitest'
import { example, makeData, onFreePort, succeed } from '../examples/example.js'
import { lines } from '../kit/events.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { webgpuOrSkip, withoutDevice } from '../kit/webgpu.js'

const place = useProcesses()
const { skip, env } = await webgpuOrSkip()

/** The example of a file with one detector, fitted, on these providers. */
const configured = (name: string, execution: string): Promise<string> =>
  place.config(
    name,
    onFreePort(example('file', { '    reference:': `    detectors: [gaussian]\n    execution: { ${execution} }\n    reference:` })),
  )

beforeAll(async () => {
  makeData(place.folder)
  await succeed(['fit', '--config', await configured('cpu', 'providers: [cpu]'), 'data/normal.csv'], { cwd: place.folder })
})

it('an execution provider that cannot be loaded leaves nothing on standard error but our own log', async () => {
  const { code, stderr } = await driftwatch(['run', await configured('cuda', 'providers: [cuda, cpu]')], { cwd: place.folder })
  expect(code).toBe(0)
  for (const line of lines(stderr)) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
})

describe('without a device for WebGPU', () => {
  const here = () => ({ cwd: place.folder, env: withoutDevice })

  it('the next provider is taken, which the log says', async () => {
    const process = new Driftwatch(['run', await configured('either', 'providers: [webgpu, cpu]')], here())
    const { provider, message } = await process.logged('execution provider not available')
    expect(`${provider}: ${message}`).toMatch(/^webgpu: .*Failed to get a WebGPU adapter/)
    expect((await process.ended).code).toBe(0)
    expect(process.lines).toContainEqual(expect.objectContaining({ provider: 'cpu', reference: expect.any(String) }))
  })

  it('a monitor that requires it does not start, and says what is missing', async () => {
    const { code, stderr } = await driftwatch(['run', await configured('required', 'providers: [webgpu, cpu], required: true')], here())
    expect(code).toBeGreaterThan(0)
    expect(stderr).toMatch(/no execution provider could be used \(webgpu: .*Failed to get a WebGPU adapter/)
  })
})

describe.skipIf(skip)(`with WebGPU${skip ? ` (${skip})` : ''}`, () => {
  it('a monitor that requires it scores with it, which `doctor` says, too', async () => {
    const config = await configured('webgpu', 'providers: [webgpu], required: true')
    const here = { cwd: place.folder, env }
    const [run, doctor] = await Promise.all([driftwatch(['run', config], here), driftwatch(['doctor', config], here)])
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('"provider":"webgpu"') })
    expect(doctor.stdout + doctor.stderr).toMatch(/webgpu reproduces the \d+ golden rows of the reference/)
  })
})
