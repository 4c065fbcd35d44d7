/** Bad rows that are skipped: what is reported for each, so that none is lost. */
import { isUtf8 } from 'node:buffer'
import { type Code, messageOf, type Position, reasonOf, SoftmaxError } from './errors.js'
import { extended } from './extended.js'

/** A bad row, ready to be written as JSON. */
export interface Reject {
  /** The name of the input. */
  source?: string
  /** From 1, without the header; in object mode, see `softmax`. */
  row: number
  /** From 1. Like the bytes, unknown in object mode. */
  line?: number
  /** The start of the row in the input, from 0. */
  byteStart?: number
  /** The end of the row, before its newline. */
  byteEnd?: number
  /** The column of the error; if the logits of a row are one list, the class, or its index from 0 if it has no name. */
  column?: string
  /** The code of the error, as in a `SoftmaxError`. */
  code: Code
  /** The message on one line: position, cause and code. */
  message: string
  /**
   * The row: its text, or in object mode the row itself. For an oversized row, its beginning. For Parquet, Arrow and arrays,
   * the text of a JSON object with the columns that are read, in their order: the logits, the true class and the kept ones,
   * with the values of NDJSON output, but without text that is not valid UTF-8. In the JSON of a row in object mode, a
   * bigint is a number if that is exact, otherwise text with all its digits; NaN and infinities are text, and bytes are
   * base64. A row that contains itself is left out.
   */
  raw?: unknown
  /** The bytes of a row that is not valid UTF-8, instead of its text. */
  rawBase64?: string
}

/** Receives a bad row. A returned promise is awaited before more is read. */
export type RejectHandler = (reject: Reject) => unknown

/** The report of a bad row, without the row. Not an Error, which would capture a stack for each row. */
export function rejectOf(code: Code, info: Position): Reject {
  const { source, row = 0, line, column } = info
  const position = extended(source === undefined ? {} : { source }, {
    row,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  })
  return extended(position, { code, message: messageOf(code, info as never, true) })
}

/** The bytes of a row, as text if they are valid UTF-8. */
export function rawOf(bytes: Uint8Array): Pick<Reject, 'raw' | 'rawBase64'> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isUtf8(buffer) ? { raw: buffer.toString('utf8') } : { rawBase64: buffer.toString('base64') }
}

/** The report with a row that is a JavaScript value; `JSON.stringify` accepts it, whatever the row contains. */
export function withRow(reject: Reject, raw: unknown): Reject {
  return Object.defineProperty(extended(reject, { raw }), 'toJSON', { value: plainReject })
}

/** The report as JSON, without a row that contains itself. */
function plainReject(this: Reject): Reject {
  const { raw, ...reject } = this
  try {
    const text = JSON.stringify(raw, plainValue)
    return text === undefined ? reject : { ...reject, raw: JSON.parse(text) }
  } catch {
    return reject
  }
}

/** A replacer for `JSON.stringify`; it gets the result of a method `toJSON`, which a Buffer has. */
function plainValue(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const own = this[key]
  if (own instanceof Uint8Array) return Buffer.from(own.buffer, own.byteOffset, own.length).toString('base64')
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<unknown>)
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** The error when the limit of bad rows is exceeded, with the position of the row that exceeds it. */
export function tooMany(code: Code, info: Position, most: number): SoftmaxError {
  return new SoftmaxError('E_TOO_MANY', { ...positionIn(info), most, last: reasonOf(code, info as never, true) })
}

/**
 * The error when all rows are bad, with the position of the first one and its reason, if they are known, and the counts of
 * several codes: the first row may have another error than most.
 */
export function noRows(
  rows: number,
  rejected: Readonly<Record<string, number>>,
  first: { code: Code; info: Position } | undefined,
): SoftmaxError {
  const reason = first && { ...positionIn(first.info), first: reasonOf(first.code, first.info as never, true) }
  const codes = Object.keys(rejected).length > 1 && { codes: codesText(rejected) }
  return new SoftmaxError('E_NO_ROWS', { ...reason, ...codes, rows })
}

/** `2 E_CELL, 1 E_MISSING` */
export function codesText(rejected: Readonly<Record<string, number>>): string {
  return Object.entries(rejected)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ')
}

function positionIn({ source, line, row, byte, column, classIndex, index }: Position): Position {
  const position = Object.entries({ source, line, row, byte, column, classIndex, index })
  return Object.fromEntries(position.filter(([, value]) => value !== undefined))
}
