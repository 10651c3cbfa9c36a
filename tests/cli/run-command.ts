import { Command } from 'commander'
import { runProgram } from '../../cli/program.js'
import type { Output } from '../../cli/terminal.js'
import { Capture, type Run } from './capture.js'

/** Runs one command in this process, as the program would. */
export async function runCommand(make: (out: Output) => Command, ...args: string[]): Promise<Run> {
  const [out, err] = [new Capture(), new Capture()]
  const root = new Command('driftwatch').exitOverride().configureOutput({
    writeOut: (text) => out.write(text),
    writeErr: (text) => err.write(text),
  })
  const command = make(out)
  root.addCommand(command.copyInheritedSettings(root))
  const code = await runProgram(root, ['node', 'driftwatch', command.name(), ...args], err)
  return { code, out: out.text, err: err.text }
}
