import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command as doctor } from '../../cli/doctor.js'
import { command as fit } from '../../cli/fit.js'
import { config } from '../config/texts.js'
import { writeTiles, writeTinyBackbone } from '../kit/tiles.js'
import { synthetic } from '../references/synthetic.js'
import { quickDetectors } from './reference.js'
import { runCommand } from './run-command.js'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-groups-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('fit of rows with named groups', () => {
  const d = 3
  const values = synthetic({ n: 800, d, seed: 1 })
  const csv = (group: (row: number) => string | number) =>
    ['f0,f1,f2,tile', ...Array.from({ length: 800 }, (_, i) => `${values.subarray(i * d, (i + 1) * d).join(',')},${group(i)}`)].join('\n')
  const fitted = async (name: string, text: string, ...args: string[]) => {
    writeFileSync(at(name), text)
    return runCommand(fit, at(name), '--out', at('reference'), ...args)
  }

  it('says what it cut by; the column is no feature', async () => {
    const { code, out } = await fitted(
      'rows.csv',
      csv((i) => (i === 7 ? '' : `t${i % 100}`)),
      '--group',
      'tile',
    )
    expect(code).toBe(0)
    expect(out).toMatch(/^ +groups +100, the largest 8 rows, and 1 rows? without one; 10 folds$/m)
    expect(out).toMatch(/^ +features +3$/m)
  })

  it('refuses too few groups, none at all, and a column that is not there, with the mend', async () => {
    const few = await fitted(
      'few.csv',
      csv((i) => i % 3),
      '--group',
      'tile',
    )
    expect(few).toMatchObject({ code: 3, err: expect.stringMatching(/rows are of 3 groups, at least 4 .* name finer groups/) })
    const none = await fitted(
      'none.csv',
      csv(() => ''),
      '--group',
      'tile',
    )
    expect(none).toMatchObject({ code: 3, err: expect.stringMatching(/none of the 800 rows has a group.*or leave group out/) })
    const lost = await fitted(
      'rows.csv',
      csv((i) => i % 100),
      '--group',
      'title',
    )
    expect(lost.code).not.toBe(0)
    expect(lost.err).toContain('title')
    const images = await runCommand(fit, '--images', folder, '--group', 'tile')
    expect(images).toMatchObject({ code: 2, err: expect.stringMatching(/with --images only "subfolder"/) })
  })

  it('groups of a monitor are those of its codec, also in a file in place of its messages; doctor --null holds them apart too', async () => {
    const monitor = (group: string) => {
      writeFileSync(
        at('driftwatch.yaml'),
        config({
          source: `{ file: { path: ${at('rows.csv')} } }`,
          decode: `{ json: { features: [f0, f1, f2], group: ${group} } }`,
          detectors: `[${quickDetectors}]`,
          window: '{ size: 64, hop: 16, longer: [] }',
          reference: `{ path: ${at('monitored')} }`,
          state: '{ memory: {} }',
        }),
      )
      return at('driftwatch.yaml')
    }
    writeFileSync(
      at('rows.csv'),
      csv((i) => i % 100),
    )
    const { out } = await runCommand(fit, '--config', monitor('data.tile'), at('rows.csv'))
    expect(out).toMatch(/groups +100, the largest 8 rows; 10 folds/)
    const lost = await runCommand(fit, '--config', monitor('{ header: tile }'), at('rows.csv'))
    expect(lost).toMatchObject({ code: 3, err: expect.stringMatching(/none of the 800 rows has a group/) })
    expect((await runCommand(doctor, monitor('tile'), '--null', at('rows.csv'))).out).toMatch(/null +800 records/)
  })
})

describe('fit of pictures', () => {
  const monitor = (path: string, decode: string) => {
    const file = at(`${path}.yaml`)
    writeFileSync(
      file,
      config({
        source: `{ folder: { path: ${at(path)} } }`,
        decode,
        detectors: `[${quickDetectors}]`,
        pictures: `{ backbone: ${at('tiny.onnx')} }`,
        window: '{ size: 16, hop: 4, longer: [] }',
        reference: `{ path: ${at(`${path}-reference`)}, acceptRefused: true }`,
        alerting: '{ falseAlarmsPerDay: 2000 }',
      }),
    )
    return file
  }

  it('by subfolder refuses a folder without any before it embeds a picture', async () => {
    mkdirSync(at('flat'))
    writeFileSync(at('flat/1.jpg'), 'never decoded')
    const { code, err } = await runCommand(fit, '--images', at('flat'), '--group', 'subfolder')
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`${at('flat')} has no subfolders`) })
    expect(err).toContain('put the pictures of each group into one')
  })

  it('says that pictures have near copies in other folds, and no longer does where subfolders name what they are of', async () => {
    await writeTinyBackbone(at('tiny.onnx'))
    mkdirSync(at('twice/first'), { recursive: true })
    await writeTiles(at('twice/first'), 80)
    cpSync(at('twice/first'), at('twice/second'), { recursive: true })
    for (const [i, name] of readdirSync(at('twice/first')).entries())
      for (const copy of ['first', 'second']) cpSync(at(`twice/${copy}/${name}`), at(`tiles/${i}/${copy}-${name}`), { recursive: true })
    const copies =
      /100 % of the pictures are nearer to one of another fold than chance .* near copies, .*say what each is of \(decode\.image\.group\)/
    expect((await runCommand(fit, '--config', monitor('twice', '{ image: {} }'))).out).toMatch(copies)
    const { out } = await runCommand(fit, '--config', monitor('tiles', '{ image: { group: { key: true } } }'))
    expect(out).toMatch(/groups +80, the largest 2 rows; 10 folds/)
    expect(out).not.toMatch(/near copies/)
  })
})
