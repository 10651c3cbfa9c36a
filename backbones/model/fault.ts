/** A model file that cannot be used: what is wrong with it, where, and how to mend it. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault'
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What ONNX Runtime says, on one line and without the place in its own source. */
export const said = (error: unknown): string =>
  messageOf(error)
    .replace(/\/\S+\.(h|cc):\d+ [^()]*\([^()]*\)(::<lambda\(\)>)? /g, '')
    .replace(/\s+/g, ' ')
    .trim()
