import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from '../../cli/program.js'
import { configJsonSchema, type Field, fieldAt, knownKeys } from '../../config/json-schema.js'
import { parseConfig } from '../../config/load.js'
import { Metrics } from '../../pipelines/metrics.js'
import { anchorsOf, type Page, pageAt, pages, root } from './pages.js'

const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

describe.each(pages)('$path', (page) => {
  it('links only to files and headings that exist', () => {
    const links = [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link))).toEqual([])
  })

  it('names only files and folders that exist', () => {
    const named = [...page.spans, ...commandsIn(page)].flatMap((text) => text.match(/(?<![\w./~-])[\w.-]+(\/[\w.*-]+)+\/?/g) ?? [])
    const ours = named.filter((path) => folders.includes(path.split('/')[0]) && !/[*]|NAME|^dist\//.test(path))
    expect(ours.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('names only scripts of package.json', () => {
    const named = [...page.text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script)
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([])
  })

  it('names only commands and options that exist', () => {
    expect(commandsIn(page).flatMap(wrongUsage)).toEqual([])
  })

  it('names only metrics that exist', async () => {
    const known = (await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name)
    const named = page.spans.flatMap((span) => span.match(/^driftwatch_\w+/) ?? [])
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  it('names only fields that the configuration has', () => {
    const named = page.spans.flatMap((span) => /^([a-zA-Z]+(\.[a-zA-Z]+)+)(?=:|$)/.exec(span)?.[1] ?? [])
    const ours = named.map((path) => path.split('.')).filter(([first = '']) => [...places.keys()].includes(first))
    expect(ours.filter((path) => !isField(path)).map((path) => path.join('.'))).toEqual([])
  })

  it('shows only configurations that are valid', () => {
    const whole = page.blocks.filter(({ language, code }) => language === 'yaml' && /^monitors:/m.test(code))
    for (const { code } of whole) expect(parseConfig(code, environment)).toMatchObject({ ok: true })
    for (const text of partsOf(page)) expect(parseConfig(text, environment), text).toMatchObject({ ok: true })
  })
})

it.each(readdirSync(join(root, 'examples'), { encoding: 'utf8', recursive: true }).filter((file) => /\.(yaml|ts|mjs)$/.test(file)))(
  'the comments of examples/%s name only what exists',
  (file) => {
    const comments = readFileSync(join(root, 'examples', file), 'utf8').match(/(?:#|\/\/| \*).*/g) ?? []
    expect(comments.flatMap((comment) => wrongUsage(comment.slice(1)))).toEqual([])
    const named = comments.flatMap((comment) => comment.match(/(?:examples|docs)\/[\w.-]+\w/g) ?? [])
    expect(named.filter((path) => !existsSync(join(root, path)) && path !== 'examples/library.js')).toEqual([])
  },
)

it('the README says of every guarantee where it is described', () => {
  const { prose } = pageAt('docs/guarantees.md')
  const guarantees = [...prose.matchAll(/^## (.*)$/gm)].map(([, name = '']) => name)
  const readme = pageAt('README.md').prose
  expect(guarantees.filter((name) => !readme.includes(`[${name}](docs/guarantees.md#`))).toEqual([])
})

it('every guarantee names tests that show it', () => {
  const sections = pageAt('docs/guarantees.md').prose.split(/^## /m).slice(1)
  for (const section of sections) expect(section).toMatch(/\*Shown by\* (?:.|\n)*`tests\/[\w/.-]+\.test\.ts`/)
})

function leadsSomewhere(page: Page, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page.path : normalize(join(page.folder, path))
  if (!existsSync(join(root, target))) return false
  return anchor === undefined || anchorsOf(pageAt(target)).includes(anchor)
}

/** Command lines in shell blocks, help texts and backticks, without their comments. */
function commandsIn({ blocks, spans }: Page): string[] {
  const shell = blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.split('\n'))
  return [...shell, ...spans].map((line) => line.replace(/(^|\s)#.*$/, '')).filter((line) => line !== '')
}

/** What is wrong with the use of `driftwatch` in a line. */
function wrongUsage(line: string): string[] {
  return [...line.matchAll(/(?:^|\s)driftwatch(?: ([a-z]+))?((?: [^|&;>]*)?)/g)].flatMap(([, name, rest = '']) => {
    if (name === undefined) return []
    const command = program().commands.find((one) => one.name() === name)
    if (command === undefined) return [`${line}: there is no command ${name}`]
    const sub = command.commands.find((one) => one.name() === rest.trim().split(' ')[0])
    const known = new Set(['--help', '-h', ...(sub ?? command).options.flatMap(({ long, short }) => [long, short])])
    const used = rest.match(/(?<=\s)--?[a-z][\w-]*/g) ?? []
    return used.filter((option) => !known.has(option)).map((option) => `${line}: ${name} has no ${option}`)
  })
}

const schema = configJsonSchema()
const monitor = fieldAt(schema, ['monitors', 0]) ?? {}
/** Where a path in prose may begin: at a field of the process, of a monitor or of a sink. */
const places = new Map<string, Field>(
  [schema, monitor, fieldAt(monitor, ['sinks', 0]) ?? {}].flatMap((block) => knownKeys(block).map((key) => [key, block] as const)),
)

/** Prose leaves component types out where they are clear: `state.kafka.group` and `retry.giveUpAfter` are both fields. */
const isField = (path: readonly string[]): boolean => fieldAt(places.get(path[0] ?? '') ?? {}, path) !== undefined

const environment = {
  PAGE_TOKEN: 'nobody-guesses-this',
  WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 'x').toString('base64')}`,
  PAGERDUTY_KEY: '0'.repeat(32),
  SLACK_URL: 'https://hooks.slack.com/services/x',
  HEARTBEAT_URL: 'https://watchdog.example.org/x',
  DRIFTWATCH_ADMIN_TOKEN: 'x'.repeat(32),
  TICKETS_TOKEN: 'x',
}

/** Blocks that show a part of a monitor or of the process, each in a configuration that is valid but for it. */
function partsOf({ blocks }: Page): string[] {
  const parts = blocks.filter(({ language, code }) => language === 'yaml' && !/^monitors:/m.test(code)).map(({ code }) => code)
  return parts.flatMap((code) => (code.startsWith('decode:') ? code.trim().split('\n') : [code])).map(inWhole)
}

const inWhole = (part: string): string =>
  knownKeys(schema).includes(part.split(':', 1)[0]) ? `${part}\n${inMonitor('')}` : inMonitor(part)

function inMonitor(part: string): string {
  const usual: Record<string, string> = {
    name: 'payments',
    source: '{ kafka: { brokers: [localhost:9092], topics: [features], group: driftwatch } }',
    decode: '{ json: { features: [amount] } }',
    reference: '{ path: ./reference }',
    alerting: '{ falseAlarmsPerDay: 1 }',
    sinks: '[{ stdout: {} }]',
  }
  const [key = ''] = part.split(':')
  const others = Object.entries(usual).filter(([name]) => name !== key)
  const lines = [...others.map(([name, value]) => `${name}: ${value}`), ...part.trimEnd().split('\n')]
  return `monitors:\n${lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`).join('\n')}\n`
}
