import { uniforms } from '../../detectors/random.js'

/** Draws from the standard normal distribution, one after the other. */
export type Normals = () => number

/** Normal draws that are the same for the same keys: Box-Muller over mulberry32, seeded by a hash of the keys. */
export function normals(...keys: readonly number[]): Normals {
  const uniform = uniforms(keys.reduce((hash, key) => mix(hash ^ mix(key)), 0x9e3779b9))
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** Finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
