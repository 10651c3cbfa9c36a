import { type PageVariables, pageVariables } from '../../alerts/page-variables.js'
import type { PagerComponent } from '../component.js'
import { postingPager } from '../http/posting-pager.js'
import { HttpTarget } from '../http/target.js'
import { Template } from '../http/template.js'
import { SinkError } from '../sink.js'
import { bodyOf, type TemplateOptions, templateOptions } from './template-options.js'

type Parts = Pick<TemplateOptions, 'method' | 'url' | 'body'>

export const template: PagerComponent<typeof templateOptions> = {
  type: 'template',
  title: 'Any HTTP receiver, by a template: Teams, Opsgenie, Discord, ntfy, a ticket system',
  schema: templateOptions,
  updates: false,
  create(options, facts) {
    const { url, transitions, headers, timeout, contentType } = options
    const target = new HttpTarget({ sink: 'template', url: new URL(url.reveal()).origin, timeout, headers })
    const begins = compiled(options, options)
    const ends = compiled({ ...options, ...options.resolved }, options)
    const isWanted: ReadonlySet<string> = new Set(transitions)
    return postingPager('template', target, (page) => {
      if (!isWanted.has(page.transition)) return undefined
      const { method, url, body } = page.transition === 'resolved' ? ends : begins
      const variables = pageVariables(page, facts)
      return { method, url: rendered(url, variables), body: rendered(body, variables), headers: { 'content-type': contentType } }
    })
  },
}

const compiled = ({ method, url, body }: Parts, options: TemplateOptions) => ({
  method,
  url: new Template(url.reveal(), 'url'),
  body: new Template(body, bodyOf(options, body)),
})

function rendered(text: Template, variables: PageVariables): string {
  try {
    return text.render(variables)
  } catch (error) {
    throw new SinkError('client', false, `sink template: cannot be rendered: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}
