/** Detects file kinds by their first bytes. */

/** Whether an input that begins like this is of a kind; undefined if more bytes are needed. */
export type Magic = (start: Buffer) => boolean | undefined

/** The first matching kind; undefined if more bytes are needed. */
export function firstMatch<Kind>(kinds: readonly (readonly [Kind, Magic])[], start: Buffer): Kind | 'none' | undefined {
  for (const [kind, magic] of kinds) {
    const matches = magic(start)
    if (matches !== false) return matches && kind
  }
  return 'none'
}

/** Detects one or several magic numbers, given in latin1. */
export function beginsAs(...magics: string[]): Magic {
  return (start) => {
    const found = magics.map((magic) => {
      const begin = start.toString('latin1', 0, magic.length)
      return begin === magic || (magic.startsWith(begin) ? undefined : false)
    })
    return found.includes(true) || (found.includes(undefined) ? undefined : false)
  }
}

/**
 * The same if the magic number could also be text: a pattern decides on the first `length` bytes, or fewer at the end
 * of the input.
 */
export function beginsAsWith(magic: string, pattern: RegExp, length: number): Magic {
  const begins = beginsAs(magic)
  return (start) => begins(start) && (pattern.test(start.toString('latin1', 0, length)) || more(start, length))
}

/**
 * Detects a magic number at an offset, after bytes that do not occur in text: until a newline appears, more bytes may
 * be needed.
 */
export function hasAt(magic: string, at: number): Magic {
  return (start) => {
    if (/[\r\n]/.test(start.toString('latin1', 0, at))) return false
    return start.toString('latin1', at, at + magic.length) === magic || more(start, at + magic.length)
  }
}

function more({ length }: Buffer, needed: number): false | undefined {
  return length < needed ? undefined : false
}

/** Detects text by its beginning, ignoring case, leading whitespace and a BOM. */
export function beginsAsText(...beginnings: string[]): Magic {
  const longest = Math.max(...beginnings.map(({ length }) => length))
  return (start) => {
    const at = behindBlanks(start, byteOrderMarkLength(start))
    const text = start.toString('latin1', at, at + longest).toLowerCase()
    if (beginnings.some((beginning) => text.startsWith(beginning))) return true
    return text !== '' && beginnings.some((beginning) => beginning.startsWith(text)) ? undefined : false
  }
}

/** Detects an array printed by numpy: brackets, and numbers separated by blanks. */
export function beginsAsNumbers(start: Buffer): boolean | undefined {
  const text = start.toString('latin1', byteOrderMarkLength(start), 4 * LONGEST_NUMBER)
  const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`
  if (new RegExp(String.raw`^\[+ *${number} +[+-]?[\d.]`).test(text)) return true
  // Undecided while only the first number has arrived, which no writer makes long.
  return text.length < LONGEST_NUMBER && /^\[+ *[+-]?[\d.]*(?:e[+-]?\d*)? *[+-]?$/.test(text) ? undefined : false
}

const LONGEST_NUMBER = 64

/** Detects lines of JSON by an opening bracket and what may follow it in a row. */
export function beginsAsJson(start: Buffer): boolean | undefined {
  const at = behindBlanks(start, byteOrderMarkLength(start))
  const next = behindBlanks(start, at + 1)
  const text = start.toString('latin1', at, at + 1) + start.toString('latin1', next, next + LONGEST_VALUE)
  if (/^[{[]?$/.test(text)) return undefined
  return /^(?:\{["}]|\[(?:[[\]{"\d-]|NaN|Infinity))/.test(text)
}

const LONGEST_VALUE = 'Infinity'.length

/** The length of a UTF-8 BOM, or 0. */
function byteOrderMarkLength(start: Buffer): number {
  return start.toString('latin1', 0, UTF8_BOM.length) === UTF8_BOM ? UTF8_BOM.length : 0
}

/** The UTF-8 BOM, as latin1. */
export const UTF8_BOM = '\xef\xbb\xbf'

/**
 * The position of the next nonblank byte, found byte by byte, because a chunk may be far longer than what has to be
 * examined.
 */
function behindBlanks(start: Buffer, from: number): number {
  const found = start.subarray(from).findIndex((byte) => !BLANKS.includes(byte))
  return found < 0 ? start.length : from + found
}

const BLANKS = Buffer.from('\t\n\v\f\r \xa0', 'latin1')

/** Detects safetensors: a length of eight bytes, at most 100 MB, then a JSON object. */
export function beginsAsSafetensors(start: Buffer): boolean | undefined {
  if (start.length < 4) return start.includes('\n') || start.includes('\r') ? false : undefined
  if (start[3]! > 5) return false
  return start.length < 9 ? undefined : start.readUInt32LE(4) === 0 && start[8] === 0x7b
}

/** Detects .npz: a zip archive whose first file is named .npy. */
export function beginsAsNpz(start: Buffer): boolean | undefined {
  const isZip = beginsAs('PK\x03\x04')(start)
  if (!isZip) return isZip
  const end = start.length < 30 ? 30 : 30 + start.readUInt16LE(26)
  return start.length < end ? undefined : start.toString('latin1', 30, end).endsWith('.npy')
}
