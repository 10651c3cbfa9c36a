import { table } from '../../cli/terminal.js'
import { type Stage, stages } from '../../pipelines/metric-labels.js'
import { Samples } from '../../tests/kit/process.js'
import type { Reading } from './readers.js'

/** Stages that keep the main thread busy for as long as they take; the others wait, for the worker or the outside world. */
const BUSY: readonly Stage[] = ['decode', 'detrend', 'window', 'calibrate', 'grade']

/**
 * Where a run's time went, from the pipeline's own stage durations: per record, and as share of the whole time. What the main
 * thread did beside its stages is the Kafka client, garbage collection, and handing batches on.
 */
export function stageTable({
  pages: [first, last] = ['', ''],
  records = 0,
  seconds = 0,
  mainSeconds = 0,
  cpuSeconds = 0,
}: Reading): string {
  const [before, after] = [new Samples(first), new Samples(last)]
  const spent = (stage: Stage) => after.sum('stage_duration_seconds_sum', { stage }) - before.sum('stage_duration_seconds_sum', { stage })
  const row = (name: string, time: number) => [name, (1e6 * time) / records, `${((100 * time) / seconds).toFixed(1)} %`]
  const busy = BUSY.map((stage) => [stage, spent(stage)] as const)
  const staged = busy.reduce((sum, [, time]) => sum + time, 0)
  return table([
    ['  on the main thread', 'µs per record', 'of the time'],
    ...busy.map(([stage, time]) => row(`  ${stage}`, time)),
    row('  Kafka client, garbage collection, the rest', mainSeconds - staged),
    row('  idle', seconds - mainSeconds),
    row('  (processor time of all threads)', cpuSeconds),
    ...stages.filter((stage) => !BUSY.includes(stage)).map((stage) => row(`  (${stage}: batches wait their turn here)`, spent(stage))),
  ])
}
