/** Slices, selects and concatenates columns. Buffers are shared where possible. */
import type { ColumnData, NumberArray } from './column-data.js'
import type { DataType, IntType } from './data-type.js'

/**
 * How the values of a type are stored: as bits, in `values` with a fixed stride, as bytes between offsets, or in
 * children.
 */
type Layout = 'none' | 'bits' | 'fixed' | 'bytes' | 'list' | 'fixed_size_list' | 'struct'

/** The layout of a type; for a dictionary, that of its indices. */
export function layoutOf({ kind }: DataType): Layout {
  if (kind === 'null') return 'none'
  if (kind === 'bool') return 'bits'
  if (kind === 'utf8' || kind === 'binary') return 'bytes'
  if (kind === 'list' || kind === 'map') return 'list'
  return kind === 'fixed_size_list' || kind === 'struct' ? kind : 'fixed'
}

/** The number of `values` elements per row, for a fixed layout. */
export function stepOf(type: DataType): number {
  if (type.kind === 'decimal') return type.bitWidth / 8
  if (type.kind === 'fixed_size_binary') return type.byteWidth
  return type.kind === 'interval' ? INTERVAL_BYTES[type.unit] : 1
}

const INTERVAL_BYTES = { year_month: 4, day_time: 8, month_day_nano: 16 } as const

/** Whether a row is valid; a dictionary may still contain a null at its index. */
export function isValid({ validity }: Pick<ColumnData, 'validity'>, row: number): boolean {
  return validity === undefined || bitAt(validity, row)
}

/** A bit of a bitmap. */
export function bitAt(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3]! >> (index & 7)) & 1) === 1
}

/** Rows `start` to `start + length`. Bits are copied unless `start` is a multiple of 8. */
export function sliceColumn(data: ColumnData, start: number, length: number): ColumnData {
  if (start === 0 && length === data.length) return data
  const { type, values, offsets, children } = data
  const part = { ...data, length, ...sliceValidity(data, start, length) }
  switch (layoutOf(type)) {
    case 'bits':
      return { ...part, values: sliceBits(values as Uint8Array, start, length) }
    case 'fixed': {
      const step = stepOf(type)
      return { ...part, values: values!.subarray(start * step, (start + length) * step) }
    }
    case 'bytes':
    case 'list':
      return { ...part, offsets: offsets!.subarray(start, start + length + 1) }
    case 'fixed_size_list': {
      const size = sizeOf(type)
      return { ...part, children: children!.map((child) => sliceColumn(child, start * size, length * size)) }
    }
    case 'struct':
      return { ...part, children: children!.map((child) => sliceColumn(child, start, length)) }
    case 'none':
      return { ...part, nullCount: length }
  }
}

/** The number of items of a list of a fixed size. */
function sizeOf(type: DataType): number {
  return (type as { size: number }).size
}

function sliceValidity({ validity, nullCount }: ColumnData, start: number, length: number) {
  if (!validity || nullCount === 0) return { validity: undefined, nullCount: 0 }
  return withNulls(sliceBits(validity, start, length), length)
}

/** The column with nulls in the rows for which `isNull` is true, and no others. */
export function nullWhere(data: ColumnData, isNull: (row: number) => boolean): ColumnData {
  const bits = new Uint8Array((data.length + 7) >> 3)
  for (let row = 0; row < data.length; row++) if (!isNull(row)) bits[row >> 3]! |= 1 << (row & 7)
  return { ...data, ...withNulls(bits, data.length) }
}

/** A bitmap with its count of nulls; none at all where nothing is null. */
export function withNulls(validity: Uint8Array, length: number): Pick<ColumnData, 'validity' | 'nullCount'> {
  const nullCount = length - countBits(validity, length)
  return { validity: nullCount > 0 ? validity : undefined, nullCount }
}

/** How many of the first bits are 1. */
function countBits(bits: Uint8Array, length: number): number {
  let count = 0
  const bytes = length >> 3
  for (let at = 0; at < bytes; at++) count += ONES[bits[at]!]!
  return (length & 7) === 0 ? count : count + ONES[bits[bytes]! & ((1 << (length & 7)) - 1)]!
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

function sliceBits(bits: Uint8Array, start: number, length: number): Uint8Array {
  const [first, shift, bytes] = [start >> 3, start & 7, (length + 7) >> 3]
  if (shift === 0) return bits.subarray(first, first + bytes)
  const part = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at++) {
    part[at] = (bits[first + at]! >> shift) | ((bits[first + at + 1] ?? 0) << (8 - shift))
  }
  return part
}

/** Selects rows of a column in the given order; -1 gives a null. */
export function takeRows(data: ColumnData, rows: ArrayLike<number>): ColumnData {
  const { type } = data
  const taken = { ...data, length: rows.length, ...takeValidity(data, rows) }
  switch (layoutOf(type)) {
    case 'bits':
      return { ...taken, values: takeBits(data.values as Uint8Array, rows) }
    case 'fixed':
      return { ...taken, values: takeValues(data.values!, rows, stepOf(type)) }
    case 'bytes':
    case 'list':
      return { ...taken, ...takeRanges(data, rows) }
    case 'fixed_size_list': {
      const items = rangesOf(
        Array.from(rows, (row) => (row < 0 ? -1 : row * sizeOf(type))),
        sizeOf(type),
      )
      return { ...taken, children: data.children!.map((child) => takeRows(child, items)) }
    }
    case 'struct':
      return { ...taken, children: data.children!.map((child) => takeRows(child, rows)) }
    case 'none':
      return { ...taken, nullCount: rows.length }
  }
}

function takeValidity(data: ColumnData, rows: ArrayLike<number>): Pick<ColumnData, 'validity' | 'nullCount'> {
  const bits = new Uint8Array((rows.length + 7) >> 3)
  for (let at = 0; at < rows.length; at++) {
    if (rows[at]! >= 0 && isValid(data, rows[at]!)) bits[at >> 3]! |= 1 << (at & 7)
  }
  return withNulls(bits, rows.length)
}

function takeBits(bits: Uint8Array, rows: ArrayLike<number>): Uint8Array {
  const taken = new Uint8Array((rows.length + 7) >> 3)
  for (let at = 0; at < rows.length; at++) {
    if (rows[at]! >= 0 && bitAt(bits, rows[at]!)) taken[at >> 3]! |= 1 << (at & 7)
  }
  return taken
}

function takeValues(values: NumberArray, rows: ArrayLike<number>, step: number): NumberArray {
  const taken = newArray(values, rows.length * step)
  if (step === 1) {
    for (let at = 0; at < rows.length; at++) if (rows[at]! >= 0) taken[at] = values[rows[at]!]!
    return taken
  }
  for (let at = 0; at < rows.length; at++) {
    const start = rows[at]! * step
    if (start >= 0) taken.set(values.subarray(start, start + step) as never, at * step)
  }
  return taken
}

/** An array of the same type, filled with zeros. */
function newArray(like: NumberArray, length: number): NumberArray {
  // The constructor of a Buffer would create a Buffer.
  if (like instanceof Uint8Array) return new Uint8Array(length)
  return new (like.constructor as new (length: number) => NumberArray)(length)
}

/** The bytes or items of some rows, and their offsets. */
function takeRanges(data: ColumnData, rows: ArrayLike<number>): Partial<ColumnData> {
  const from = data.offsets!
  const offsets = newArray(from, rows.length + 1) as Int32Array | BigInt64Array
  let end = 0
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!
    if (row >= 0 && isValid(data, row)) end += Number(from[row + 1]!) - Number(from[row]!)
    setOffset(offsets, at + 1, end)
  }
  const ranges = Array.from(rows, (row) => (row < 0 ? 0 : Number(from[row]!)))
  if (data.values) return { offsets, values: takeBytes(data.values as Uint8Array, ranges, offsets) }
  const items = new Float64Array(end)
  for (let at = 0; at < ranges.length; at++) {
    const [first, last] = [Number(offsets[at]!), Number(offsets[at + 1]!)]
    for (let item = first; item < last; item++) items[item] = ranges[at]! + item - first
  }
  return { offsets, children: data.children!.map((child) => takeRows(child, items)) }
}

function takeBytes(bytes: Uint8Array, starts: number[], offsets: Int32Array | BigInt64Array): Uint8Array {
  const taken = new Uint8Array(Number(offsets[starts.length]!))
  for (let at = 0; at < starts.length; at++) {
    const [first, last] = [Number(offsets[at]!), Number(offsets[at + 1]!)]
    taken.set(bytes.subarray(starts[at]!, starts[at]! + last - first), first)
  }
  return taken
}

function setOffset(offsets: Int32Array | BigInt64Array, index: number, value: number): void {
  if (offsets instanceof Int32Array) offsets[index] = value
  else offsets[index] = BigInt(value)
}

function rangesOf(starts: number[], size: number): number[] {
  return starts.flatMap((start) => Array.from({ length: size }, (_, item) => (start < 0 ? -1 : start + item)))
}

/** Decodes a dictionary column; any other column is returned as is. */
export function decodeDictionary(data: ColumnData): ColumnData {
  const { dictionary, values, length } = data
  if (!dictionary) return data
  const rows = new Float64Array(length)
  for (let row = 0; row < length; row++) rows[row] = isValid(data, row) ? Number(values![row]!) : -1
  return takeRows(decodeDictionary(dictionary), rows)
}

/** Allocates an array of the same type with arbitrary contents. */
type Allocate = (like: NumberArray, length: number) => NumberArray

/**
 * Concatenates one or more columns of one type. Different dictionaries are concatenated as well, which makes their
 * indices 32-bit. `allocate` creates the numeric arrays.
 */
export function concatColumns(parts: readonly ColumnData[], allocate: Allocate = newArray): ColumnData {
  const [first, second] = parts as [ColumnData, ColumnData?]
  if (!second) return first
  if (first.dictionary && parts.some(({ dictionary }) => dictionary !== first.dictionary)) {
    return concatColumns(withOneDictionary(parts), allocate)
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const out = { ...first, length, ...concatValidity(parts, length) }
  switch (layoutOf(first.type)) {
    case 'bits':
      return { ...out, values: concatBits(parts, length, ({ values }) => values as Uint8Array) }
    case 'fixed':
      return {
        ...out,
        values: concatArrays(
          parts.map((part) => part.values!),
          allocate,
        ),
      }
    case 'bytes':
    case 'list':
      return { ...out, ...concatRanges(parts, length) }
    case 'fixed_size_list':
    case 'struct':
      return { ...out, children: concatChildren(parts, allocate) }
    case 'none':
      return { ...out, nullCount: length }
  }
}

function concatChildren(parts: readonly ColumnData[], allocate: Allocate = newArray): ColumnData[] {
  return parts[0]!.children!.map((_, index) =>
    concatColumns(
      parts.map(({ children }) => children![index]!),
      allocate,
    ),
  )
}

/** The validity of columns one after the other. */
export function concatValidity(
  parts: readonly ColumnData[],
  length: number,
): Pick<ColumnData, 'validity' | 'nullCount'> {
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0)
  const hasNulls = parts.some(({ validity }) => validity)
  return { validity: hasNulls ? concatBits(parts, length, ({ validity }) => validity) : undefined, nullCount }
}

/** Concatenates bitmaps; a part without one is all ones. */
function concatBits(
  parts: readonly ColumnData[],
  length: number,
  bitsOf: (part: ColumnData) => Uint8Array | undefined,
): Uint8Array {
  const out = new Uint8Array((length + 7) >> 3)
  let at = 0
  for (const part of parts) {
    const bits = bitsOf(part)
    for (let row = 0; row < part.length; row++, at++) {
      if (!bits || bitAt(bits, row)) out[at >> 3]! |= 1 << (at & 7)
    }
  }
  return out
}

function concatArrays(arrays: readonly NumberArray[], allocate: Allocate = newArray): NumberArray {
  const out = allocate(
    arrays[0]!,
    arrays.reduce((sum, { length }) => sum + length, 0),
  )
  let at = 0
  for (const array of arrays) {
    out.set(array as never, at)
    at += array.length
  }
  return out
}

function concatRanges(parts: readonly ColumnData[], length: number): Partial<ColumnData> {
  const offsets = newArray(parts[0]!.offsets!, length + 1) as Int32Array | BigInt64Array
  let [at, end] = [0, 0]
  for (const { offsets: own, length: rows } of parts) {
    const moved = end - Number(own![0]!)
    for (let row = 1; row <= rows; row++) setOffset(offsets, ++at, Number(own![row]!) + moved)
    end = Number(own![rows]!) + moved
  }
  const trimmed = parts.map(trimRanges)
  return parts[0]!.values
    ? { offsets, values: concatArrays(trimmed.map(({ values }) => values!)) }
    : { offsets, children: concatChildren(trimmed) }
}

/** Strings, bytes or lists without what precedes the first offset and follows the last. */
export function trimRanges(data: ColumnData): ColumnData {
  const { offsets, values, children, length } = data
  const [first, last] = [Number(offsets![0]!), Number(offsets![length]!)]
  if (values) return { ...data, values: values.subarray(first, last) }
  return { ...data, children: children!.map((child) => sliceColumn(child, first, last - first)) }
}

function withOneDictionary(parts: readonly ColumnData[]): ColumnData[] {
  const type = { ...(parts[0]!.type as DataType & { kind: 'dictionary' }), index: INT32 }
  const dictionary = concatColumns(parts.map((part) => part.dictionary!))
  let before = 0
  return parts.map((part) => {
    const values = Int32Array.from(part.values as ArrayLike<number>, (index) => Number(index) + before)
    before += part.dictionary!.length
    return { ...part, type, values, dictionary }
  })
}

const INT32: IntType = { kind: 'int', bitWidth: 32, signed: true }
