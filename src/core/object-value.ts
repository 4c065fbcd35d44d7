/** The values of properties of JavaScript objects. */
import { RawJson, type Value } from './record-batch.js'
import { jsonOf } from './value-text.js'

/** A value of a kept column as a cell; null for what JSON has none for, either: functions, and dates that are invalid. */
export function valueOf(value: unknown): Value {
  if (isNothing(value)) return null
  if (typeof value !== 'object' || PLAIN.some((type) => value instanceof type)) return value as Value
  return new RawJson(nestedText(value))
}

/** Whether a value means null. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'function' || typeof value === 'symbol') return true
  return value instanceof Date && Number.isNaN(value.getTime())
}

const PLAIN = [Uint8Array, Date, RawJson]

/** A nested value as JSON, like `JSON.stringify` but with all digits of integers. */
export function nestedText(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return 'null'
  if (typeof value !== 'object' || value === null) return jsonOf(value as Value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return nestedText(value.toJSON())
  if (Array.isArray(value)) return `[${Array.from(value, nestedText)}]`
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as unknown as ArrayLike<unknown>, nestedText)}]`
  const pairs = Object.entries(value).filter(([, item]) => !['undefined', 'function', 'symbol'].includes(typeof item))
  return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${nestedText(item)}`)}}`
}
