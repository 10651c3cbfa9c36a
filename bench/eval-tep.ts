import { progress } from '../cli/terminal.js'
import { evaluate, evaluationArguments } from './arguments.js'
import { readTep } from './tep/data.js'
import { watchTep } from './tep/experiment.js'
import { tepReport } from './tep/report.js'

/* Faults of the Tennessee Eastman process (Downs and Vogel 1993; Braatz's runs): `npm run eval:tep -- --data DIR`. */
await evaluate(async () => {
  const { data } = await evaluationArguments('eval:tep', 'the folder tep')
  const runs = await readTep(data)
  const bar = progress('watching', 1 + runs.faults.length)
  const result = await watchTep(runs, (done) => bar.update(done))
  bar.end()
  process.stdout.write(`${tepReport(result)}\n`)
})
