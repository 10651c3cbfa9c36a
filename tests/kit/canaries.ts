import { alternatives, type Field } from '../../config/json-schema.js'

/** A secret made up for a test, in every form in which it might slip out: plain, in JSON, in a URL, in base64 at any place of something longer. */
export function formsOf(canary: string): string[] {
  const url = encodeURIComponent(canary)
  const base64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(canary)])
    return bytes
      .toString('base64')
      .slice(Math.ceil((4 * before) / 3), -4)
      .replace(/=+$/, '')
  })
  const forms = [canary, JSON.stringify(canary).slice(1, -1), url, url.replaceAll('%20', '+'), ...base64]
  return [...forms, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]
}

/** A text as others may write it when they say it back. */
export function writingsOf(text: string): string[] {
  const url = encodeURIComponent(text)
  const within = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${text}.`))
  const base64 = within.flatMap((bytes) => [bytes.toString('base64'), bytes.toString('base64url')])
  return [text, JSON.stringify({ text }), url, url.replaceAll('%20', '+'), ...base64]
}

/** The canaries that show in a text in any form, by name. */
export const found = (canaries: Readonly<Record<string, string>>, text: string): string[] =>
  Object.keys(canaries).filter((name) => formsOf(canaries[name]).some((form) => text.includes(form)))

/** Where a configuration may hold a secret according to its schema: `monitors[].source.kafka.sasl.password`, `headers{}` for any key. */
export function secretPlaces(field: Field, path = ''): string[] {
  const inside = (child: unknown, step: string) =>
    typeof child === 'object' && child !== null ? secretPlaces(child as Field, path + step) : []
  const places = alternatives(field).flatMap((option) => [
    ...(option.writeOnly === true ? [path] : []),
    ...Object.entries(option.properties ?? {}).flatMap(([name, child]) => inside(child, path === '' ? name : `.${name}`)),
    ...inside(option.items, '[]'),
    ...inside(option.additionalProperties, '{}'),
  ])
  return [...new Set(places)]
}
