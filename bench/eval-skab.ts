import { startKafka } from '../tests/kit/kafka-broker.js'
import { evaluate, evaluationArguments } from './arguments.js'
import { readSkab } from './skab/data.js'
import { watchAll } from './skab/experiment.js'
import { judge, skabReport } from './skab/report.js'

/*
 * SKAB's outlier task (github.com/waico/SKAB), end to end: `npm run eval:skab -- --data DIR [--brokers LIST]`.
 * Without brokers (or KAFKA_BROKERS) it starts one on this machine.
 */
await evaluate(async () => {
  const { data, brokers } = await evaluationArguments('eval:skab', "SKAB's folders valve1, valve2 and other")
  const files = await readSkab(data)
  const kafka = brokers === undefined ? await startKafka() : { brokers, stop: async () => undefined }
  try {
    const watched = await watchAll(files, kafka.brokers, 'without thermometers')
    const allSensors = await watchAll(files, kafka.brokers, 'all')
    process.stdout.write(`${skabReport(watched.map(judge), allSensors.map(judge))}\n`)
  } finally {
    await kafka.stop()
  }
})
