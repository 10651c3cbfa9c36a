import Long from 'kafkajs/src/utils/long.js'

/**
 * For every record kafkajs 2.2.4 reads the first offset and the first timestamp of its batch from decimal text anew, a good tenth
 * of the time that it takes to decode one. Its Longs never change, so the last two are handed out again.
 */
export function rememberLongs(): void {
  const parse = Long.fromString
  if (parse.name === remembered.name) return
  let [newText, oldText] = ['0', '0']
  let [newLong, oldLong] = [parse.call(Long, newText), parse.call(Long, oldText)]
  function remembered(text: string): Long {
    if (text === newText) return newLong
    if (text === oldText) return oldLong
    const long = parse.call(Long, text)
    oldText = newText
    oldLong = newLong
    newText = text
    newLong = long
    return long
  }
  Long.fromString = remembered
}
