/** Not every receiver has an escape for what formats text or calls people: such characters become others that look alike. */
const lookalikes: Readonly<Record<string, string>> = {
  '*': '∗',
  '~': '∼',
  '`': 'ˋ',
  _: 'ˍ',
  '[': '［',
  ']': '］',
  '<': '‹',
  '>': '›',
  '|': '∣',
  '@': '＠',
}

/** What formats text in Slack, beside its entities. */
const emphasis = /[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu
/** What formats, links or mentions in Markdown and its kin. An underscore inside a word does nothing. */
const anything = /[*~`[\]<>|@]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu

export const withoutEmphasis = (text: string): string => text.replace(emphasis, (mark) => lookalikes[mark])
export const withoutMarkup = (text: string): string => text.replace(anything, (mark) => lookalikes[mark])
