import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A network in PyTorch's eager mode. */
export interface Eager {
  /** PyTorch's name and version. */
  readonly title: string
  /** One batch. */
  run(): Promise<void>
  end(): void
}

/**
 * Starts a script of this folder that says its title when it is ready and then answers each line with one, with a Python that has
 * `training/requirements.txt`. @throws Error with the end of what it said
 */
export async function startEager(python: string, script: string, options: readonly (string | number)[]): Promise<Eager> {
  const child: ChildProcessWithoutNullStreams = spawn(python, [`${root}bench/images/${script}`, ...options.map(String)], {
    env: { ...process.env, PYTHONPATH: root },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const hear = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${python} ended early; the end of what it said:\n${said}`)
    return value
  }
  return {
    title: await hear(),
    run: async () => {
      child.stdin.write('\n')
      await hear()
    },
    end: () => child.stdin.end(),
  }
}
