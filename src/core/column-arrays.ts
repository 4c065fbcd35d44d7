/** The array types that hold columns. */
import type { ColumnData, NumberArray } from './column-data.js'
import { layoutOf } from './column-slices.js'
import { type DataType, fieldsOf } from './data-type.js'

/** An array type. */
export interface NumberArrayType {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): NumberArray
  new (buffer: ArrayBufferLike, start: number, length: number): NumberArray
}

/** The array type for the values of a type; for a dictionary, its indices; for non-numeric values, their bytes. */
export function arrayOf(type: DataType): NumberArrayType {
  switch (type.kind) {
    case 'int':
      return INTEGERS[`${type.signed ? '' : 'u'}int${type.bitWidth}`]
    case 'dictionary':
      return arrayOf(type.index)
    case 'float':
      return { 16: Uint16Array, 32: Float32Array, 64: Float64Array }[type.bitWidth]
    case 'date':
      return type.unit === 'day' ? Int32Array : BigInt64Array
    case 'time':
      return type.unit === 'second' || type.unit === 'millisecond' ? Int32Array : BigInt64Array
    case 'timestamp':
    case 'duration':
      return BigInt64Array
    default:
      return Uint8Array
  }
}

const INTEGERS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
}

/** A column without rows. */
export function emptyColumn(type: DataType): ColumnData {
  const column = { type, length: 0, nullCount: 0 }
  if (type.kind === 'dictionary') {
    return { ...emptyColumn(type.index), type, dictionary: emptyColumn(type.values) }
  }
  const children = fieldsOf(type).map((field) => emptyColumn(field.type))
  switch (layoutOf(type)) {
    case 'none':
      return column
    case 'bytes':
      return { ...column, offsets: offsetsOfType(type), values: new Uint8Array() }
    case 'list':
      return { ...column, offsets: offsetsOfType(type), children }
    case 'fixed_size_list':
    case 'struct':
      return { ...column, children }
    default:
      return { ...column, values: new (arrayOf(type))(0) }
  }
}

function offsetsOfType(type: DataType): Int32Array | BigInt64Array {
  const isLarge = 'layout' in type && (type.layout === 'large' || type.layout === 'large_view')
  return isLarge ? new BigInt64Array(1) : new Int32Array(1)
}
