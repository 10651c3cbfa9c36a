import { pagers } from '../../connectors/registry.js'
import { describePagerContract, type PagerCase } from './pager-contract.js'
import { describeRegistry } from './registry.js'

const body = '{ "topic": "alerts", "title": "{{ title | truncate: 200 }}", "message": "{{ text | truncate: 4000 }}" }'

const cases: Readonly<Record<string, PagerCase>> = {
  slack: {
    schema: 'slack',
    secrets: { path: 'T0000canary-of-slack' },
    options: (url) => ({ url: `${url}/T0000canary-of-slack` }),
  },
  pagerduty: {
    schema: 'pagerduty',
    secrets: { key: '0123456789abcdef0123456789abcdef' },
    options: (url) => ({ url, routingKey: '0123456789abcdef0123456789abcdef' }),
  },
  template: {
    schema: 'ntfy',
    secrets: { path: 'canary-of-the-path', header: 'canary-of-the-header' },
    options: (url) => ({
      url: `${url}/canary-of-the-path?key={{ key }}`,
      headers: { authorization: 'Bearer canary-of-the-header' },
      body,
    }),
  },
}

describeRegistry('pagers', pagers, cases, describePagerContract)
