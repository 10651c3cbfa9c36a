/** What some work took: seconds that passed, and processor seconds of all threads of the process, which others on the machine change less. */
export interface Took {
  readonly seconds: number
  readonly cpuSeconds: number
}

export async function timed(work: () => Promise<unknown>): Promise<Took> {
  const start = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
}
