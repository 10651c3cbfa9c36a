import type { Onlookers } from './assemble.js'
import type { Stage } from './metric-labels.js'
import type { Watch } from './monitor.js'
import { StageTimer } from './timed.js'

/** Looks on at a monitor beside its metrics; is told only what it asks for. */
export interface Looker extends Partial<Watch & Pick<Onlookers, 'onLoan' | 'adopted' | 'dropped'>> {
  /** A stage was done with a batch. */
  stage?(stage: Stage, seconds: number): void
}

/** The onlookers, and after them the lookers. */
export function joined(first: Onlookers, lookers: readonly Looker[]): Onlookers {
  const told = (tell: (looker: Looker) => void) => {
    for (const looker of lookers) tell(looker)
  }
  return {
    ...first,
    timer: new StageTimer((stage, seconds) => {
      first.timer.observe(stage, seconds)
      told((looker) => looker.stage?.(stage, seconds))
    }),
    onLoan: (records, bytes) => {
      first.onLoan(records, bytes)
      told((looker) => looker.onLoan?.(records, bytes))
    },
    adopted: (partition, open) => {
      first.adopted(partition, open)
      told((looker) => looker.adopted?.(partition, open))
    },
    dropped: (partition) => {
      first.dropped(partition)
      told((looker) => looker.dropped?.(partition))
    },
    watch: joinedWatch(first.watch, told),
  }
}

const joinedWatch = (first: Watch, told: (tell: (looker: Looker) => void) => void): Watch => ({
  received: (loan) => {
    first.received(loan)
    told((looker) => looker.received?.(loan))
  },
  decoded: (batch) => {
    first.decoded(batch)
    told((looker) => looker.decoded?.(batch))
  },
  graded: (batch) => {
    first.graded(batch)
    told((looker) => looker.graded?.(batch))
  },
  raised: (outcome) => {
    first.raised(outcome)
    told((looker) => looker.raised?.(outcome))
  },
  finished: (outcome) => {
    first.finished(outcome)
    told((looker) => looker.finished?.(outcome))
  },
})
