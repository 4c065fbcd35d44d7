/**
 * Metadata as text. It is UTF-8 as a rule, and may be any bytes: those that are not UTF-8 are text as Python's
 * `surrogateescape` has them, half a character for each byte above 127, and come out as the bytes that they were.
 */
import { isUtf8 } from 'node:buffer'

export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(bytes)) return buffer.toString()
  return buffer.toString('latin1').replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)))
}

export function bytesOfText(text: string): Buffer {
  return isWellFormed(text) || !ESCAPED.test(text) ? Buffer.from(text) : Buffer.from(text, 'latin1')
}

/** Only bytes: of half a character the lower byte is the one that it stands for. */
const ESCAPED = /^[\0-\x7f\udc80-\udcff]*$/

/** True if a text has no half characters. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
