/** Bad rows that are left out: what is reported of each, so that none is lost. */
import { isUtf8 } from 'node:buffer'
import { type Code, messageOf, type Position, reasonOf, SoftmaxError } from './errors.js'

/** A bad row, ready to be written as JSON. */
export interface Reject {
  /** The name of the input. */
  source?: string
  /** From 1, the header not counted. */
  row: number
  /** From 1. Like the bytes, unknown in object mode. */
  line?: number
  /** From 0, in the input: where the row begins. */
  byteStart?: number
  /** Where it ends, before its newline. */
  byteEnd?: number
  /** The column of the error; where the logits of a row are one list, the position of the class, from 0. */
  column?: string
  /** The code of the error, as that of a `SoftmaxError`. */
  code: Code
  /** The message, in one line: where, what, and the code. */
  message: string
  /** The row: its text, or, in object mode, the row itself. Of a row that was too long it is the beginning. */
  raw?: unknown
  /** The bytes of a row that is not UTF-8, in place of its text. */
  rawBase64?: string
}

/** Receives a bad row. A promise is awaited, and nothing is read meanwhile. */
export type RejectHandler = (reject: Reject) => unknown

/** What is reported of a bad row, without the row. It is not an Error, whose stack would be captured for each row. */
export function rejectOf(code: Code, info: Position): Reject {
  const { source, row = 0, line, column } = info
  return {
    ...(source !== undefined && { source }),
    row,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    code,
    message: messageOf(code, info as never),
  }
}

/** The bytes of a row, as text where they are UTF-8. */
export function rawOf(bytes: Uint8Array): Pick<Reject, 'raw' | 'rawBase64'> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isUtf8(buffer) ? { raw: buffer.toString('utf8') } : { rawBase64: buffer.toString('base64') }
}

/** The error of one bad row more than is allowed, with the position of that row. */
export function tooMany(code: Code, info: Position, most: number): SoftmaxError {
  const { source, line, row, byte, column, isUnnamed, index } = info
  const place = Object.entries({ source, line, row, byte, column, isUnnamed, index }).filter(
    ([, value]) => value !== undefined,
  )
  return new SoftmaxError('E_TOO_MANY', { ...Object.fromEntries(place), most, last: reasonOf(code, info as never) })
}
