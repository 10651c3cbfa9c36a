import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { BatchHistogram } from './batch-histogram.js'

type Labels<Label extends string> = Record<Label, string>

/** A gauge that is read when Prometheus asks: nothing is written on the way of the data. */
export class SampledGauge<Label extends string> {
  readonly #samples = new Map<string, { labels: Labels<Label>; read: () => number }>()

  constructor(name: string, help: string, labelNames: readonly Label[], registry: Registry) {
    const samples = this.#samples
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        for (const { labels, read } of samples.values()) this.set(labels, read())
      },
    })
  }

  /** From now on these labels show what `read` returns; 0 until told. */
  sample(labels: Labels<Label>, read: () => number): void {
    this.#samples.set(JSON.stringify(Object.values(labels)), { labels, read })
  }
}

/** A gauge that tells by its labels what is in use, mostly with the value 1; each owner shows one thing at a time. */
export class InfoGauge<Label extends string> {
  readonly #gauge: Gauge<Label>
  readonly #shown = new Map<string, Labels<Label>>()

  constructor(name: string, help: string, labelNames: readonly Label[], registry: Registry) {
    this.#gauge = new Gauge({ name, help, labelNames, registers: [registry] })
  }

  show(owner: string, labels: Labels<Label>, value = 1): void {
    const before = this.#shown.get(owner)
    if (before !== undefined) this.#gauge.remove(before)
    this.#shown.set(owner, labels)
    this.#gauge.set(labels, value)
  }
}

/** A gauge whose series are listed anew at every scrape: what is gone is shown no more. */
export class ListedGauge<Label extends string> {
  readonly #lists = new Map<string, () => Iterable<readonly [Labels<Label>, number]>>()

  constructor(name: string, help: string, labelNames: readonly Label[], registry: Registry) {
    const lists = this.#lists
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const list of lists.values()) for (const [labels, value] of list()) this.set(labels, value)
      },
    })
  }

  /** From now on the owner's series are those that `list` returns. */
  list(owner: string, list: () => Iterable<readonly [Labels<Label>, number]>): void {
    this.#lists.set(owner, list)
  }
}

/** Makes metrics of one registry, all with the prefix `driftwatch_`; the registry refuses a name that is taken. */
export const instruments = (registry: Registry) => {
  const full = (name: string) => `driftwatch_${name}`
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new Counter({ name: full(name), help, labelNames, registers: [registry] }),
    gauge: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new Gauge({ name: full(name), help, labelNames, registers: [registry] }),
    info: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new InfoGauge(full(name), help, labelNames, registry),
    listed: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new ListedGauge(full(name), help, labelNames, registry),
    sampled: <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
      new SampledGauge(full(name), help, labelNames, registry),
    histogram: <Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: readonly number[]) =>
      new Histogram({ name: full(name), help, labelNames, buckets: [...buckets], registers: [registry] }),
    batchHistogram: <Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: readonly number[]) =>
      new BatchHistogram(full(name), help, labelNames, buckets, registry),
  }
}
