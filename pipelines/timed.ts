import { map, type Observable, type OperatorFunction, tap } from 'rxjs'
import type { Stage } from './metric-labels.js'

/** Measures stages, in seconds per batch. */
export class StageTimer {
  constructor(readonly observe: (stage: Stage, seconds: number) => void) {}

  /** A synchronous stage. */
  each<In, Out>(stage: Stage, work: (batch: In) => Out): OperatorFunction<In, Out> {
    return map((batch) => {
      const start = performance.now()
      const done = work(batch)
      this.observe(stage, (performance.now() - start) / 1000)
      return done
    })
  }

  /** A stage that takes its time, one out for one in and in order; waiting for earlier batches counts. */
  around<In, Out>(stage: Stage, work: OperatorFunction<In, Out>): OperatorFunction<In, Out> {
    return (batches: Observable<In>) => {
      const entered: number[] = []
      return batches.pipe(
        tap(() => entered.push(performance.now())),
        work,
        tap(() => this.observe(stage, (performance.now() - (entered.shift() ?? 0)) / 1000)),
      )
    }
  }
}
