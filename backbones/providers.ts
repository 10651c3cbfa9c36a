import { said } from './model/fault.js'
import { listSupportedBackends } from './runtime.js'
import type { ExecutionProvider } from './scorer.js'

/**
 * What `start` makes on the first execution provider on which it does not reject. ONNX Runtime itself does not fall back.
 * @throws Error when none works, naming each with its fault
 */
export async function firstProvider<Made>(
  providers: readonly ExecutionProvider[],
  start: (provider: ExecutionProvider) => Promise<Made>,
  onUnavailable: (provider: ExecutionProvider, message: string) => void = () => undefined,
): Promise<{ provider: ExecutionProvider; made: Made }> {
  const faults: string[] = []
  for (const provider of providers) {
    try {
      checkBuilt(provider)
      return { provider, made: await start(provider) }
    } catch (error) {
      const message = said(error)
      faults.push(`${provider}: ${message}`)
      onUnavailable(provider, message)
    }
  }
  throw new Error(
    `no execution provider could be used (${faults.join('; ')}); add "cpu" to execution.providers (with execution.required only the first of them counts), or install what it needs (docs/gpu.md)`,
  )
}

/** A misspelt or unbuilt provider would silently mean CPU, so it is checked against what this build of ONNX Runtime has. */
function checkBuilt(provider: ExecutionProvider): void {
  const built = listSupportedBackends().map((backend) => backend.name)
  if (!built.includes(provider)) throw new Error(`not in this build of ONNX Runtime (it has ${built.join(', ')})`)
}
