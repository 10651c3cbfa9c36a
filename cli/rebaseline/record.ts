import { appendFile } from 'node:fs/promises'
import { harmless } from '../../telemetry/terminal.js'
import { unreachable } from '../exit.js'
import type { Output } from '../terminal.js'

type BaselineStep = 'frozen' | 'collected' | 'self-tested' | 'activated'

/** What was done to a monitor's reference, when and why: one JSON object a line, only ever appended to. */
export class BaselineRecord {
  constructor(
    private readonly path: string,
    private readonly monitor: string,
    private readonly reason: string,
    private readonly out: Output,
  ) {}

  /** Appends a step and prints it. @throws CommandError when it cannot be written */
  async step(step: BaselineStep, details: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    const event = { time: new Date().toISOString(), monitor: this.monitor, step, reason: this.reason, ...details }
    await appendFile(this.path, `${JSON.stringify(event)}\n`).catch(unreachable)
    const shown = Object.entries(details).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`,
    )
    this.out.write(`${step.padEnd(12)} ${harmless(shown.join(', '), 1000)}\n`)
  }
}
