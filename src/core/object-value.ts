/** The values of properties of JavaScript objects. */
import { RawJson, type Value } from './record-batch.js'
import { jsonOf } from './value-text.js'

/** A value of a kept column as a cell; null for what JSON cannot represent, either: functions and invalid dates. */
export function valueOf(value: unknown): Value {
  const plain = plainOf(value)
  if (isNothing(plain)) return null
  return isCell(plain) ? plain : new RawJson(plainText(plain, []))
}

/** A value as JSON shows it: what the method `toJSON` of an object returns, such as the text of a decimal or a time. */
export function plainOf(value: unknown): unknown {
  return isCell(value) ? value : ofJson(value)
}

/** Whether a value means null. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'function' || typeof value === 'symbol') return true
  return value instanceof Date && Number.isNaN(value.getTime())
}

/** Whether a value is not nested. */
function isCell(value: unknown): value is Value {
  return typeof value !== 'object' || value === null || CELLS.some((type) => value instanceof type)
}

const CELLS = [Uint8Array, Date, RawJson]

function ofJson(value: unknown): unknown {
  const isOwn = typeof value === 'object' && value !== null && 'toJSON' in value
  return isOwn && typeof value.toJSON === 'function' ? value.toJSON() : value
}

/**
 * A nested value as JSON, like `JSON.stringify` but with all digits of integers, and bytes in base64.
 *
 * @throws {NestingError}
 */
export function nestedText(value: unknown, within: readonly object[] = []): string {
  return plainText(plainOf(value), within)
}

/** The error of a value that contains itself, so that it has no JSON, or has so many levels that it seems to. */
export class NestingError extends Error {}

/** The maximum number of lists and objects around a value. */
export const MOST_LEVELS = 1000

function plainText(value: unknown, within: readonly object[]): string {
  if (typeof value === 'function' || typeof value === 'symbol') return 'null'
  if (typeof value !== 'object' || value === null || isCell(value)) return jsonOf(value as Value)
  if (within.length === MOST_LEVELS || within.includes(value)) throw new NestingError()
  const all = [...within, value]
  const isList = Array.isArray(value) || ArrayBuffer.isView(value)
  if (isList) return `[${Array.from(value as ArrayLike<unknown>, (item) => nestedText(item, all))}]`
  const pairs = Object.entries(value).filter(([, item]) => !['undefined', 'function', 'symbol'].includes(typeof item))
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${nestedText(item, all)}`)}}`
}
