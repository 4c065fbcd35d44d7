/**
 * The values of a column in Arrow's memory layout (https://arrow.apache.org/docs/format/Columnar.html): what columnar
 * readers give for a kept column and columnar writers take, without a JavaScript value per cell.
 */
import type { DataType } from './data-type.js'

/** A numeric array, as in an Arrow buffer. */
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
 * Values of one type. The first value is at position 0 of every buffer; the reader resolves view layouts (including
 * list views) and run-end encoding to offsets.
 */
export interface ColumnData {
  type: DataType
  /** The number of values, including nulls. */
  length: number
  nullCount: number
  /** One bit per value, least significant first, 1 if valid; absent if there are no nulls. */
  validity?: Uint8Array | undefined
  /**
   * Numbers of `bitWidth` (`float` 16: the bits, in a Uint16Array; dates, times, timestamps, durations: integers;
   * `dictionary`: the indices); the bits of `bool`; the bytes of `utf8`, `binary`, `fixed_size_binary`, `decimal` (little
   * endian, two's complement) and `interval`. Absent for `null`, lists, structs and maps.
   */
  values?: NumberArray
  /** `length + 1` offsets into `values` or the child, not necessarily starting at 0: `utf8`, `binary`, lists, maps. */
  offsets?: Int32Array | BigInt64Array
  /** The child of a list or map (its entries), the children of a struct. */
  children?: readonly ColumnData[]
  /** The values that the indices of a `dictionary` refer to. */
  dictionary?: ColumnData
}
