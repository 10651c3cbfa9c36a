import { concatMap, map, type Observable } from 'rxjs'
import type { Loan } from './bridge.js'
import type { Pictures } from './pictures.js'
import { turn } from './turn.js'

/** Embeds the pictures of batches, several at a time (as many as the bridge's credits allow), and hands the batches on in their order. */
export const embed =
  (pictures: Pictures) =>
  (loans: Observable<Loan>): Observable<Loan> =>
    loans.pipe(
      map((loan) => {
        const embedded = pictures.embed(loan.batch.records).then((records) => ({ ...loan, batch: { ...loan.batch, records } }))
        // Awaited below in order; until then a failure must not count as unhandled.
        embedded.catch(() => undefined)
        return embedded
      }),
      concatMap((embedded) => turn().then(() => embedded)),
    )
