import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A page of the documentation. */
export interface Page {
  /** Path from the repository's root. */
  readonly path: string
  readonly folder: string
  readonly text: string
  /** The text without its fenced blocks. */
  readonly prose: string
  /** Fenced blocks, with their language. */
  readonly blocks: readonly { readonly language: string; readonly code: string }[]
  /** What stands in backticks in the prose. */
  readonly spans: readonly string[]
}

const fence = /^ *```(\w*)\n(.*?)^ *```$/gms

/** The page at a path, as its readers see it. */
export function pageAt(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const prose = text.replaceAll(fence, '')
  const blocks = [...text.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code }))
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  return { path, folder: dirname(path), text, prose, blocks, spans }
}

/** Every page that people read, the examples' comments included. */
export const pages: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...['docs', 'docs/runbooks'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  ),
].map(pageAt)

/** The anchors that GitHub gives a page's headings. */
export const anchorsOf = ({ prose }: Page): string[] =>
  [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
