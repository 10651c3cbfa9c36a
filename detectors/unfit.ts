/** A detector cannot be fitted to this reference; the message says why and what would do. */
export class Unfit extends Error {
  override readonly name = 'Unfit'
}
