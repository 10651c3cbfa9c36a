import { z } from 'zod'
import { pageText } from '../../alerts/page-text.js'
import type { PagerComponent } from '../component.js'
import { httpTimeout, isHttpUrl } from '../http/options.js'
import { json, postingPager } from '../http/posting-pager.js'
import { HttpTarget } from '../http/target.js'
import { secret } from '../options.js'
import { slackMessage } from './slack-message.js'

const slackOptions = z.strictObject({
  url: secret()
    .refine((url) => isHttpUrl(url.reveal()), 'is not a URL that starts with http:// or https://')
    .describe('The incoming webhook, `https://hooks.slack.com/services/...`: who knows it may post'),
  timeout: httpTimeout(),
})

export const slack: PagerComponent<typeof slackOptions> = {
  type: 'slack',
  title: 'Slack channel, by an incoming webhook',
  schema: slackOptions,
  updates: false,
  create({ url, timeout }, facts) {
    const target = new HttpTarget({
      sink: 'slack',
      url: url.reveal(),
      timeout,
      headers: {},
      // no_service, no_team, channel_not_found: the webhook was removed.
      meanings: { 404: { reason: 'gone', recoverable: false } },
    })
    return postingPager('slack', target, (page) => json(slackMessage(pageText(page, facts), page.severity, page.transition === 'resolved')))
  },
}
