/** `fail`: the monitor will not run, or not as configured. `warn`: it runs, but somebody should know. */
export type Level = 'ok' | 'warn' | 'fail'

/** What a check has found. */
export interface Verdict {
  readonly level: Level
  readonly line: string
  /** What to do about it, where the line does not say. */
  readonly mend?: string | undefined
}

export interface Finding extends Verdict {
  readonly check: string
}

/** One thing to look at. It may throw: that is a failed finding like any other. */
export interface Check {
  readonly name: string
  /** The signal is aborted when nobody waits for the answer any more. */
  look(signal: AbortSignal): Promise<Verdict | readonly Verdict[]>
}

export const ok = (line: string): Verdict => ({ level: 'ok', line })
export const warn = (line: string, mend?: string): Verdict => ({ level: 'warn', line, mend })
export const fail = (line: string, mend?: string): Verdict => ({ level: 'fail', line, mend })

const longestMs = 10_000

/** Does one check. Never throws, and waits `longest` ms at most, so that no check keeps another from its verdict. */
export async function perform({ name, look }: Check, longest = longestMs): Promise<Finding[]> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), longest)
  try {
    const verdicts = await Promise.race([look(patience.signal), tooLate(patience.signal, longest)])
    return [verdicts].flat().map((verdict) => ({ check: name, ...verdict }))
  } catch (error) {
    return [{ check: name, ...fail(error instanceof Error ? error.message : String(error)) }]
  } finally {
    clearTimeout(timer)
  }
}

const tooLate = (signal: AbortSignal, longest: number): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${longest / 1000} s`)))
  })
