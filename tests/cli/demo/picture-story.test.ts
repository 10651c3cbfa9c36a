import { expect, it } from 'vitest'
import type { AlertEvent, AnomalyData } from '../../../alerts/event.js'
import { PictureStory } from '../../../cli/demo/picture-story.js'
import { eventsOf } from '../../pipelines/builders.js'
import { Capture } from '../capture.js'

const faults = [
  { stream: 'camera-1', at: 30, rows: 6, name: 'spanner', story: 'a spanner on the belt' },
  { stream: 'camera-2', at: 60, rows: 30, name: 'blur', story: 'out of focus' },
]

function alert(stream: string, offset: number, changed: Partial<Pick<AnomalyData, 'detectors' | 'transition' | 'kind'>> = {}): AlertEvent {
  const [event] = eventsOf(stream)
  if (event.data.kind !== 'record') throw new Error('expected an alert about a record')
  return { ...event, data: { ...event.data, origin: { topic: 'scenes', partition: 0, offset }, detectors: ['angular'], ...changed } }
}

/** What is told of these alerts, when the pictures up to `last` were seen. */
function told(last: number, ...events: readonly AlertEvent[]): string {
  const out = new Capture()
  const story = new PictureStory(out, faults, 3, 8)
  story.graded({ n: 1, offsets: Float64Array.of(last), times: Float64Array.of(0), events })
  story.end()
  return out.text
}

it('says of an alert what looks unusual, and which fault it is', () => {
  const text = told(100, alert('camera-1', 33), alert('camera-2', 66, { detectors: ['angular', 'corruption'] }))
  expect(text).toContain('camera-1: picture 33 is unusual in content (angular); injected at picture 30: a spanner on the belt\n')
  expect(text).toContain('camera-2: picture 66 is unusual in content and image quality (angular, corruption); injected at picture 60')
  expect(text).toContain('found 2 of 2 faults, in the n-th picture of its camera: spanner 2, blur 3; false alarms: 0\n')
})

it('counts an alert that no fault explains as a false alarm: before a fault, in another stream, or after its last window', () => {
  const events = [alert('camera-1', 29), alert('camera-3', 33), alert('camera-1', 60)]
  expect(told(100, ...events)).toMatch(
    /(nothing was injected: a false alarm\n(?:.|\n)*){3}found 0 of 2 faults; missed: spanner, blur; false alarms: 3\n/,
  )
})

it('knows a fault by its window too, and by an alert that was open and becomes worse', () => {
  const drift = alert('camera-1', 59, { kind: 'drift', detectors: ['corruption-means'] })
  const worse = alert('camera-2', 63, { transition: 'escalated' })
  const text = told(100, drift, alert('camera-2', 50), worse)
  expect(text).toContain('camera-1: the last 8 pictures at 59 are unusual in image quality (corruption-means); injected at picture 30')
  expect(text).toContain('found 2 of 2 faults, in the n-th picture of its camera: spanner 10, blur 2; false alarms: 1\n')
})

it('counts only faults that were reached', () => {
  expect(told(40, alert('camera-1', 30))).toContain('found 1 of 1 faults, in the n-th picture of its camera: spanner 1; false alarms: 0\n')
})
