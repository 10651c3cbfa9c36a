import { appendHistory, type BaselineStep } from '../../references/history.js'
import { harmless } from '../../telemetry/terminal.js'
import { unreachable } from '../exit.js'
import type { Output } from '../terminal.js'

/** Who re-baselines, and why. */
interface Occasion {
  readonly monitor: string
  readonly reason: string
  /** The control message that asks for it. */
  readonly message?: string | undefined
}

/** What was done to a monitor's reference, when and why: one JSON object a line, only ever appended to. */
export class BaselineRecord {
  constructor(
    private readonly folder: string,
    private readonly occasion: Occasion,
    private readonly out: Output,
  ) {}

  /** Appends a step, prints it, and tells it to the monitor that started this process, if one did. @throws CommandError when it cannot be written */
  async step(step: BaselineStep, details: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    const line = { time: new Date().toISOString(), step, ...this.occasion, ...details }
    await appendHistory(this.folder, line).catch(unreachable)
    if (this.occasion.message !== undefined && process.connected) process.send?.({ step, ...details })
    const shown = Object.entries(details).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`,
    )
    this.out.write(`${step.padEnd(12)} ${harmless(shown.join(', '), 1000)}\n`)
  }
}
