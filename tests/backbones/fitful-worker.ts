import { workerData } from 'node:worker_threads'
import { serve } from '../../backbones/serve.js'
import { inTurn } from '../../backbones/turns.js'
import type { FitfulSetup, FitfulTask } from './fitful.js'

/*
 * The inside of a thread that hangs, fails and dies as it is told; each task in its turn.
 */
const { turns } = workerData as FitfulSetup

function obey({ kind, word = '', gate }: FitfulTask): string {
  if (kind === 'fail') throw new Error(`failed at ${word}`)
  if (kind === 'exit') process.exit(3)
  if (kind === 'hang' && gate !== undefined) {
    Atomics.add(gate, 0, 1)
    Atomics.notify(gate, 0)
    Atomics.wait(gate, 1, 0)
  }
  return word
}

serve<FitfulTask, string>(async () => ({
  onFault: 'end',
  begin: (task) => async () => ({ result: await inTurn(turns, async () => obey(task)), transfer: [] }),
  end: async () => undefined,
}))
