import { describe, expect, it } from 'vitest'
import { template } from '../../../connectors/sinks/template.js'
import { context } from '../../contract/registry.js'
import { sampleEvent } from '../../contract/sink-contract.js'
import { HttpReceiver } from '../../kit/http-receiver.js'
import { samplePage } from '../../kit/paging.js'

const never = new AbortController().signal

describe('templates', () => {
  const problems = (options: object): string[] => {
    const { error } = template.schema.safeParse({ url: 'https://example.org/hook', body: '{ "text": "{{ headline }}" }', ...options })
    return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
  }

  it.each([
    ['a text', { body: '{{ text }}', contentType: 'text/plain' }],
    ['whole values', { body: '{ "all": {{ alerts | json }}, "count": {{ count }}, "text": {{ text | json }} }' }],
    ['a list', { body: '[{% for alert in alerts %}"{{ alert.stream }}"{% unless forloop.last %},{% endunless %}{% endfor %}]' }],
    ['a choice', { body: '{ "p": {% case severity %}{% when "critical" %}1{% else %}3{% endcase %} }' }],
    ['a form', { body: 'a={{ headline }}&b={{ stream }}', contentType: 'application/x-www-form-urlencoded' }],
    ['no body', { body: '', method: 'DELETE' }],
    ['a URL', { url: 'https://example.org/{{ key }}?s={{ stream }}' }],
  ])('can make %s', (_what, options) => expect(problems(options)).toEqual([]))

  it.each([
    ['an unknown variable', { body: '{ "a": "{{ headlin }}" }' }, /^body: .*undefined variable: headlin/],
    ['an unknown filter', { body: '{ "a": "{{ text | shout }}" }' }, /^body: .*undefined filter: shout/],
    ['an unknown tag', { body: '{% exec "ls" %}', contentType: 'text/plain' }, /^body: .*tag "exec" not found/],
    ['what is no JSON', { body: '{ "a": {{ text }} }' }, /^body: .*JSON/],
    ['what is no JSON at the end', { resolved: { body: '{' } }, /^resolved.body: .*JSON/],
    ['what is no JSON for a storm only', { body: '{% if count > 1 %}x{% else %}{}{% endif %}' }, /^body: .*JSON/],
    ['an open output', { body: '{ "a": "{{ text" }' }, /^body: .*not closed/],
    ['a file', { body: '{% include "/etc/passwd" %}', contentType: 'text/plain' }, /^body: .*ENOENT/],
    [
      'what an object inherits',
      { body: '{{ alerts.constructor }}', contentType: 'text/plain' },
      /^body: .*undefined variable: alerts.constructor/,
    ],
    ['a prototype', { body: '{{ alerts.__proto__ }}', contentType: 'text/plain' }, /^body: .*undefined variable/],
    ['a loop without end', { body: '{% for i in (1..1000000000) %}x{% endfor %}', contentType: 'text/plain' }, /^body: .*limit exceeded/],
    [
      'memory that doubles',
      {
        body: '{% assign a = "x,x" | split: "," %}{% for i in (1..40) %}{% assign a = a | concat: a %}{% endfor %}',
        contentType: 'text/plain',
      },
      /^body: .*limit exceeded/,
    ],
    ['a host that an alert chooses', { url: 'https://{{ stream }}/x' }, /^url: .*host that is written out/],
    ['credentials in the URL', { url: 'https://me:canary@example.org' }, /^url: .*host that is written out/],
    ['a header of its own', { headers: { 'content-type': 'a/b' } }, /^headers.content-type: is set by the sink/],
  ])('are refused with %s', (_what, options, expected) => {
    expect(problems(options)).toEqual([expect.stringMatching(expected)])
    expect(problems(options).join()).not.toContain('canary')
  })
})

describe('a request by a template', () => {
  const sent = async (options: object, ...pages: Parameters<typeof samplePage>[0][]) => {
    const receiver = await HttpReceiver.start()
    const pager = template.create(template.schema.parse({ url: receiver.url, body: '{ "text": "{{ headline }}" }', ...options }), context)
    for (const page of pages) await pager.write(samplePage(page), never)
    await receiver.close()
    return receiver.accepted.map(({ method, path, body, headers }) => ({ method, path, body, type: headers['content-type'] }))
  }
  const stream = 'a "b" \\ <c> & é/\u0000'
  const events = [sampleEvent('id', { stream })] as const

  it('has names escaped for where they stand', async () => {
    const [json] = await sent({ body: '{ "s": "{{ stream }}" }' }, { events })
    expect(JSON.parse(json.body)).toEqual({ s: 'a "b" \\ <c> & é/\\u{0}' })
    const [form] = await sent({ body: 's={{ stream }}', contentType: 'application/x-www-form-urlencoded' }, { events })
    expect(new URLSearchParams(form.body).get('s')).toBe('a "b" \\ <c> & é/\\u{0}')
    const [markup] = await sent({ body: '<b>{{ stream }}</b>', contentType: 'text/html' }, { events })
    expect(markup.body).toBe('<b>a &quot;b&quot; \\ &lt;c&gt; &amp; é/\\u{0}</b>')
  })

  it('has no markup where that is asked for', async () => {
    const [{ body }] = await sent(
      { body: '{{ stream | plain }}', contentType: 'text/plain' },
      { events: [sampleEvent('id', { stream: '[x](y) @all *b* a_b' })] },
    )
    expect(body).toBe('［x］(y) ＠all ∗b∗ a_b')
  })

  it('is another one at the end, where that is said', async () => {
    const options = { resolved: { method: 'PUT', body: '{ "over": true }' } }
    expect(await sent(options, {}, { transition: 'resolved' })).toEqual([
      { method: 'POST', path: '/hook', body: expect.stringContaining('"WARNING: drift'), type: 'application/json' },
      { method: 'PUT', path: '/hook', body: '{ "over": true }', type: 'application/json' },
    ])
  })

  it('is sent of the transitions that are asked for', async () => {
    const all = (['opened', 'escalated', 'updated', 'resolved'] as const).map((transition) => ({ transition }))
    const body = '{ "t": "{{ transition }}" }'
    expect((await sent({ body }, ...all)).map((request) => JSON.parse(request.body).t)).toEqual(['opened', 'escalated', 'resolved'])
    expect((await sent({ body, transitions: ['opened'] }, ...all)).map((request) => JSON.parse(request.body).t)).toEqual(['opened'])
  })
})
