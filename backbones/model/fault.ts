/** A model file that cannot be used: what is wrong with it, where, and how to mend it. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault'
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
