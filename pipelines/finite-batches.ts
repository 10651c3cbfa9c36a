import type { RawBatch, Source } from '../connectors/source.js'
import { ConnectError } from './run.js'

/** The batches of finite sources, one source after the other. Connects and closes them. @throws ConnectError */
export async function* finiteBatches(sources: readonly Source[]): AsyncIterable<RawBatch> {
  for (const source of sources) {
    try {
      await source.connect().catch((error) => {
        throw new ConnectError(error.message, { cause: error })
      })
      for await (const event of source.read()) {
        if (event.kind === 'assigned') event.begin(event.initial)
        if (event.kind === 'batch') yield event
      }
    } finally {
      await source.close()
    }
  }
}
