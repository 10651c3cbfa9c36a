import { progress } from '../cli/terminal.js'
import { evaluate, evaluationArguments } from './arguments.js'
import { nabStreams, skabStreams, tepStreams } from './null/real.js'
import { nullReport } from './null/report.js'
import { syntheticStreams } from './null/synthetic.js'
import { type Trial, tryStream } from './null/trial.js'

/* Realised against budgeted alerts on streams without anomalies: `npm run eval:null -- --data DIR`. */
await evaluate(async () => {
  const { data } = await evaluationArguments('eval:null', 'the folders skab, tep and nab')
  const real = [...(await skabStreams(data)), ...(await tepStreams(data)), ...(await nabStreams(data))]
  const streams = [...real.map((stream) => ({ make: () => stream })), ...syntheticStreams()]
  const bar = progress('watching', streams.length)
  const trials: Trial[] = []
  for (const { make } of streams) {
    const stream = make()
    trials.push(await tryStream(stream))
    bar.update(trials.length, `${stream.set}: ${stream.kind}`)
  }
  bar.end()
  process.stdout.write(`${nullReport(trials)}\n`)
})
