/**
 * Text encodings. Internally, text is UTF-8; other encodings are decoded first. Invalid input is replaced by a byte
 * that is also invalid in UTF-8, so that the reader finds the row.
 */

import { isUtf8 } from 'node:buffer'
import { optionText } from './option-words.js'

/** Decodes text in chunks; `final` means that no more follow. */
export interface Decoder {
  decode(bytes: Buffer, final: boolean): Buffer
}

/** A lone surrogate, which replaces invalid input. */
const INVALID = '\ud800'
const UPPER_HALF = Array.from({ length: 96 }, (_, index) => String.fromCharCode(160 + index)).join('')
/** Undefined bytes of windows-1252 are `?`. */
const WINDOWS_1252 = `€?‚ƒ„…†‡ˆ‰Š‹Œ?Ž??‘’“”•–—˜™š›œ?žŸ${UPPER_HALF}`

/**
 * Encodings decoded here, because some versions of TextDecoder decode Latin-1 to control characters; because it treats
 * ASCII as windows-1252, assigns characters to bytes that this leaves undefined, and replaces invalid UTF-16 by U+FFFD.
 * Latin-1 is windows-1252, as in the Encoding Standard: text that is called Latin-1 may have its euro signs and quotes,
 * and no control characters instead.
 */
const OWN: Readonly<Record<string, () => Decoder | undefined>> = {
  'utf-8': () => undefined,
  'utf-16le': () => new Utf16Decoder(false),
  'utf-16be': () => new Utf16Decoder(true),
  ascii: () => new ByteDecoder(INVALID.repeat(128)),
  latin1: () => new ByteDecoder(WINDOWS_1252.replace(/\?/g, (_, at) => String.fromCharCode(128 + at))),
  'windows-1252': () => new ByteDecoder(WINDOWS_1252.replaceAll('?', INVALID)),
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  utf16le: 'utf-16le',
  'utf-16': 'utf-16le',
  utf16be: 'utf-16be',
  'us-ascii': 'ascii',
  'latin-1': 'latin1',
  'iso-8859-1': 'latin1',
  cp1252: 'windows-1252',
}

/** The canonical name of an encoding; undefined if it is unknown. */
export function encodingNamed(name: string): string | undefined {
  const lower = name.toLowerCase()
  const known = OTHER_NAMES[lower] ?? lower
  if (Object.hasOwn(OWN, known)) return known
  try {
    new TextDecoder(known)
    return known
  } catch {
    return undefined
  }
}

/** Whether an encoding has one byte per character, and characters for the bytes from 128 on. */
export function isSingleByte(encoding: string): boolean {
  const name = Object.hasOwn(OWN, encoding) ? encoding : new TextDecoder(encoding).encoding
  return /^(latin1$|windows-|iso-8859-|koi8-|macintosh$|x-mac-|ibm866$)/.test(name)
}

/** The decoder of an encoding; undefined for UTF-8, which needs none. */
export function decoderOf(encoding: string): Decoder | undefined {
  const own = OWN[encoding]
  return own ? own() : new PlatformDecoder(encoding)
}

class ByteDecoder implements Decoder {
  readonly #characters: string

  /** The characters of the bytes from 128 on. */
  constructor(characters: string) {
    this.#characters = characters
  }

  decode(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1')
    return utf8Of(text.replace(/[\x80-\xff]/g, (byte) => this.#characters[byte.charCodeAt(0) - 128]!))
  }
}

class Utf16Decoder implements Decoder {
  readonly #isBigEndian: boolean
  #rest: Buffer = Buffer.alloc(0)

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian
  }

  decode(more: Buffer, final: boolean): Buffer {
    const bytes = Buffer.concat([this.#rest, more])
    const end = final ? bytes.length & ~1 : this.#end(bytes)
    this.#rest = bytes.subarray(end)
    const complete = bytes.subarray(0, end)
    const text = (this.#isBigEndian ? complete.swap16() : complete).toString('utf16le')
    return utf8Of(final && this.#rest.length > 0 ? text + INVALID : text)
  }

  /** The end of the last complete character: excludes an odd byte and an unpaired high surrogate. */
  #end(bytes: Buffer): number {
    const end = bytes.length & ~1
    const high = end > 0 ? bytes[this.#isBigEndian ? end - 2 : end - 1]! : 0
    return high >= 0xd8 && high < 0xdc ? end - 2 : end
  }
}

class PlatformDecoder implements Decoder {
  readonly #decoder: TextDecoder

  constructor(encoding: string) {
    this.#decoder = new TextDecoder(encoding)
  }

  decode(bytes: Buffer, final: boolean): Buffer {
    return utf8Of(this.#decoder.decode(bytes, { stream: !final }).replaceAll('\ufffd', INVALID))
  }
}

/** Text as UTF-8, with an invalid byte for each lone surrogate. */
function utf8Of(text: string): Buffer {
  if (!/\p{Surrogate}/u.test(text)) return Buffer.from(text)
  const pieces = text.split(/\p{Surrogate}/u).flatMap((piece) => [Buffer.of(0xff), Buffer.from(piece)])
  return Buffer.concat(pieces.slice(1))
}

/**
 * The encoding of a BOM, or of what looks like UTF-16 or UTF-32 without one; undefined if more bytes are
 * needed.
 */
export function encodingOfBytes(start: Buffer): { encoding: string; hasByteOrderMark: boolean } | 'none' | undefined {
  const text = start.toString('latin1', 0, LONGEST_BOM)
  if (BOMS.some(([bom]) => bom.startsWith(text) && bom !== text && text.length < LONGEST_BOM)) return undefined
  const [, encodingOfBom] = BOMS.find(([bom]) => text.startsWith(bom)) ?? []
  if (encodingOfBom) return { encoding: encodingOfBom, hasByteOrderMark: true }
  if (!text.includes('\0')) return text.length < LONGEST_BOM ? undefined : 'none'
  if (start.length < SAMPLE) return undefined
  const [encoding] = UNMARKED.find(([, size, position]) => areAscii(start, size, position)) ?? []
  return encoding === undefined ? 'none' : { encoding, hasByteOrderMark: false }
}

/** Encodings that have zero bytes in ASCII characters: bytes per character, and the position of the ASCII byte. */
const UNMARKED = [
  ['utf-32le', 4, 0],
  ['utf-32be', 4, 3],
  ['utf-16le', 2, 0],
  ['utf-16be', 2, 1],
] as const

/** Longer ones first: that of UTF-32 begins with that of UTF-16. */
const BOMS = [
  ['\xff\xfe\0\0', 'utf-32le'],
  ['\0\0\xfe\xff', 'utf-32be'],
  ['\xef\xbb\xbf', 'utf-8'],
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
] as const
const LONGEST_BOM = 4
/** How many bytes to check for zeros. */
const SAMPLE = 64

/**
 * Whether most units of `size` bytes are an ASCII character at `position` among zeros, and the others have no zero in its
 * position.
 */
function areAscii(start: Buffer, size: number, position: number): boolean {
  let [found, units] = [0, 0]
  for (let at = 0; at < SAMPLE; at += size) {
    const unit = Array.from(start.subarray(at, at + size))
    if (unit[position] === 0) return false
    if (unit.every((byte) => byte === SPACE)) continue
    units++
    if (unit[position]! < 0x80 && unit.every((byte, index) => index === position || byte === 0)) found++
  }
  return 2 * found > units
}

const SPACE = 32

/** The data of an E_ENCODING error for bytes that are invalid in the encoding of their input. */
export function encodingInfo(bytes: Uint8Array, what: string, encoding = 'utf-8'): { reason: string; remedy: string } {
  const shownName = encoding === 'utf-8' ? 'UTF-8' : encoding
  return { reason: `${what} is not ${shownName}`, remedy: remedyFor(bytes, encoding) }
}

/** Windows-1252 has printable characters where Latin-1 has control characters. */
function remedyFor(bytes: Uint8Array, encoding: string): string {
  if (encoding !== 'utf-8') return `${optionText('encoding')} sets another`
  const guess = bytes.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'latin1'
  return `try ${optionText('encoding', guess)}`
}

/** Whether a latin1 string consists of valid UTF-8. */
export function isUtf8Text(bytes: string): boolean {
  return !/[\x80-\xff]/.test(bytes) || isUtf8(Buffer.from(bytes, 'latin1'))
}
