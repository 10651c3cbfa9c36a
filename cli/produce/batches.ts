import { pino } from 'pino'
import { fileSource } from '../../connectors/files/file.js'
import type { RawRecord } from '../../connectors/records.js'

export interface FileBatch {
  readonly records: readonly RawRecord[]
  /** Records of the whole file. */
  readonly total: number
}

/** The rows of a file in batches, at most `rate` a second (0: as they are taken), until it ends, with `loop` until `stop` is aborted. */
export async function* batchesOf(path: string, rate: number, loop: boolean, stop: AbortSignal): AsyncIterable<FileBatch> {
  const context = { monitor: 'produce', logger: pino({ level: 'silent' }) }
  let total = 0
  do {
    const source = fileSource.create(fileSource.schema.parse({ path, rate }), context)
    stop.addEventListener('abort', () => void source.close(), { once: true })
    await source.connect()
    for await (const event of source.read()) {
      if (event.kind === 'assigned') {
        total = event.end
        event.begin(event.initial)
      }
      if (event.kind === 'batch') yield { records: [...event.records], total }
    }
  } while (loop && total > 0 && !stop.aborted)
}
