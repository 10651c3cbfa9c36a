/** Numbers that look uniform on [0, 1) and are the same for the same seed: Tommy Ettinger's mulberry32, 32 bits of state. */
export function uniforms(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** The same of the standard normal distribution (Box and Muller). */
export const normals = (seed: number): (() => number) => normalsFrom(uniforms(seed))

/** Standard normal numbers, each made of two uniform ones. */
export const normalsFrom = (uniform: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())

/** `count` of the numbers 0 .. n - 1, each at most once, rising; all of them where there are no more (selection sampling, Knuth 3.4.2 S). */
export function sample(n: number, count: number, uniform: () => number): number[] {
  const chosen: number[] = []
  for (let i = 0; i < n && chosen.length < count; i++) if ((n - i) * uniform() < count - chosen.length) chosen.push(i)
  return chosen
}
