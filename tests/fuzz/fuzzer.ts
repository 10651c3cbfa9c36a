import fc from 'fast-check'

/** One way in for bytes from outside, and what others may send there. */
export interface Target<Case> {
  readonly name: string
  /** Inputs that once did harm, or stand for a known trick. */
  readonly corpus: readonly Case[]
  readonly cases: fc.Arbitrary<Case>
  /** Cases to try beside the corpus. */
  readonly runs: number
  /** Throws when the input did harm. */
  attempt(input: Case): void | Promise<void>
}

/** Processor time of this process that one input may cost, ms: no limit on speed, only on being held up. Unlike a clock's, it ignores other processes. */
const limitMs = 3000
/** How often in a row an input must take too long: the first time may include compilation or a collection of garbage. */
const attempts = 3

/** Tries inputs on targets: each must end without a crash, within the limit, and leave the prototypes as they are. */
export class Fuzzer {
  /** Inputs tried so far, by target. */
  readonly cases = new Map<string, number>()
  readonly #factor: number

  /** `factor` multiplies the runs of every target. */
  constructor(factor = 1) {
    this.#factor = factor
  }

  get total(): number {
    return [...this.cases.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Tries the corpus, then random cases; a failure names the input, shrunk, with the seed that repeats it. */
  async run<Case>({ name, corpus, cases, runs, attempt }: Target<Case>): Promise<void> {
    const before = prototypes()
    const judged = async (input: Case) => {
      this.cases.set(name, (this.cases.get(name) ?? 0) + 1)
      for (let left = attempts; ; left--) {
        const spent = await timed(() => attempt(input))
        if (spent <= limitMs) break
        if (left === 1) throw new Error(`took ${Math.round(spent)} ms of processor time`)
      }
      const changed = before.difference(prototypes())
      if (changed !== undefined) throw new Error(`changed ${changed}`)
    }
    for (const input of corpus) {
      await judged(input).catch((cause) => {
        throw new Error(`${name}: ${fc.stringify(input).slice(0, 500)}: ${cause instanceof Error ? cause.message : cause}`, { cause })
      })
    }
    await fc.assert(fc.asyncProperty(cases, judged), { numRuns: Math.ceil(runs * this.#factor) })
  }
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const watched = {
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  RegExp,
  Date,
  Map,
  Set,
  Promise,
  Error,
  Uint8Array,
  Float64Array,
  Buffer,
}

/** What the prototypes of the language hold now. */
function prototypes() {
  const held = Object.entries(watched).map(([name, { prototype }]) => {
    const own = Reflect.ownKeys(prototype).map((key) => [key, Reflect.getOwnPropertyDescriptor(prototype, key)] as const)
    return [name, new Map(own)] as const
  })
  return {
    held,
    /** The first property that is not the same in `later`. */
    difference(later: { held: typeof held }): string | undefined {
      for (const [i, [name, own]] of held.entries()) {
        const now = later.held[i][1]
        for (const key of new Set([...own.keys(), ...now.keys()])) {
          const [one, other] = [own.get(key), now.get(key)]
          if (one?.value !== other?.value || one?.get !== other?.get || one?.set !== other?.set) return `${name}.prototype.${String(key)}`
        }
      }
      return undefined
    },
  }
}
