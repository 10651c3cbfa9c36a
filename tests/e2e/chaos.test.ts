import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultKind } from '../../bench/chaos/faults.js'
import { playRound, type RoundReport } from '../../bench/chaos/round.js'
import { sharedReference } from '../kit/desk.js'
import { kafkaOrSkip } from '../kit/kafka.js'
import { type RunningKafka, startKafka } from '../kit/kafka-broker.js'
import { useProcesses } from '../kit/process.js'

const { skip, jars } = await kafkaOrSkip()
const reason = skip ?? (jars === undefined ? 'the cluster of KAFKA_BROKERS is not ours to kill' : undefined)

const kills = (count: number) => Array.from({ length: count }, (): FaultKind => 'kill')
/** In this order; the times between them are random. */
const faults: readonly FaultKind[] = [
  ...kills(4),
  'webhook goes silent',
  'join',
  ...kills(4),
  'leave',
  'blackout',
  'webhook answers 500',
  'join',
  ...kills(4),
  'pause',
  'broker',
  ...kills(2),
  'webhook refuses',
  'blackout',
  'leave',
  ...kills(2),
]

/** The same as `npm run bench -- chaos`, for a short time. */
describe.skipIf(reason)(`a group of processes in chaos${reason ? ` (${reason})` : ''}`, () => {
  const place = useProcesses()
  let broker: RunningKafka
  beforeAll(async () => {
    broker = await startKafka()
  })
  afterAll(() => broker.stop())

  it('loses, misses and repeats nothing through 20 kills and 10 rebalances', { timeout: 400_000 }, async () => {
    const reference = await sharedReference(place.folder)
    const reports: RoundReport[] = []
    const total = (count: (report: RoundReport) => number) => reports.reduce((sum, report) => sum + count(report), 0)
    while (total(({ kills }) => kills) < 20 || total(({ rebalances }) => rebalances) < 10) {
      const round = reports.length + 1
      const report = await playRound({
        broker,
        reference,
        folder: place.folder,
        seed: 5,
        round,
        driver: 'kafkajs',
        exactlyOnce: round % 2 === 0,
        faults,
        gap: 250,
      })
      expect(report.findings).toEqual([])
      reports.push(report)
    }
    expect(total(({ events }) => events)).toBeGreaterThan(300)
  })
})
