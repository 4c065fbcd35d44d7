/** Minimum and maximum values as stored in the footer, truncated if long. */
import type { SchemaElement } from './footer-types.js'

export type Bound = number | bigint | Uint8Array

/** The bytes of a bound, and whether they are truncated. */
interface BoundBytes {
  bytes: Uint8Array
  isShort: boolean
}

/** Longer values are truncated, because a footer is read in one piece. */
const MOST_BYTES = 16

export function boundBytes(
  bound: Bound | undefined,
  element: SchemaElement,
  which: 'min' | 'max',
): BoundBytes | undefined {
  if (bound === undefined) return undefined
  if (!(bound instanceof Uint8Array)) return { bytes: numberBytes(bound, element), isShort: false }
  const short = bound.length > MOST_BYTES && mayBeTruncated(element) ? shortened(bound, element, which) : undefined
  return short ? { bytes: short, isShort: true } : { bytes: bound, isShort: false }
}

function numberBytes(number: number | bigint, { type }: SchemaElement): Uint8Array {
  const view = new DataView(new ArrayBuffer(type === 'DOUBLE' || type === 'INT64' ? 8 : 4))
  if (typeof number === 'bigint') view.setBigInt64(0, number, true)
  else if (type === 'DOUBLE') view.setFloat64(0, number, true)
  else if (type === 'FLOAT') view.setFloat32(0, number, true)
  else view.setInt32(0, number, true)
  return new Uint8Array(view.buffer)
}

/** Whether a value may be truncated: fixed-length values may not, and JSON must stay valid. */
function mayBeTruncated({ type, logicalType: logical }: SchemaElement): boolean {
  return type === 'BYTE_ARRAY' && logical?.type !== 'JSON' && logical?.type !== 'BSON'
}

/** A shorter bound: not above a minimum, or not below a maximum; undefined if there is none. */
function shortened(bytes: Uint8Array, { logicalType: logical }: SchemaElement, which: 'min' | 'max') {
  const isText = logical?.type === 'STRING' || logical?.type === 'ENUM'
  const end = isText ? characterStart(bytes, MOST_BYTES) : MOST_BYTES
  if (which === 'min') return bytes.slice(0, end)
  return isText ? nextText(bytes, end) : nextBytes(bytes, end)
}

/** The start of the character that contains a byte. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start--
  return start
}

/** The smallest sequence greater than all with this prefix: increments the last byte that can be, and ends there. */
function nextBytes(bytes: Uint8Array, end: number): Uint8Array | undefined {
  for (let at = end - 1; at >= 0; at--) {
    if (bytes[at] === 0xff) continue
    const next = bytes.slice(0, at + 1)
    next[at]!++
    return next
  }
  return undefined
}

/** The same for characters: UTF-8 preserves their order. */
function nextText(bytes: Uint8Array, end: number): Uint8Array | undefined {
  for (let last = end; last > 0; ) {
    const start = characterStart(bytes, last - 1)
    const code = Buffer.from(bytes.subarray(start, last)).toString().codePointAt(0)!
    const next = Buffer.from(String.fromCodePoint(code === 0xd7ff ? 0xe000 : Math.min(code + 1, 0x10ffff)))
    if (code !== 0x10ffff && start + next.length <= MOST_BYTES) return Buffer.concat([bytes.subarray(0, start), next])
    last = start
  }
  return undefined
}
