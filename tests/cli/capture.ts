import { program, runProgram } from '../../cli/program.js'

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Keeps what is written to it. */
export class Capture {
  text = ''
  write(text: string | Uint8Array): boolean {
    this.text += text
    return true
  }
}

/** Runs a command line in this process. */
export async function run(...args: string[]): Promise<Run> {
  const [out, err] = [new Capture(), new Capture()]
  const code = await runProgram(program(out, err), ['node', 'driftwatch', ...args], err)
  return { code, out: out.text, err: err.text }
}
