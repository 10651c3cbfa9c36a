import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent, AnomalyData } from '../../alerts/event.js'
import { command as fit } from '../../cli/fit.js'
import { command as replay } from '../../cli/replay.js'
import { config } from '../config/texts.js'
import { uniforms } from '../detectors/samples.js'
import { lines } from '../kit/events.js'
import { normals } from '../references/synthetic.js'
import { runCommand } from './run-command.js'

const classes = { card: [0, 0], cash: [20, 0], refund: [0, 20] } as const
type Label = keyof typeof classes
let folder: string
let path: string

/** One record a minute, of classes that are as frequent as given. */
function records(
  seed: number,
  n: number,
  frequencies: Readonly<Record<Label, number>>,
  change: (line: Record<string, unknown>, i: number) => object = (line) => line,
) {
  const [uniform, normal] = [uniforms(seed), normals(seed)]
  return Array.from({ length: n }, (_, i) => {
    const draw = uniform()
    const label: Label = draw < frequencies.card ? 'card' : draw < frequencies.card + frequencies.cash ? 'cash' : 'refund'
    const [x, y] = classes[label]
    const line = { x: x + normal(), y: y + normal(), product: label, time: Date.UTC(2026, 0, 1) + 60_000 * (seed * 10_000 + i) }
    return `${JSON.stringify(change(line, i))}\n`
  }).join('')
}

const usual = { card: 0.6, cash: 0.3, refund: 0.1 }
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const replayed = async (name: string) => {
  const { code, out } = await runCommand(replay, path, '-i', join(folder, name))
  expect(code).toBe(0)
  return lines(out)
    .map((line): AlertEvent => JSON.parse(line))
    .filter(({ type }) => type === 'io.driftwatch.alert.opened')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-labels-'))
  path = join(folder, 'driftwatch.yaml')
  write('normal.ndjson', records(1, 4000, usual))
  const text = (more: string) =>
    config({
      source: `{ file: { path: ${folder}/normal.ndjson } }`,
      decode: `{ json: { features: [x, y], time: time${more} } }`,
      detectors: '[gaussian, classes, label-mix]',
      reference: `{ path: ${folder}/reference }`,
      alerting: '{ falseAlarmsPerDay: 1 }',
      state: '{ memory: {} }',
    })
  write('driftwatch.yaml', text(', label: product'))
  write('elsewhere.yaml', text(', label: no_such_field'))
  expect((await runCommand(fit, '--config', path)).code).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a monitor of labelled records', () => {
  it('says which labels grew and shrank where their mix changes', async () => {
    write('mix.ndjson', records(2, 800, usual) + records(3, 400, { card: 0.3, cash: 0.3, refund: 0.4 }))
    const [alert] = await replayed('mix.ndjson')
    expect(alert.data.kind).toBe('drift')
    expect(alert.data.detectors).toEqual(['label-mix'])
    const { contributions } = alert.data as AnomalyData
    expect(contributions.map(({ feature }) => feature).toSorted()).toEqual([
      'label=card',
      'label=cash',
      'label=refund',
      'no label',
      'other labels',
    ])
    expect(contributions[0]).toMatchObject({ feature: 'label=refund' })
    expect(contributions[0].value).toBeGreaterThan(0.2)
    expect(alert.data.summary).toMatch(/drift: label=refund \+/)
  })

  it('says so where labels are new, or missing', async () => {
    write('new.ndjson', records(2, 400, usual) + records(3, 300, usual, (line, i) => (i % 4 === 0 ? { ...line, product: 'crypto' } : line)))
    write(
      'lost.ndjson',
      records(2, 400, usual) + records(3, 300, usual, ({ product, ...line }, i) => (i % 4 === 0 ? line : { product, ...line })),
    )
    const blamed = async (name: string) => (await replayed(name)).map(({ data }) => (data as AnomalyData).contributions[0].feature)
    expect(await blamed('new.ndjson')).toContain('other labels')
    expect(await blamed('lost.ndjson')).toContain('no label')
  })

  it('sees a record that is of no class, in the middle of all, where the Gaussian sees nothing', async () => {
    write(
      'between.ndjson',
      records(4, 600, usual, (line, i) => (i === 500 ? { ...line, x: 6, y: 3 } : line)),
    )
    const alerts = await replayed('between.ndjson')
    expect(alerts.map(({ data }) => [data.kind, data.detectors, data.origin.offset])).toEqual([['record', ['classes'], 500]])
  })

  it('is not fitted on records without labels', async () => {
    const { code, err } = await runCommand(fit, '--config', join(folder, 'elsewhere.yaml'), '--out', join(folder, 'other'))
    expect(code).toBe(3)
    expect(err).toMatch(/detector classes is fitted on the labels .* or use clusters/)
  })
})
