import type { AnomalyData } from '../../alerts/event.js'
import { unusualIn } from '../../alerts/looks-at.js'
import type { Output } from '../terminal.js'
import { DemoStory, type Seen, type StoryFault } from './story.js'

export interface PictureFault extends StoryFault {
  /** In a word. */
  readonly name: string
}

/** The story of a demo with pictures: of every alert whether it is one of the injected faults, and at the end which were found. */
export class PictureStory extends DemoStory {
  /** In which of its camera's pictures a fault was found, from 1. */
  readonly #found = new Map<PictureFault, number>()
  #falseAlarms = 0
  #reached = -1

  /** `cameras` take turns; `window`: pictures of one camera that a window detector looks at. */
  constructor(
    out: Output,
    private readonly faults: readonly PictureFault[],
    private readonly cameras: number,
    private readonly window: number,
  ) {
    super(out, faults, 'pictures')
  }

  override graded(batch: Seen): void {
    super.graded(batch)
    this.#reached = batch.offsets[batch.n - 1] ?? this.#reached
    for (const { data } of batch.events) if (data.kind === 'record' || data.kind === 'drift') this.#see(data)
  }

  override end(): void {
    const injected = this.faults.filter(({ at }) => at <= this.#reached)
    const found = [...this.#found].map(([{ name }, pictures]) => `${name} ${pictures}`)
    const missed = injected.filter((fault) => !this.#found.has(fault)).map(({ name }) => name)
    const parts = [
      `found ${found.length} of ${injected.length} faults${found.length > 0 ? `, in the n-th picture of its camera: ${found.join(', ')}` : ''}`,
      ...(missed.length > 0 ? [`missed: ${missed.join(', ')}`] : []),
      `false alarms: ${this.#falseAlarms}`,
    ]
    this.say('bold', parts.join('; '))
    super.end()
  }

  /** An alert that was open before its camera's fault shows it by becoming worse. */
  #see({ kind, stream, origin: { offset }, detectors, transition }: AnomalyData): void {
    const fault = this.#causeOf(stream, offset)
    const news = fault !== undefined && !this.#found.has(fault)
    if (transition !== 'opened' && !(transition === 'escalated' && news)) return
    const finding =
      `${stream}: ${kind === 'record' ? `picture ${offset} is` : `the last ${this.window} pictures at ${offset} are`} unusual in ` +
      `${unusualIn(detectors)} (${detectors.join(', ')})`
    if (news) this.#found.set(fault, 1 + Math.floor((offset - fault.at) / this.cameras))
    if (fault === undefined) this.#falseAlarms++
    if (fault === undefined) this.say('red', `${finding}; nothing was injected: a false alarm`)
    else this.say('green', `${finding}; injected at picture ${fault.at}: ${fault.story}`)
  }

  /** The latest fault of a stream that is in the picture, or in the window that ends with it. */
  #causeOf(stream: string, offset: number): PictureFault | undefined {
    const reach = this.window * this.cameras
    return this.faults.findLast((fault) => fault.stream === stream && fault.at <= offset && offset < fault.at + fault.rows + reach)
  }
}
