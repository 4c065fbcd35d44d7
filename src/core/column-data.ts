/**
 * The values of a column in Arrow's memory layout (https://arrow.apache.org/docs/format/Columnar.html): what columnar
 * readers give for a kept column and columnar writers take, without a JavaScript value per cell.
 */
import type { DataType } from './data-type.js'

/** An array of numbers, as a buffer of Arrow has them. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/**
 * Values of one type. The first value is at position 0 of every buffer; views (`view` layouts, list views) and run-end
 * encodings are resolved to offsets by the reader.
 */
export interface ColumnData {
  type: DataType
  /** The number of values, nulls included. */
  length: number
  nullCount: number
  /** One bit a value, the least significant first, 1 where it is valid; absent where nothing is null. */
  validity?: Uint8Array | undefined
  /**
   * Numbers of `bitWidth` (`float` 16: the bits, in a Uint16Array; dates, times, timestamps, durations: integers;
   * `dictionary`: the indices); the bits of `bool`; the bytes of `utf8`, `binary`, `fixed_size_binary`, `decimal` (little
   * endian, two's complement) and `interval`. Absent for `null`, lists, structs and maps.
   */
  values?: NumberArray
  /** `length + 1` offsets into `values` or into the child, the first of which may be above 0: `utf8`, `binary`, lists, maps. */
  offsets?: Int32Array | BigInt64Array
  /** The child of a list or map (its entries), the children of a struct. */
  children?: readonly ColumnData[]
  /** The values that indices of a `dictionary` point to. */
  dictionary?: ColumnData
}
