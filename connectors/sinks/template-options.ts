import { z } from 'zod'
import { sampleFacts, samplePages } from '../../alerts/page-samples.js'
import { pageVariables } from '../../alerts/page-variables.js'
import { httpHeaders, httpTimeout } from '../http/options.js'
import { Template, type TemplateOf } from '../http/template.js'
import { secret } from '../options.js'

const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Scheme and host, which no template may make. */
const origin = /^https?:\/\/[^/?#{}@\s]+(?=[/?#]|$)/

const urlTemplate = () =>
  secret().refine(
    (url) => origin.test(url.reveal()),
    'is not a URL that starts with http:// or https:// and a host that is written out; what comes after may be a template',
  )

const request = z.strictObject({
  url: urlTemplate().exactOptional().describe('Another address'),
  method: z.enum(methods).exactOptional().describe('Another method'),
  body: z.string().exactOptional().describe('Another body, a template; empty for none'),
})

const sent = ['opened', 'escalated', 'resolved'] as const

const fields = z.strictObject({
  url: urlTemplate().describe('Where pages are sent. After the host it may be a template, whose values are encoded for a URL.'),
  method: z.enum(methods).default('POST').describe('Request method'),
  body: z
    .string()
    .describe('The request body, a Liquid template: see docs/receivers.md. What it puts in is escaped for the content type.')
    .meta({ examples: ['{ "text": "{{ headline }}" }'] }),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, { error: 'expected a media type such as application/json' })
    .default('application/json')
    .describe('Media type of the body'),
  headers: httpHeaders(),
  transitions: z
    .array(z.enum(sent))
    .min(1)
    .default([...sent])
    .describe('What is sent; leave out what the receiver has no use for'),
  resolved: request.optional().describe('What is different when an alert is over'),
  timeout: httpTimeout(),
})

const placeOf = (contentType: string): TemplateOf => {
  if (/json/.test(contentType)) return 'json'
  if (/x-www-form-urlencoded/.test(contentType)) return 'form'
  return /html|xml/.test(contentType) ? 'markup' : 'text'
}

/** Every template is tried at the start on a page of every kind, with names that break what does not escape them. */
export const templateOptions = fields.superRefine((options, context) => {
  for (const { path, source, of } of templatesIn(options)) {
    const problem = problemOf(source, of)
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [...path], message: problem })
  }
})
export type TemplateOptions = z.output<typeof fields>

/** What the body of a request is; of an empty one it does not matter. */
export const bodyOf = ({ contentType }: Pick<TemplateOptions, 'contentType'>, body: string): TemplateOf =>
  body === '' ? 'text' : placeOf(contentType)

interface Source {
  readonly path: readonly string[]
  readonly source: string
  readonly of: TemplateOf
}

const templatesIn = (options: TemplateOptions): Source[] => [
  { path: ['url'], source: options.url.reveal(), of: 'url' },
  { path: ['body'], source: options.body, of: bodyOf(options, options.body) },
  ...(options.resolved?.url === undefined
    ? []
    : [{ path: ['resolved', 'url'], source: options.resolved.url.reveal(), of: 'url' } as const]),
  ...(options.resolved?.body === undefined
    ? []
    : [{ path: ['resolved', 'body'], source: options.resolved.body, of: bodyOf(options, options.resolved.body) }]),
]

function problemOf(source: string, of: TemplateOf): string | undefined {
  try {
    const template = new Template(source, of)
    for (const page of samplePages) for (const facts of sampleFacts) template.render(pageVariables(page, facts))
  } catch (error) {
    return `is not a template that works for every page: ${error instanceof Error ? error.message : error}`
  }
}
