/** Numbers of one fitted thing: JSON-able scalars plus named tensors. Loading one can never run code. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Float64Array
}
export interface Fitted {
  readonly scalars: Readonly<Record<string, number | string | boolean>>
  readonly tensors: Readonly<Record<string, Tensor>>
}

/** The numbers of a stored tensor. @throws Error when it is missing or does not hold `length` numbers. */
export const tensorData = (tensors: Readonly<Record<string, Tensor>>, name: string, length: number): Float64Array => {
  const data = tensors[name]?.data
  if (data?.length === length) return data
  throw damaged(`tensor '${name}' ${data === undefined ? 'is missing' : `holds ${data.length} numbers`}, expected ${length}`)
}

/** A stored number. @throws Error when it is missing or no number. */
export const scalarNumber = (scalars: Fitted['scalars'], name: string): number => {
  const value = scalars[name]
  if (typeof value === 'number') return value
  throw damaged(`scalar '${name}' is ${value === undefined ? 'missing' : `'${value}'`}, expected a number`)
}

const damaged = (what: string): Error => new Error(`${what}; the reference is damaged or of another version: fit it again`)
