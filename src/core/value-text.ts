/** Formats values as cells of delimited text and as JSON. */
import { RawJson, type Value } from './record-batch.js'

/** A value as a text cell. */
export function cellOf(value: Value): string {
  if (value === null || value === undefined) return ''
  if (value instanceof RawJson) return value.text
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return base64(value)
  return typeof value === 'number' ? numberText(value) : String(value)
}

/** A number as JavaScript prints it, except that the sign of zero is kept. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** A value as JSON: integers with all their digits, NaN and infinities as strings, bytes in base64. */
export function jsonOf(value: Value): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof RawJson) return value.text
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : `"${value}"`
  return JSON.stringify(value instanceof Uint8Array ? base64(value) : value)
}

/** Metrics as JSON, with NaN and infinities as strings, as in rows. */
export function figuresJson(figures: object, indent?: number): string {
  const plain = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  return JSON.stringify(figures, plain, indent)
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/**
 * A timestamp since 1970 in ISO 8601, with as many digits as it has; the plain number if it is out of range. `zone` is
 * `Z` for an instant, and empty for a local time.
 */
export function timestampText(count: bigint, perSecond: bigint, zone: '' | 'Z' = 'Z'): string {
  const rest = modulo(count, perSecond)
  const date = new Date(Number((count - rest) / perSecond) * 1000)
  if (Number.isNaN(date.getTime())) return String(count)
  return `${date.toISOString().slice(0, -5)}${fractionText(rest, perSecond)}${zone}`
}

/** A day since 1970 in ISO 8601; the plain number if it is out of range. */
export function dayText(days: number): string {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().replace(/T.*/, '')
}

/** A time of day, `12:30:00.5`; the plain number if it exceeds a day. */
export function timeOfDayText(count: bigint, perSecond: bigint): string {
  if (count < 0n || count >= 86_400n * perSecond) return String(count)
  return timestampText(count, perSecond, '').slice(11)
}

/** A duration in ISO 8601, in seconds: `PT90.5S`, `-PT0.001S`. */
export function durationText(count: bigint, perSecond: bigint): string {
  const size = count < 0n ? -count : count
  return `${count < 0n ? '-' : ''}PT${size / perSecond}${fractionText(size % perSecond, perSecond)}S`
}

/** A fraction of a second with its point, without trailing zeros; empty if it is 0. */
function fractionText(rest: bigint, perSecond: bigint): string {
  if (rest === 0n) return ''
  return `.${String(rest)
    .padStart(String(perSecond).length - 1, '0')
    .replace(/0+$/, '')}`
}

function modulo(count: bigint, size: bigint): bigint {
  return ((count % size) + size) % size
}

/** A decimal with all its digits, from its unscaled value and its scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (!(Math.abs(scale) <= MOST_SCALE)) throw new Error(`a decimal has ${scale} digits after its point`)
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The maximum scale of a decimal. */
const MOST_SCALE = 100
