import { InferenceSession, Tensor } from '../runtime.js'
import { PIXELS } from './assemble.js'
import { ModelFault, messageOf, said } from './fault.js'

/** What ONNX Runtime says of models that it cannot load, and how to mend it. */
const mends: readonly (readonly [RegExp, string])[] = [
  [/opset .* under development|only \*guarantees\* support/i, 'export it with opset 17'],
  [/Unsupported model IR version/i, 'lower its IR version (model.ir_version = 10 in Python, if the opset is at most 21)'],
  [/not a registered function\/op|No Op registered|Could not find an implementation/i, 'export it with operators of ONNX alone'],
]

function loadFault(name: string, error: unknown): ModelFault {
  const mend = mends.find(([pattern]) => pattern.test(messageOf(error)))?.[1] ?? 'check it with onnx.checker'
  return new ModelFault(`ONNX Runtime does not load ${name}: ${said(error)}; ${mend}`, { cause: error })
}

/** Opens a model whose input is `pixels`, runs something with it, closes it. @throws ModelFault when ONNX Runtime does not load it */
export async function withSession<Result>(
  bytes: Uint8Array,
  name: string,
  options: InferenceSession.SessionOptions,
  work: (run: (pixels: Uint8Array, shape: readonly number[]) => Promise<InferenceSession.ReturnType>) => Promise<Result>,
): Promise<Result> {
  const session = await InferenceSession.create(bytes, { executionProviders: ['cpu'], ...options, enableCpuMemArena: false }).catch(
    (error: unknown) => {
      throw loadFault(name, error)
    },
  )
  try {
    return await work((pixels, shape) => session.run({ [PIXELS]: new Tensor('uint8', pixels, shape) }))
  } finally {
    await session.release()
  }
}

/** Why a model does not run. */
export const runFault = (name: string, error: unknown): ModelFault =>
  new ModelFault(
    `${name} does not run on pictures: ${said(error)}; give the size and the layout that it takes, or export it with a dynamic batch`,
    { cause: error },
  )
