import type { Logger } from 'pino'
import type { z } from 'zod'
import type { PageFacts } from '../alerts/page-facts.js'
import type { Codec } from './codec.js'
import type { Pager } from './pager.js'
import type { DeadLetterSink, Sink } from './sink.js'
import type { Source } from './source.js'
import type { StateStore } from './store.js'

/** What every component may use when it is made. */
export interface ComponentContext {
  /** Name of the monitor that the component serves. */
  readonly monitor: string
  readonly logger: Logger
  /** Told in words what keeps a part of the monitor, such as its source, from working at present, and `undefined` when it works again. */
  trouble?(part: string, what: string | undefined): void
}

/** What tells people of alerts also knows what they ask for next. */
export interface PageContext extends ComponentContext, PageFacts {}

/** Codecs also learn the layout of a row and the limits that bad input is held to. */
export interface CodecContext extends ComponentContext {
  /** Feature names in the order of the row. */
  readonly features: readonly string[]
  /** Per feature, whether a record may lack it: it is then decoded as NaN. Undefined where none may. */
  readonly mayMiss?: readonly boolean[] | undefined
  /** Column names of a delimited file, from its header line; undefined elsewhere. */
  readonly columns: readonly string[] | undefined
  readonly maxMessageBytes: number
  /** Whether the records' groups are wanted, as of a reference's. */
  readonly groups?: boolean | undefined
}

/**
 * A kind of source, codec, sink or store: its name in the configuration, the schema of its options
 * (types, defaults, docs and errors come from it) and how to make one. Making does no I/O.
 */
export interface Component<Schema extends z.ZodType, Made, Context = ComponentContext> {
  readonly type: string
  /** One line for the docs. */
  readonly title: string
  readonly schema: Schema
  create(options: z.output<Schema>, context: Context): Made
}

/** A part of an input: from where, and up to where (exclusive); times are ms since the epoch, records are offsets per partition. */
export interface InputRange {
  readonly from: 'earliest' | number | Readonly<Record<string, number>>
  readonly to: 'now' | number | Readonly<Record<string, number>>
}

/**
 * Exactly-once delivery, where a source's input and the outputs are in one system that has transactions: what these parts are given
 * to write is kept back, and written in one transaction with the position that the source then commits.
 */
export interface Transactions {
  readonly source: Source
  /** `options` are those of the sink of the same type as the source. */
  sink(options: unknown): Sink
  deadLetters(options: unknown): DeadLetterSink
  store(inner: StateStore, options: unknown): StateStore
}

export interface SourceComponent<S extends z.ZodType = z.ZodType> extends Component<S, Source> {
  /**
   * The same input as finite sources, read one after the other by `fit` and `replay`: they join no group and commit nothing.
   * Absent where the source ends by itself and has no range.
   */
  finite?(options: z.output<S>, range: InputRange, context: ComponentContext): Source[]
  /** The same input with exactly-once delivery. Absent where there is none. */
  transactions?(options: z.output<S>, context: ComponentContext): Transactions
}
export type CodecComponent<S extends z.ZodType = z.ZodType> = Component<S, Codec, CodecContext>
export type SinkComponent<S extends z.ZodType = z.ZodType> = Component<S, Sink, PageContext>
export interface PagerComponent<S extends z.ZodType = z.ZodType> extends Component<S, Pager, PageContext> {
  /** Whether a page that comes again replaces or adds to what the receiver shows, without calling anybody: only then is it sent updates. */
  readonly updates: boolean
}
export type DeadLetterComponent<S extends z.ZodType = z.ZodType> = Component<S, DeadLetterSink>
export type StoreComponent<S extends z.ZodType = z.ZodType> = Component<S, StateStore>
