import { Command } from 'commander'
import { z } from 'zod'
import type { Config } from '../config/schema.js'
import { harmless } from '../telemetry/terminal.js'
import { configuration } from './configuration.js'
import { CommandError, unreachable } from './exit.js'
import { type Output, table } from './terminal.js'

interface Where {
  readonly at?: string
}

interface Wanted extends Where {
  readonly monitor?: string[]
  readonly stream?: string[]
  readonly kind?: string[]
  readonly severity?: string[]
  readonly detector?: string[]
  readonly for?: string
  readonly from?: string
  readonly until?: string
  readonly comment: string
}

export const command = (out: Output = process.stdout): Command =>
  new Command('silence')
    .summary('hold pages back for a time, while it runs')
    .description(
      'Makes, lists and ends silences of a running Driftwatch: alerts that they match call nobody until they end (docs/paging.md). ' +
        'Asks its /admin/silences, with the token of the configuration. Each process has silences of its own: ask every replica.',
    )
    .helpCommand(false)
    .addCommand(addCommand(out))
    .addCommand(listCommand(out))
    .addCommand(endCommand(out))
    .addHelpText('after', examples)

const examples =
  "\nExamples:\n  $ driftwatch silence add driftwatch.yaml --stream 'camera-*' --for 2h --comment 'lenses are cleaned'\n" +
  '  $ driftwatch silence list driftwatch.yaml\n  $ driftwatch silence end driftwatch.yaml 5f0c1f0e-8f0f-4d7e-9d4e-3f1f0a2b6c1d'

const subcommand = (name: string, summary: string) =>
  new Command(name)
    .summary(summary)
    .argument('<config>', 'configuration file (YAML)')
    .option('--at <url>', 'address of the process, such as http://10.0.0.7:9464; default: as metrics.host and metrics.port say')

const addCommand = (out: Output): Command =>
  subcommand('add', 'make a silence')
    .description(
      'Makes a silence. An alert must agree with every option that is given, with any of its values; * stands for any characters.',
    )
    .option('--monitor <names...>', 'names of monitors')
    .option('--stream <names...>', 'names of streams')
    .option('--kind <kinds...>', 'what the alert is about: record, drift, feed, calibration, adaptation')
    .option('--severity <severities...>', 'how severe it is at present')
    .option('--detector <names...>', 'detectors, one of which took part')
    .option('--for <duration>', 'how long it lasts, such as 2h')
    .option('--until <time>', 'when it ends, in place of --for')
    .option('--from <time>', 'when it begins; default: at once')
    .requiredOption('-c, --comment <text>', 'why, and who says so')
    .action((file: string, { at, comment, from, until, for: length, ...match }: Wanted) =>
      add(file, at, { match, comment, from, until, for: length }, out),
    )

const listCommand = (out: Output): Command =>
  subcommand('list', 'list the silences that have not ended, and the pages that are held back').action((file: string, { at }: Where) =>
    list(file, at, out),
  )

const endCommand = (out: Output): Command =>
  subcommand('end', 'end a silence now')
    .argument('<id>', 'its id, as `list` shows it')
    .action((file: string, id: string, { at }: Where) => end(file, at, id, out))

const silence = z.object({
  id: z.string(),
  match: z.record(z.string(), z.array(z.string())),
  from: z.string(),
  until: z.string(),
  comment: z.string(),
  active: z.boolean(),
})

const page = z.object({
  monitor: z.string(),
  sink: z.string(),
  stream: z.string(),
  kind: z.string(),
  severity: z.string(),
  since: z.string(),
  by: z.string(),
})
const listing = z.object({ silences: z.array(silence), heldBack: z.object({ count: z.int(), pages: z.array(page) }) })

async function add(file: string, at: string | undefined, wanted: object, out: Output): Promise<void> {
  const { id, until } = silence.parse(await ask(file, at, 'POST', '', wanted))
  out.write(`silence ${id} until ${until}\n`)
}

async function list(file: string, at: string | undefined, out: Output): Promise<void> {
  const { silences, heldBack } = listing.parse(await ask(file, at, 'GET'))
  const rows = silences.map(({ id, match, from, until, comment, active }) => {
    const meant = Object.entries(match).map(([field, values]) => `${field}=${values.join('|')}`)
    return [id, active ? 'active' : `from ${from}`, until, harmless(meant.join(' ')), harmless(comment)]
  })
  out.write(rows.length === 0 ? 'no silences\n' : `${table([['id', 'now', 'until', 'match', 'comment'], ...rows])}\n`)
  if (heldBack.count === 0) return
  const pages = heldBack.pages.map(({ monitor, sink, stream, kind, severity, since, by }) =>
    [monitor, sink, stream, kind, severity, since, by].map((text) => harmless(text)),
  )
  const head = ['monitor', 'sink', 'stream', 'kind', 'severity', 'since', 'held back by']
  const rest = heldBack.count > pages.length ? `\nand ${heldBack.count - pages.length} more` : ''
  out.write(`\npages that are held back: ${heldBack.count}\n${table([head, ...pages])}${rest}\n`)
}

async function end(file: string, at: string | undefined, id: string, out: Output): Promise<void> {
  await ask(file, at, 'DELETE', `/${encodeURIComponent(id)}`)
  out.write(`silence ${harmless(id)} has ended\n`)
}

/** What the process answers. @throws CommandError with what it says is wrong */
async function ask(file: string, at: string | undefined, method: string, path = '', body?: object): Promise<unknown> {
  const { admin, metrics } = configuration(file, ['sinks', 'paging', 'page.token'])
  if (admin === undefined)
    throw new CommandError('usage', 'the configuration has no admin.token, so that silences cannot be made at run time')
  const address = at ?? addressOf(metrics)
  if (!URL.canParse(address)) throw new CommandError('usage', `"${harmless(address)}" is no address such as http://127.0.0.1:9464`)
  const answer = await fetch(new URL(`/admin/silences${path}`, address), {
    method,
    headers: { authorization: `Bearer ${admin.token.reveal()}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch((error) => unreachable(new Error(`${address} does not answer (${error.cause?.code ?? error.message}); is it running there?`)))
  const said: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return said
  const { data } = z.object({ error: z.string() }).safeParse(said)
  const where = answer.status === 404 && method !== 'DELETE' ? '; it runs without admin, or another configuration' : ''
  throw new CommandError(
    answer.status >= 500 ? 'unreachable' : 'usage',
    `${address} refused it (${answer.status}): ${data?.error ?? 'without a reason'}${where}`,
  )
}

/** Where this machine reaches what listens there. */
function addressOf({ host, port }: Config['metrics']): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
