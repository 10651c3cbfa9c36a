import { barFor } from '../../calibration/budget.js'
import type { Graded } from '../../pipelines/batch.js'
import type { Reference } from '../../references/reference.js'
import type { Onlooker } from '../run.js'
import { type Output, paintFor } from '../terminal.js'

export interface StoryFault {
  readonly stream: string
  readonly at: number
  readonly rows: number
  readonly story: string
}

/** What a story needs to know of a batch. */
export type Seen = Pick<Graded, 'n' | 'offsets' | 'times' | 'events'>

/** What is told when a row of the input is reached. */
interface Moment {
  readonly at: number
  readonly text: string
}

const momentsOf = ({ stream, at, rows, story }: StoryFault): Moment[] => [
  { at, text: `injecting into ${stream}: ${story}` },
  { at: at + rows, text: `fault over in ${stream}: ${story}` },
]

/** Tells a demo's story on the terminal, between the alerts that the sink prints. */
export class DemoStory implements Onlooker {
  readonly #paint
  readonly #moments: Moment[]
  readonly #counts = { records: 0, opened: 0 }
  #budgetPerRecord = 0
  #lastStatus = 0
  #lastRecords = 0

  constructor(
    private readonly out: Output,
    faults: readonly StoryFault[],
    private readonly unit: 'records' | 'pictures',
  ) {
    this.#paint = paintFor(out)
    this.#moments = faults.flatMap(momentsOf).sort((one, other) => one.at - other.at)
  }

  begin(title: string, ...notes: readonly string[]): void {
    this.say('bold', title)
    for (const note of notes) this.note(note)
  }

  fitted(reference: Reference, budgetPerDay: number): void {
    const { calibration, provenance, selfTest, version } = reference
    const { sentence } = barFor(calibration, budgetPerDay, selfTest.passed)
    this.#budgetPerRecord = budgetPerDay / calibration.rowsPerDay
    this.note(
      `fitted reference ${version} to ${provenance.rows.toLocaleString('en-GB')} ${this.unit}; self-test ${selfTest.passed ? 'passed' : 'refused'}`,
    )
    this.note(sentence)
    this.note(
      'K: the false alarms that the budget allows in the days learned from. 8 or more are OK; with fewer the true rate is less sure',
    )
  }

  serving(address: string, page: boolean): void {
    if (page) this.say('bold', `open ${address}/`)
    this.note(`metrics at ${address}/metrics`)
    this.note('watching; Ctrl-C ends it')
    this.#lastStatus = performance.now()
  }

  graded(batch: Seen): void {
    const last = batch.offsets[batch.n - 1] ?? -1
    while (this.#moments[0] !== undefined && this.#moments[0].at <= last) this.say('yellow', this.#moments.shift()!.text)
    this.#counts.records += batch.n
    this.#counts.opened += batch.events.filter(({ data }) => data.transition === 'opened').length
    const now = performance.now()
    if (now - this.#lastStatus < 5000) return
    const rate = ((this.#counts.records - this.#lastRecords) * 1000) / (now - this.#lastStatus)
    this.note(
      `watching at ${Math.round(rate)} ${this.unit}/s; ${new Date(batch.times[batch.n - 1]).toISOString().slice(0, 16).replace('T', ' ')} in the data; ${this.#tally()}`,
    )
    this.#lastStatus = now
    this.#lastRecords = this.#counts.records
  }

  end(): void {
    this.note(`done: ${this.#counts.records.toLocaleString('en-GB')} ${this.unit}, ${this.#tally()}; drained and stopped`)
  }

  #tally(): string {
    const { opened, records } = this.#counts
    return `${opened} ${opened === 1 ? 'alert' : 'alerts'} opened, ${(records * this.#budgetPerRecord).toFixed(1)} false ones expected`
  }

  protected note(text: string): void {
    this.say('dim', text)
  }

  protected say(colour: 'dim' | 'bold' | 'yellow' | 'green' | 'red', text: string): void {
    this.out.write(`${this.#paint(colour, text)}\n`)
  }
}
