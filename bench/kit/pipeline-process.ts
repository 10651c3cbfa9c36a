import { configuration } from '../../cli/configuration.js'
import { run } from '../../cli/run.js'
import type { Graded } from '../../pipelines/batch.js'
import { Meter, report } from './meter.js'

/*
 * The command `run`, measured: `node pipeline-process.js CONFIG RECORDS WARM_UP [ranges]`. After so many records it is asked to drain
 * and end. With `ranges` it tells of every batch.
 */
const [config, records, warmUp, ranges] = process.argv.slice(2)
let address = ''
const meter = new Meter(Number(records), Number(warmUp), () => fetch(`${address}/metrics`).then((answer) => answer.text()))
void meter.measured.then((consumption) => {
  report({ kind: 'end', consumption })
  process.kill(process.pid, 'SIGTERM')
})
const tell = ({ partition, n, offsets, end }: Graded) => {
  if (n > 0) report({ kind: 'graded', partition: partition.lease.partition, first: offsets[0], end, n })
}
await run(configuration(config), {
  serving: (at) => {
    address = at
  },
  graded: (batch) => {
    meter.count(batch.n)
    if (ranges !== undefined) tell(batch)
  },
})
process.disconnect?.()
