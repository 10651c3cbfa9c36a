import { join } from 'node:path'
import { progress } from '../cli/terminal.js'
import { evaluate, evaluationArguments } from './arguments.js'
import { readNab } from './nab/corpus.js'
import { type Watched, watchSeries } from './nab/experiment.js'
import { nabReport } from './nab/report.js'

/* One metric that is watched by its own past, on the Numenta Anomaly Benchmark: `npm run eval:nab -- --data DIR`. */
await evaluate(async () => {
  const { data } = await evaluationArguments('eval:nab', 'the folder nab')
  const corpus = await readNab(join(data, 'nab'))
  const bar = progress('watching', corpus.length)
  const watched: Watched[] = []
  for (const series of corpus) bar.update(watched.push(await watchSeries(series)), series.name)
  bar.end()
  process.stdout.write(`${nabReport(watched)}\n`)
})
