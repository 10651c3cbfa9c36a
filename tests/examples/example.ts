import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AlertEvent } from '../../alerts/event.js'
import { driftwatch } from '../kit/process.js'

const folder = fileURLToPath(new URL('../../../examples/', import.meta.url))

/** The examples' configurations, without their ending. */
export const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''))

/** An example as it stands in the repository, with parts of its text replaced: what only its reader's own network has. */
export function example(name: string, replacements: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(join(folder, `${name}.yaml`), 'utf8')
  return Object.entries(replacements).reduce((changed, [part, other]) => {
    if (!changed.includes(part)) throw new Error(`example ${name} does not hold "${part}"`)
    return changed.replaceAll(part, other)
  }, text)
}

/** The example's monitors beside a metrics server on any free port, so that tests do not meet on one. */
export const onFreePort = (text: string): string => `metrics: { port: 0 }\n${text}`

/** Writes the examples' data: data/normal.csv and data/watched.csv, or with make-pictures.mjs the pictures beside them. */
export function makeData(place: string, script = 'make-data.mjs'): void {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, script)], { cwd: place, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`)
}

/** Runs a command that must succeed; returns what it wrote to standard output. */
export async function succeed(args: readonly string[], options: Parameters<typeof driftwatch>[1]): Promise<string> {
  const { code, stdout, stderr } = await driftwatch(args, options)
  if (code !== 0) throw new Error(`driftwatch ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

/** "stream kind" of each alert that the events open. */
export const opened = (events: readonly string[]): string[] =>
  events
    .map((event) => (JSON.parse(event) as AlertEvent).data)
    .filter(({ transition }) => transition === 'opened')
    .map(({ stream, kind }) => `${stream} ${kind}`)
