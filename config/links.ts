import { z } from 'zod'

const places = ['monitor', 'stream', 'kind', 'severity']

/** A URL in which `{monitor}`, `{stream}`, `{kind}` and `{severity}` stand for those of an alert. */
const link = () =>
  z
    .string()
    .max(2000)
    .superRefine((template, context) => {
      const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, place]) => place).find((place) => !places.includes(place))
      if (unknown !== undefined)
        context.addIssue({
          code: 'custom',
          message: `{${unknown}} stands for nothing; expected ${places.map((place) => `{${place}}`).join(', ')}`,
        })
      const url = template.replaceAll(/\{[^{}]*\}/g, 'x')
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        context.addIssue({ code: 'custom', message: 'is not a URL that starts with http:// or https://' })
    })

export const linksSchema = z.strictObject({
  dashboard: link()
    .optional()
    .describe(
      'Where the stream is looked at; `{monitor}`, `{stream}`, `{kind}` and `{severity}` stand for those of the alert, encoded for a URL',
    )
    .meta({ examples: ['https://grafana.example.org/d/driftwatch-stream?var-monitor={monitor}&var-stream={stream}'] }),
  runbook: link()
    .optional()
    .describe('What is to be done, with the same places')
    .meta({ examples: ['https://wiki.example.org/driftwatch/{kind}'] }),
})
