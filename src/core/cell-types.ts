/**
 * Types of text cells: a column has a type if all of its cells are values of that type, without loss. An empty cell is
 * null.
 *
 *     int64                    canonical integers that fit in 64 bits: not 007, +5, -0, 1e3
 *     float64                  numbers whose digits a double preserves: 1.10 and 0.1, but not 0.12345678901234567890,
 *                              007 or +5; besides numbers also nan and inf, in any case; codes such as 1E5 are inferred
 *                              as numbers only in a column with a number that has a point or a minus
 *     bool                     true and false, True and False, TRUE and FALSE; if it is requested, also t and f
 *     date(day)                2026-11-27
 *     timestamp(microsecond)   2026-11-27 12:34, optionally with seconds and up to six fractional digits, and with a T
 *                              instead of the blank; in UTC if all cells end in Z, +00:00, +0000 or +00
 *
 * A type that is requested takes more: timestamps in UTC with any offset, which is lost and so not inferred, and decimals,
 * whose precision and scale no cells show.
 */

import type { ColumnData, NumberArray } from './column-data.js'
import { withNulls } from './column-slices.js'
import { type DataType, type Field, typeName } from './data-type.js'
import type { Value } from './record-batch.js'
import { REQUESTED_TYPES, requestedName, requestedTypes, type Types, withType } from './requested-types.js'
import { cellOf } from './value-text.js'
import { fits } from './value-type.js'

/** A cell type. */
interface CellType {
  type: DataType
  /** Parses a cell; undefined if it is not of the type. */
  read(cell: string): number | bigint | undefined
  /** Whether cells that are of the type show it, and are not of another one that looks alike; if absent, they do. */
  isShownBy?(cells: readonly string[]): boolean
  /** Converts a value that is not text. */
  of?(value: Value): number | bigint | undefined
  /** An array for `length` values; those of `bool` are packed into bits later. */
  array(length: number): NumberArray
  /** Puts a value into the array; if absent, the value is assigned as it is. */
  put?(values: NumberArray, row: number, value: number | bigint): void
}

const bigs = (length: number) => new BigInt64Array(length)

/** All types; the first one that fits all cells of a column is its type. */
const TYPES: readonly CellType[] = [
  {
    type: { kind: 'int', bitWidth: 64, signed: true },
    read: integerOf,
    of: (value) => (fits(value, 'integer') ? BigInt(value as number | bigint) : undefined),
    array: bigs,
  },
  {
    type: { kind: 'float', bitWidth: 64 },
    read: numberOf,
    isShownBy: (cells) => !cells.some((cell) => LIKE_CODE.test(cell)) || cells.some((cell) => UNLIKE_CODE.test(cell)),
    of: (value) => (fits(value, 'number') ? Number(value) : undefined),
    array: (length) => new Float64Array(length),
  },
  {
    type: { kind: 'bool' },
    read: (cell) => TRUTHS[cell],
    isShownBy: (cells) => !cells.some((cell) => cell.length === 1),
    of: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
    array: (length) => new Uint8Array(length),
  },
  { type: { kind: 'date', unit: 'day' }, read: dayOf, array: (length) => new Int32Array(length) },
  { type: { kind: 'timestamp', unit: 'microsecond' }, read: (cell) => timeOf(cell, false), array: bigs },
  {
    type: { kind: 'timestamp', unit: 'microsecond', timezone: 'UTC' },
    read: (cell) => timeOf(cell, true),
    isShownBy: (cells) => cells.every((cell) => /(?:Z|\+00(?::?00)?)$/.test(cell)),
    of: (value) => (fits(value, 'time') ? BigInt((value as Date).getTime()) * 1000n : undefined),
    array: bigs,
  },
]

/** The type of a column, given some cells; undefined if it is text or all cells are empty. */
export function inferType(cells: readonly string[]): DataType | undefined {
  const some = cells.filter((cell) => cell !== '')
  if (some.length === 0 || some.every((cell) => SPECIAL.test(cell))) return undefined
  return TYPES.find(({ read, isShownBy }) => {
    return some.every((cell) => read(cell) !== undefined) && isShownBy?.(some) !== false
  })?.type
}

/** Converts values to a column, and returns the rows whose values do not fit, which become null. */
export function columnOfValues(cells: readonly Value[], type: DataType): { column: ColumnData; misfits: number[] } {
  const { length } = cells
  const { read, of, array, put } = cellType(type)
  const values = array(length)
  const validity = new Uint8Array((length + 7) >> 3)
  const misfits: number[] = []
  for (const [row, cell] of cells.entries()) {
    if (cell === null) continue
    const value = typeof cell === 'string' ? read(cell) : of?.(cell)
    if (value === undefined) misfits.push(row)
    else {
      if (put) put(values, row, value)
      else values[row] = value
      validity[row >> 3]! |= 1 << (row & 7)
    }
  }
  const column = { type, length, ...withNulls(validity, length) }
  return { column: { ...column, values: type.kind === 'bool' ? bitsOf(values as Uint8Array) : values }, misfits }
}

/** The data of the E_CELL_TYPE error for a value that does not fit its column. */
export function misfitInfo(value: Value, { name, type }: Field, types: Types) {
  const isRequested = requestedTypes(types).byName.has(name)
  return {
    // An invalid date has no ISO text.
    cell: value instanceof Date ? String(value) : cellOf(value),
    type: requestedName(type) ?? typeName(type),
    types: proposedTypes(name, type, value, types),
    ...(isRequested && { isRequested }),
  }
}

/**
 * The value of `types` that would accept one more value in a column; undefined if the option cannot name the column.
 * An integer of more than 64 bits makes the column text: next to it, others would lose digits as doubles.
 */
export function proposedTypes(name: string, type: DataType, value: Value, types: Types): string | undefined {
  const isLarge = typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value))
  const isNumber = type.kind === 'int' && !isLarge && typeTest(REQUESTED_TYPES.float64)(value)
  // Inferred from the first cells, a type is that of some values: no other type of time is that of all.
  const isRequested = requestedTypes(types).byName.has(name)
  return withType(types, name, isNumber ? 'float64' : ((isRequested ? otherTime(type, value) : undefined) ?? 'text'))
}

/** The type of a time that has a zone although the others have none, or the reverse. */
function otherTime(type: DataType, value: Value): 'timestamp' | 'timestamp_utc' | undefined {
  if (type.kind !== 'timestamp') return undefined
  const other = type.timezone === undefined ? 'timestamp_utc' : 'timestamp'
  return typeTest(REQUESTED_TYPES[other])(value) ? other : undefined
}

/** Creates the test whether a value is null or of a type. */
export function typeTest(type: DataType): (value: Value) => boolean {
  const { read, of } = cellType(type)
  return (value) => value === null || (typeof value === 'string' ? read(value) : of?.(value)) !== undefined
}

function cellType(type: DataType): CellType {
  return type.kind === 'decimal' ? decimalType(type) : TYPES.find((one) => typeName(one.type) === typeName(type))!
}

/** A number of JSON is the decimal of its fewest digits, if these are at most 15: with more, it may have been rounded. */
export function decimalType(type: Decimal): CellType {
  const width = type.bitWidth / 8
  return {
    type,
    read: (cell) => decimalOf(cell, type),
    of: (value) => {
      const isExact = typeof value === 'bigint' || (typeof value === 'number' && digitsOf(String(value)).length <= 15)
      return isExact ? decimalOf(String(value), type) : undefined
    },
    array: (length) => new Uint8Array(width * length),
    put: (values, row, value) => {
      for (let at = 0; at < width; at++)
        (values as Uint8Array)[width * row + at] = Number(BigInt.asUintN(8, (value as bigint) >> BigInt(8 * at)))
    },
  }
}

export type Decimal = DataType & { kind: 'decimal' }

/** The integer that a decimal is times a power of ten; undefined if it has more digits than its type. */
function decimalOf(cell: string, { precision, scale }: Decimal): bigint | undefined {
  const [, sign, integer = '', fraction = ''] = DECIMAL.exec(cell) ?? []
  if (sign === undefined || /[1-9]/.test(fraction.slice(scale))) return undefined
  const digits = BigInt(integer + fraction.slice(0, scale).padEnd(scale, '0'))
  const isNegativeZero = digits === 0n && sign === '-'
  if (isNegativeZero || String(digits).length > precision) return undefined
  return sign === '-' ? -digits : digits
}

/** A long text is not of any decimal type. */
const DECIMAL = /^(?=.{1,80}$)(?=-?\.?\d)(-?)(0|[1-9]\d*)?(?:\.(\d*))?$/

function bitsOf(truths: Uint8Array): Uint8Array {
  const bits = new Uint8Array((truths.length + 7) >> 3)
  for (const [row, truth] of truths.entries()) bits[row >> 3]! |= truth << (row & 7)
  return bits
}

const TRUTHS: Readonly<Record<string, number | undefined>> = Object.assign(Object.create(null), {
  true: 1,
  True: 1,
  TRUE: 1,
  t: 1,
  false: 0,
  False: 0,
  FALSE: 0,
  f: 0,
})

function integerOf(cell: string): bigint | undefined {
  if (!/^(?:0|-?[1-9]\d*)$/.test(cell) || cell.length > 20) return undefined
  const value = BigInt(cell)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
/** Product codes and hexadecimal ids look like 1E5; programs print exponents with a sign or after a point. */
const LIKE_CODE = /^\d+e\d+$/i
const UNLIKE_CODE = /^-?\d*\.|^-\d|\de[+-]/i
const SPECIAL = /^-?(?:nan|inf|infinity)$/i

function numberOf(cell: string): number | undefined {
  if (NUMBER.test(cell)) return keepsDigits(cell, Number(cell)) ? Number(cell) : undefined
  if (!SPECIAL.test(cell)) return undefined
  if (/nan/i.test(cell)) return Number.NaN
  return cell.startsWith('-') ? -Infinity : Infinity
}

/** Whether a double, the nearest to a text, prints with all its digits. */
function keepsDigits(text: string, value: number): boolean {
  const digits = digitsOf(text)
  const size = Math.abs(value)
  // Numbers with up to fifteen digits map to distinct doubles, within the usual range.
  if (digits.length <= 15 && size > 1e-290 && size < 1e290) return true
  return Number.isFinite(value) && digits === digitsOf(String(value))
}

/** The digits of a number without leading and trailing zeros. */
function digitsOf(text: string): string {
  const digits = text.replace(/e.*|[-.]/gi, '').replace(/^0+/, '')
  // A loop, because /0+$/ takes quadratic time on inner zeros.
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const DAY = 86_400_000

function dayOf(cell: string): number | undefined {
  const [, year, month, day] = DATE.exec(cell) ?? []
  if (year === undefined || year === '0000') return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  return isReal ? date.getTime() / DAY : undefined
}

const TIME =
  /^(.{10})[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/

function timeOf(cell: string, isUtc: boolean): bigint | undefined {
  const [, date, hours, minutes, seconds = '0', fraction = '', zone] = TIME.exec(cell) ?? []
  const day = date === undefined ? undefined : dayOf(date)
  if (day === undefined || (zone !== undefined) !== isUtc) return undefined
  const second = 86_400 * day + 3600 * Number(hours) + 60 * (Number(minutes) - offsetOf(zone)) + Number(seconds)
  return BigInt(second) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}

/** The minutes that a zone is ahead of UTC. */
function offsetOf(zone = 'Z'): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  return sign === undefined ? 0 : Number(`${sign}1`) * (60 * Number(hours) + Number(minutes))
}
