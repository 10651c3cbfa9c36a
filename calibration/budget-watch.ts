import { shareInAlarm, testRealised } from './realised.js'

/** How a budget fails to be held. pegged: feedback cannot raise the bar any further; stuck: an alert hardly ever closes. */
export const budgetFindings = ['over', 'pegged', 'stuck', 'under'] as const
export type BudgetFinding = (typeof budgetFindings)[number]

/** What a block of records brought: as many records as the budget allows about one alert for. Plain JSON. */
export interface BudgetBlock {
  /** Alerts opened about records or drift. */
  readonly alerts: number
  /** Records after which their stream had such an alert open, and records after which its feedback was at its upper bound. */
  readonly open: number
  readonly pegged: number
}

/** How the blocks are to be read. */
export interface BudgetMeasure {
  /** Records of a block. */
  readonly block: number
  /** Alerts that the budget allows in a block. */
  readonly allowed: number
  /** Records for which even the shortest alert stays open. */
  readonly shortest: number
  /** Clustering of alerts on clean data, at least 1. */
  readonly dispersion: number
}

/** A stretch of blocks up to the present, and what it says. */
export interface BudgetVerdict {
  readonly finding: BudgetFinding | undefined
  readonly records: number
  readonly alerts: number
  readonly allowed: number
  /** Evidence against "at most twice the budget" (of `under`: "at least half of it"); 1 is none. */
  readonly eValue: number
  /** Shares of the records. */
  readonly inAlarm: number
  readonly pegged: number
}

/** Blocks that are looked back on. */
export const BLOCKS_WATCHED = 50
/** Shortest stretches that may say so: one burst is no rate, and a short quiet is no silence. */
const LEAST_OVER = 4
const LEAST_UNDER = 15
const LEAST_SHARE = 20
/** The last blocks, which must look right before a finding is over. */
const RECENT = 10
const SHARE = 0.2

/**
 * Whether the budget is held, by the last blocks (oldest first, at least one). The evidence of section 8 of the calibration study is taken
 * over every stretch of blocks that ends now, so that a past of any length hides nothing: four times the budget is found
 * within 4 to 12 blocks however long the rate was right before (tests/calibration/budget-watch.test.ts gives the error rates).
 */
export function judgeBudget(blocks: readonly BudgetBlock[], measure: BudgetMeasure): BudgetVerdict {
  const stretches = stretchesOf(blocks, measure)
  const over = strongest(stretches, 'over')
  if (over !== undefined) return over
  const whole = stretches[stretches.length - 1]
  if (blocks.length >= LEAST_SHARE && whole.pegged > SHARE) return { ...whole, finding: 'pegged' }
  if (blocks.length >= LEAST_SHARE && whole.inAlarm > mostInAlarm(measure)) return { ...whole, finding: 'stuck' }
  return strongest(stretches, 'under') ?? whole
}

/** The last blocks, if they look right: between half and twice the budget, and no finding of their own. */
export function recovered(blocks: readonly BudgetBlock[], measure: BudgetMeasure): readonly BudgetBlock[] | undefined {
  const recent = blocks.slice(-RECENT)
  if (recent.length < RECENT) return undefined
  const { alerts, allowed, inAlarm, pegged } = stretchesOf(recent, measure)[RECENT - 1]
  if (judgeBudget(recent, measure).finding !== undefined) return undefined
  const right = alerts >= allowed / 2 && alerts <= 2 * allowed && inAlarm <= mostInAlarm(measure) && pegged <= SHARE
  return right ? recent : undefined
}

/** With a budget of many alerts, those that it allows are open for a good part of the time by themselves. */
const mostInAlarm = ({ block, allowed, shortest }: BudgetMeasure): number => SHARE + (allowed * shortest) / block

const strongest = (stretches: readonly BudgetVerdict[], finding: BudgetFinding): BudgetVerdict | undefined =>
  stretches
    .filter((stretch) => stretch.finding === finding)
    .reduce<BudgetVerdict | undefined>((best, one) => (best === undefined || one.eValue > best.eValue ? one : best), undefined)

/** What each stretch that ends now says of the number of alerts, the shortest first. */
function stretchesOf(blocks: readonly BudgetBlock[], measure: BudgetMeasure): BudgetVerdict[] {
  let [alerts, open, pegged] = [0, 0, 0]
  return blocks.toReversed().map((block, before) => {
    alerts += block.alerts
    open += block.open
    pegged += block.pegged
    return verdictOf(before + 1, { alerts, open, pegged }, measure)
  })
}

function verdictOf(blocks: number, { alerts, open, pegged }: BudgetBlock, { block, allowed, dispersion }: BudgetMeasure): BudgetVerdict {
  const records = blocks * block
  // Days and budget enter as their product only.
  const test = testRealised({ alerts, days: blocks, budgetPerDay: allowed, dispersion })
  const over = test.verdict === 'over' && blocks >= LEAST_OVER
  const under = test.verdict === 'under' && blocks >= LEAST_UNDER
  return {
    finding: over ? 'over' : under ? 'under' : undefined,
    records,
    alerts,
    allowed: blocks * allowed,
    eValue: under ? test.under : test.over,
    inAlarm: shareInAlarm({ evaluations: records, open }),
    pegged: shareInAlarm({ evaluations: records, open: pegged }),
  }
}
