import { isUtf8 } from 'node:buffer'
import type { Rejection } from '../codec.js'
import { isTooDeep, maxDepth } from './json-depth.js'
import { reject, show } from './rejection.js'

/** The parsed message; undefined when it is none, whose reason `undecodable` finds out. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes) || isTooDeep(bytes)) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Why bytes that were parsed to `root` are no JSON object. */
export function unlikeObject(bytes: Buffer, root: unknown): Rejection {
  if (!isUtf8(bytes)) return reject('undecodable', 'the value is not valid UTF-8')
  if (isTooDeep(bytes)) return reject('too_deep', `the message nests deeper than ${maxDepth} levels`)
  if (root !== undefined) return reject('undecodable', `the message is ${show(root)}; expected a JSON object`)
  return reject('undecodable', `the value is not JSON: ${syntaxError(bytes)}`)
}

function syntaxError(bytes: Buffer): string {
  try {
    JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'unknown fault'
}
