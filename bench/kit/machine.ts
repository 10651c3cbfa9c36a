import { cpus, loadavg } from 'node:os'

/** One line on what was measured with: figures of a machine that others use too say little by themselves. */
export function machineLine(): string {
  const load = loadavg().map((value) => value.toFixed(1))
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, load average ${load.join(', ')}`
}
