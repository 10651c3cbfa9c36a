import { z } from 'zod'
import type { Component } from './component.js'
import { duration } from './options.js'
import type { Source } from './source.js'

/** Where a monitor is told of deploys, and asked for rebaselines. Every process reads all of it: nothing is shared out, nothing is committed. */
export interface ControlInput {
  /** What was said already: ends by itself. `everything`: from the beginning, for a replay of old data; else as far back as `lookback`. */
  past(everything: boolean): Source
  /** What is said from now on: never ends. Absent where nothing more comes. */
  news?(): Source
}

export type ControlComponent<S extends z.ZodType = z.ZodType> = Component<S, ControlInput>

const longest = 24 * 86_400_000

/** What every kind of control input takes. */
export const controlFields = {
  nameFor: duration()
    .refine((ms) => ms >= 1000 && ms <= longest, { error: 'expected a duration between 1s and 24d' })
    .prefault('1h')
    .describe('How long after a deploy the events of alerts name it, in data time'),
  rebaseline: z
    .boolean()
    .default(false)
    .describe('Whether messages may ask for a rebaseline: who may write them can then say what normal is'),
  silences: z
    .boolean()
    .default(false)
    .describe('Whether messages may make silences, for every process that reads them: who may write them can then keep pages from people'),
}

const common = z.object({ nameFor: z.number(), rebaseline: z.boolean(), silences: z.boolean() })

/** How long after a deploy it is named, in ms, by the options of any kind. */
export const nameForOf = (options: unknown): number => common.parse(options).nameFor

/** Whether messages may ask for a rebaseline, by the options of any kind. */
export const mayRebaseline = (options: unknown): boolean => common.parse(options).rebaseline

/** Whether messages may make silences, by the options of any kind. */
export const maySilence = (options: unknown): boolean => common.parse(options).silences
