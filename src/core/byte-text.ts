/**
 * Metadata as text. Usually UTF-8, but any bytes are possible: invalid ones become lone surrogates, as with Python's
 * `surrogateescape`, so that they are written back unchanged.
 */
import { isUtf8 } from 'node:buffer'

export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(bytes)) return buffer.toString()
  return buffer.toString('latin1').replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)))
}

export function bytesOfText(text: string): Buffer {
  return text.isWellFormed() || !ESCAPED.test(text) ? Buffer.from(text) : Buffer.from(text, 'latin1')
}

/** Only bytes: the low byte of a surrogate is the original byte. */
const ESCAPED = /^[\0-\x7f\udc80-\udcff]*$/
