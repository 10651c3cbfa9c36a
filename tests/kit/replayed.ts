import { run } from '../cli/capture.js'
import { lines } from './comparison.js'

/** The events of an undisturbed run over the input of a configuration: what `driftwatch replay` writes, run in this process. */
export async function replayed(config: string, ...options: string[]): Promise<string[]> {
  const { code, out, err } = await run('replay', config, ...options)
  if (code !== 0) throw new Error(`replay ended with ${code}: ${err}`)
  return lines(out)
}
