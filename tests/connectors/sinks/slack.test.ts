import { describe, expect, it } from 'vitest'
import { pageText } from '../../../alerts/page-text.js'
import { slack } from '../../../connectors/sinks/slack.js'
import { slackMessage } from '../../../connectors/sinks/slack-message.js'
import { context } from '../../contract/registry.js'
import { failure, sampleEvent } from '../../contract/sink-contract.js'
import { HttpReceiver } from '../../kit/http-receiver.js'
import { faultsBy, samplePage } from '../../kit/paging.js'

const links = { dashboard: 'https://grafana.example.org/d?var-stream={stream}&x=1', runbook: 'https://wiki.example.org/{kind}' }
const message = (event = sampleEvent()) =>
  slackMessage(pageText(samplePage({ events: [event] }), { configFile: 'driftwatch.yaml', links }), 'warning', false)
const texts = ({ blocks }: ReturnType<typeof message>): string => JSON.stringify(blocks)

describe('a message in Slack', () => {
  it('says in large what happened, in small where to look', () => {
    expect(message()).toEqual({
      text: 'WARNING: drift of tenant-7 (payments): queue_depth +4.2σ (61 % of the score), now 812',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🟨 WARNING: drift of tenant-7 (payments)', emoji: false } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            verbatim: true,
            text: [
              '*What*  The stream as a whole has moved away from the reference, seen by hotelling',
              '*Since*  2026-11-24 12:03:27 UTC',
              '*How sure*  p 0.00001; on clean data 0.048 false alarms a day as strong as this, about once in 3 weeks; the budget is 1 a day',
              '•  8 of the last 12 evaluations over the limit',
              '*How big*  1.8 times the limit; severity score 1.8 of 4, mostly for its rarity',
              '*Why*  queue_depth +4.2σ (61 % of the score), now 812',
              '•  latency_p95 +2.1σ (22 % of the score), now 0.31',
              '•  amount −0.9σ (9 % of the score), now 18',
            ].join('\n'),
          },
        },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              verbatim: true,
              text: '*Changed lately*  nothing known\n*Worst records*  features/2/18231 at 2026-11-24 12:03:27 UTC, score 50\n*Reference*  r1; configuration c1',
            },
          ],
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            verbatim: true,
            text: '```driftwatch explain --config driftwatch.yaml --monitor payments --at features/2/18231```',
          },
        },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              verbatim: true,
              text: '<https://grafana.example.org/d?var-stream=tenant-7&amp;x=1|Dashboard>\n<https://wiki.example.org/drift|Runbook>',
            },
          ],
        },
      ],
    })
  })

  it('calls nobody and formats nothing for a name', () => {
    const stream = '<!channel> <@U1> *bold* _it_ a_b ~s~ `c` & <https://evil|x>'
    const shown = texts(message(sampleEvent('id', { stream, contributions: [{ feature: stream, share: 50, sigma: 4, value: 1 }] })))
    expect(shown).toContain('&lt;!channel&gt; &lt;@U1&gt; ∗bold∗ ˍitˍ a_b ∼s∼ ˋcˋ &amp; &lt;https://evil|x&gt;')
    expect(shown).not.toMatch(/<[!@#]/)
  })

  it('says that there is more than a block takes', () => {
    const others = Array.from({ length: 30 }, (_, i) => sampleEvent(`id-${i}`, { stream: `${i}${'&'.repeat(80)}` }))
    const page = pageText(samplePage({ events: [sampleEvent(), ...others] }), {})
    const [, block] = slackMessage(page, 'warning', false).blocks
    const text = block.type === 'section' ? (block.text?.text ?? '') : ''
    expect(text.length).toBeLessThanOrEqual(3000)
    expect(text).toMatch(/\n…$/)
  })

  it('keeps a command that is to be copied as it is, but for what would end its frame', () => {
    const worst = [{ topic: 'my_topic*`', partition: 0, offset: 1, time: '2026-11-24T12:03:27.000Z', score: 1 }]
    expect(texts(message(sampleEvent('id', { worst })))).toContain(
      "```driftwatch explain --config driftwatch.yaml --monitor payments --at 'my_topic*ˋ/0/1'```",
    )
  })

  it('finds a wrong message wrong: the schema is no formality', () => {
    const faults = faultsBy('slack')
    const good = message()
    expect(faults(JSON.stringify(good))).toEqual([])
    expect(
      faults(JSON.stringify({ ...good, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }] })),
    ).not.toEqual([])
    expect(faults(JSON.stringify({ ...good, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '<!channel>' } }] }))).not.toEqual([])
    expect(faults(JSON.stringify({ ...good, blocks: Array(51).fill(good.blocks[0]) }))).not.toEqual([])
  })
})

describe('slack', () => {
  it.each([
    { status: 400, body: 'invalid_blocks', reason: 'client', recoverable: false },
    { status: 403, body: 'action_prohibited', reason: 'auth', recoverable: false },
    { status: 404, body: 'no_service', reason: 'gone', recoverable: false },
    { status: 410, body: 'channel_is_archived', reason: 'gone', recoverable: false },
    { status: 429, body: 'rate_limited', reason: 'rate_limited', recoverable: true },
    { status: 500, body: 'rollup_error', reason: 'server', recoverable: true },
  ])('takes $status $body as $reason', async ({ status, body, reason, recoverable }) => {
    const receiver = await HttpReceiver.start()
    receiver.answers.push({ status, body })
    const error = await failure(
      slack.create(slack.schema.parse({ url: receiver.url }), context).write(samplePage(), new AbortController().signal),
    )
    await receiver.close()
    expect(error).toMatchObject({ reason, recoverable })
    expect(error.message).toContain(body)
  })

  it('refuses what is no URL without quoting it', () => {
    const issues = slack.schema.safeParse({ url: 'canary' }).error?.issues ?? []
    expect(issues.map(({ path, message }) => `${path}: ${message}`)).toEqual(['url: is not a URL that starts with http:// or https://'])
  })
})
