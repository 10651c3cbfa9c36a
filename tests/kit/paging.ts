import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { severities } from '../../alerts/severity.js'
import { type Page, pageTransitions } from '../../connectors/pager.js'
import { sampleEvent } from '../contract/sink-contract.js'

const folder = new URL('../../../tests/fixtures/paging/', import.meta.url)

/** What is wrong with a request's body by the receiver's schema (tests/fixtures/paging); empty when nothing is. */
export function faultsBy(receiver: string): (body: string) => string[] {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(
    JSON.parse(readFileSync(new URL(`${receiver}.schema.json`, folder), 'utf8')),
  )
  return (body) =>
    validate(JSON.parse(body)) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** A page about one alert, as the samples of events have it. */
export const samplePage = (changes: Partial<Page> = {}): Page => ({
  key: 'payments/tenant-7/drift',
  transition: 'opened',
  severity: 'warning',
  events: [sampleEvent()],
  ...changes,
})

/** What people must not be called by, what markup, JSON and shells obey, and what is in no alphabet. */
const nasty = [
  '<!channel>',
  '<@U1>',
  '@everyone',
  '*b* _i_ ~s~ `c`',
  '[x](http://evil)',
  '"}],',
  '{{ key }}',
  '\n\r\t\0',
  '\ud800',
  '\u202e',
  "'; rm -rf /;'",
  '&amp;',
  '</script>',
  '|',
  'é😀',
]
const name = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 20 })
    .map((parts) => parts.join('').slice(0, 256)),
  fc.constantFrom('x'.repeat(256), '😀'.repeat(128)),
)

const hostileEvent = fc
  .record({
    stream: name,
    feature: name,
    topic: name,
    note: name,
    id: name,
    value: fc.double({ noNaN: true }),
    severity: fc.constantFrom(...severities),
  })
  .map(({ stream, feature, topic, note, id, value, severity }) =>
    sampleEvent('hostile', {
      monitor: 'm'.repeat(63),
      stream,
      severity,
      peakSeverity: severity,
      dedupKey: `payments/${stream}/drift`.slice(0, 255),
      contributions: Array.from({ length: 8 }, () => ({ feature, share: 10, sigma: value, value })),
      worst: Array.from({ length: 5 }, () => ({
        topic,
        partition: 0,
        offset: 1,
        time: '2026-11-24T12:03:27.000Z',
        score: value,
        id,
        heatmap: `https://x/${topic}`,
      })),
      evidence: {
        falseAlarmsPerDay: 0.1,
        resolutionPerDay: 0.01,
        pValue: 0.01,
        score: 5,
        effect: 2,
        persistence: 1,
        severityScore: 1,
        deploy: { version: note, note, at: '2026-11-24T12:00:00.000Z', ago: 1, openedBefore: false },
      },
    }),
  )

/** Pages, storms among them, whose names were chosen by an enemy. */
export const hostilePage: fc.Arbitrary<Page> = fc
  .record({
    first: hostileEvent,
    copies: fc.constantFrom(0, 1, 500),
    transition: fc.constantFrom(...pageTransitions),
    heldBack: fc.option(name, { nil: undefined }),
  })
  .map(({ first, copies, transition, heldBack }) => ({
    key: first.data.dedupKey,
    transition,
    severity: first.data.severity,
    events: [first, ...Array.from({ length: copies }, () => first)],
    ...(heldBack !== undefined && { heldBack }),
  }))
