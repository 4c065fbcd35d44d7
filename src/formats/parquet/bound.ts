/** The least or the largest of some values, as the footer has it: as the type has its values, and not long. */
import type { SchemaElement } from 'hyparquet'

export type Bound = number | bigint | Uint8Array

/** The bytes of a bound; and whether they are fewer than the value has. */
interface BoundBytes {
  bytes: Uint8Array
  isShort: boolean
}

/** Longer texts are truncated: a footer is read as a whole. */
const MOST_BYTES = 16

export function boundBytes(
  bound: Bound | undefined,
  element: SchemaElement,
  which: 'min' | 'max',
): BoundBytes | undefined {
  if (bound === undefined) return undefined
  if (!(bound instanceof Uint8Array)) return { bytes: numberBytes(bound, element), isShort: false }
  const short = bound.length > MOST_BYTES && mayBeCut(element) ? shortened(bound, element, which) : undefined
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

/** Values of a fixed length keep it, and JSON has to be whole. */
function mayBeCut({ type, logical_type: logical }: SchemaElement): boolean {
  return type === 'BYTE_ARRAY' && logical?.type !== 'JSON' && logical?.type !== 'BSON'
}

/** Fewer bytes that are no more than a least value, or no less than a largest one; undefined where there are none. */
function shortened(bytes: Uint8Array, { logical_type: logical }: SchemaElement, which: 'min' | 'max') {
  const isText = logical?.type === 'STRING' || logical?.type === 'ENUM'
  const end = isText ? characterStart(bytes, MOST_BYTES) : MOST_BYTES
  if (which === 'min') return bytes.slice(0, end)
  return isText ? nextText(bytes, end) : nextBytes(bytes, end)
}

/** Where the character begins that a byte is part of. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start--
  return start
}

/** Behind all bytes that begin so: the last byte that has a next one is that, and is the end. */
function nextBytes(bytes: Uint8Array, end: number): Uint8Array | undefined {
  for (let at = end - 1; at >= 0; at--) {
    if (bytes[at] === 0xff) continue
    const next = bytes.slice(0, at + 1)
    next[at]!++
    return next
  }
  return undefined
}

/** The same in characters: UTF-8 has their order. */
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
