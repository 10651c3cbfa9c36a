/** A record batch that cannot be read: damaged, unpacking to too much, or in a format that this driver does not know. */
export class RecordBatchError extends Error {
  override readonly name = 'RecordBatchError'
}

export const damaged = (what: string): RecordBatchError =>
  new RecordBatchError(
    `${what}; expected an undamaged record batch: check the broker's disk and the network, or skip the batch by moving the group`,
  )
