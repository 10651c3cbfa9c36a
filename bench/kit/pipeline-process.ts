import { configuration } from '../../cli/configuration.js'
import { run } from '../../cli/run.js'
import { Meter, report } from './meter.js'

/* The command `run`, measured: `node pipeline-process.js CONFIG RECORDS WARM_UP`. After so many records it is asked to drain and end. */
const [config, records, warmUp] = process.argv.slice(2)
let address = ''
const meter = new Meter(Number(records), Number(warmUp), () => fetch(`${address}/metrics`).then((answer) => answer.text()))
void meter.measured.then((consumption) => {
  report({ kind: 'end', consumption })
  process.kill(process.pid, 'SIGTERM')
})
await run(configuration(config), {
  serving: (at) => {
    address = at
  },
  graded: ({ n }) => meter.count(n),
})
process.disconnect?.()
