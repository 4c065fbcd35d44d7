/** Numeric columns of any type as doubles. */
import type { ColumnData } from './column-data.js'
import { isValid, stepOf, withNulls } from './column-slices.js'
import { valueReader } from './column-values.js'
import type { DataType } from './data-type.js'
import { halves } from './float.js'

/** The doubles of a column, and their validity. */
export interface Numbers {
  numbers: ArrayLike<number>
  validity?: Uint8Array | undefined
}

/** Whether values of a type are numbers: integers, floating-point numbers, decimals, or a dictionary of these. */
export function isNumeric(type: DataType): boolean {
  if (type.kind === 'dictionary') return isNumeric(type.values)
  return type.kind === 'int' || type.kind === 'float' || type.kind === 'decimal'
}

/** The numbers of a column, each rounded to the nearest double; undefined if the column is not numeric. */
export function numbersOf(data: ColumnData): Numbers | undefined {
  const { type, dictionary, validity } = data
  if (!isNumeric(type)) return undefined
  if (dictionary) return ofDictionary(data, numbersOf(dictionary)!)
  if (type.kind === 'float' && type.bitWidth === 16) return { numbers: halves(data.values as Uint16Array), validity }
  if (type.kind === 'decimal') return { numbers: decimals(data), validity }
  const values = data.values!
  const isBig = values instanceof BigInt64Array || values instanceof BigUint64Array
  return { numbers: isBig ? Float64Array.from(values, Number) : values, validity }
}

function decimals(data: ColumnData): Float64Array {
  const read = valueReader({ ...data, validity: undefined })
  return Float64Array.from({ length: data.values!.length / stepOf(data.type) }, (_, row) => Number(read(row)))
}

function ofDictionary(data: ColumnData, { numbers, validity }: Numbers): Numbers {
  const { length, values } = data
  const found = new Float64Array(length)
  const bits = new Uint8Array((length + 7) >> 3)
  for (let row = 0; row < length; row++) {
    const index = Number(values![row]!)
    if (!isValid(data, row) || !isValid({ validity }, index)) continue
    found[row] = numbers[index]!
    bits[row >> 3]! |= 1 << (row & 7)
  }
  return { numbers: found, validity: withNulls(bits, length).validity }
}
