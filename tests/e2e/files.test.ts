import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { example, makeData, onFreePort, opened, succeed } from '../examples/example.js'
import { lines } from '../kit/events.js'
import { driftwatch, useProcesses } from '../kit/process.js'

describe('files in place of a topic', () => {
  const place = useProcesses()
  const here = () => ({ cwd: place.folder })
  let csv: string
  beforeAll(async () => {
    makeData(place.folder)
    csv = await place.config('csv', onFreePort(example('file')))
    await succeed(['fit', '--config', csv, 'data/normal.csv'], here())
  })

  it.each(['run', 'replay', 'fit --config'])('%s says that a mistyped path cannot be read, as something expected', async (command) => {
    const config = await place.config('mistyped', onFreePort(example('file', { './data/watched.csv': './fault.csv' })))
    const { code, stderr } = await driftwatch([...command.split(' '), config], here())
    expect(code).toBe(5)
    expect(stderr).toMatch(/^error: \.\/fault\.csv: cannot be read .*; check the path/m)
    expect(stderr).not.toContain('This is not expected')
  })

  it.each([
    ['0.0.0.0', '', true],
    ['0.0.0.0', 'page: { token: nobody-guesses-this }\n', false],
    ['127.0.0.1', '', false],
  ])('run on %s, %s warns that the live page is open to others: %s', async (host, page, warns) => {
    const text = `metrics: { port: 0, host: ${host} }\n${page}${example('file', { './data/watched.csv': './fault.csv' })}`
    const { stderr } = await driftwatch(['run', await place.config('open', text)], here())
    expect(stderr).toContain('serving the live page')
    expect(stderr.includes('the live page shows all to who reaches 0.0.0.0; set page.token')).toBe(warns)
  })

  it('fit takes the columns of a file source from its header line', async () => {
    const { stderr } = await driftwatch(['fit', '--config', csv, '--out', 'other'], here())
    expect(stderr).not.toContain('columns')
  })

  it('replay decodes a csv file for a monitor of JSON messages, and says how much it was', async () => {
    const json = await place.config('json', onFreePort(example('kafka-json')))
    const { code, stdout, stderr } = await driftwatch(['replay', json, '-i', 'data/watched.csv'], here())
    expect(code).toBe(0)
    expect(opened(lines(stdout))).toEqual(expect.arrayContaining(['south record', 'west drift']))
    expect(stderr).toMatch(new RegExp(`^replayed payments: 1,728 records scored, 0 rejected, ${lines(stdout).length} alert events$`, 'm'))
  })

  it('replay refuses a file that cannot hold what the monitor decodes', async () => {
    await writeFile(join(place.folder, 'rows.ndjson'), '{"amount":1}\n')
    const { code, stderr } = await driftwatch(['replay', csv, '-i', 'rows.ndjson'], here())
    expect(code).toBe(2)
    expect(stderr).toMatch(/rows\.ndjson: holds JSON, but monitor payments decodes csv/)
  })
})
