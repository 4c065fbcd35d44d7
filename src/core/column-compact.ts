/** Compacts columns so that their buffers contain only their own rows, before they are copied. */
import type { ColumnData } from './column-data.js'
import { layoutOf, sliceColumn, stepOf, trimRanges } from './column-slices.js'

/** The same column with buffers that end with its rows and offsets that begin at 0. */
export function compactColumn(data: ColumnData): ColumnData {
  const { type, length, values, validity, children } = data
  const bits = (length + 7) >> 3
  const own = { ...data, ...(validity && { validity: validity.subarray(0, bits) }) }
  switch (layoutOf(type)) {
    case 'bits':
      return { ...own, values: values!.subarray(0, bits) }
    case 'fixed':
      return { ...own, values: values!.subarray(0, length * stepOf(type)) }
    case 'bytes':
      return { ...own, values: trimRanges(data).values!, offsets: offsetsFromZero(data) }
    case 'list':
      return { ...own, children: trimRanges(data).children!.map(compactColumn), offsets: offsetsFromZero(data) }
    case 'fixed_size_list':
      return { ...own, children: children!.map((child) => compactColumn(firstRows(child, length * sizeOf(type)))) }
    case 'struct':
      return { ...own, children: children!.map((child) => compactColumn(firstRows(child, length))) }
    case 'none':
      return own
  }
}

function firstRows(data: ColumnData, length: number): ColumnData {
  return sliceColumn(data, 0, length)
}

function sizeOf(type: ColumnData['type']): number {
  return (type as { size: number }).size
}

function offsetsFromZero({ offsets, length }: ColumnData): Int32Array | BigInt64Array {
  const own = offsets!.subarray(0, length + 1)
  const first = own[0]!
  return Number(first) === 0 ? own : (own as Int32Array).map((offset) => offset - (first as number))
}

/** Whether a column, or a nested field of it, has a dictionary. */
export function hasDictionary({ dictionary, children = [] }: ColumnData): boolean {
  return dictionary !== undefined || children.some(hasDictionary)
}
