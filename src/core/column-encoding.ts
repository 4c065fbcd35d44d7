/** Finds column text that is not valid UTF-8, which is never written in altered form. */
import { isAscii, isUtf8 } from 'node:buffer'
import type { ColumnData } from './column-data.js'
import { isValid, layoutOf, sliceColumn, trimRanges } from './column-slices.js'

/** The rows with invalid UTF-8, nested or not, in order. */
export function rowsOfBadText(data: ColumnData): number[] {
  const isThere = (row: number) => isValid(data, row)
  return findBadText(data).filter(isThere)
}

/** The same, possibly including null rows. */
function findBadText(data: ColumnData): number[] {
  const { type, children, dictionary, values, length } = data
  if (type.kind === 'utf8') return badTexts(data)
  if (type.kind === 'dictionary') {
    const bad = badEntries(dictionary!)
    return bad.size === 0 ? [] : rowsWhere(length, (row) => bad.has(Number(values![row]!)))
  }
  if (layoutOf(type) === 'list') {
    const [child] = trimRanges(data).children as [ColumnData]
    return rowsAround(rowsOfBadText(child), data)
  }
  if (type.kind === 'fixed_size_list') {
    return unique(rowsOfBadText(children![0]!).map((item) => Math.floor(item / type.size)))
  }
  return unique((children ?? []).flatMap((child) => rowsOfBadText(sliceColumn(child, 0, length))))
}

function badTexts({ values, offsets, length }: ColumnData): number[] {
  const bytes = values as Uint8Array
  const all = bytes.subarray(Number(offsets![0]!), Number(offsets![length]!))
  if (isAscii(all) || (isUtf8(all) && !splitsCharacter(bytes, offsets!, length))) return []
  const isText = (row: number) => isUtf8(bytes.subarray(Number(offsets![row]!), Number(offsets![row + 1]!)))
  return rowsWhere(length, (row) => !isText(row))
}

/** Whether a string begins in the middle of a character. */
function splitsCharacter(bytes: Uint8Array, offsets: Int32Array | BigInt64Array, length: number): boolean {
  for (let row = 1; row < length; row++) if ((bytes[Number(offsets[row]!)]! & 0xc0) === 0x80) return true
  return false
}

/** Checked once per dictionary, as many batches share one. */
function badEntries(dictionary: ColumnData): ReadonlySet<number> {
  const found = BAD_ENTRIES.get(dictionary) ?? new Set(rowsOfBadText(dictionary))
  BAD_ENTRIES.set(dictionary, found)
  return found
}

const BAD_ENTRIES = new WeakMap<ColumnData, ReadonlySet<number>>()

/** The rows whose lists contain the given items, which are counted from the start of the first row. */
function rowsAround(items: readonly number[], { offsets }: ColumnData): number[] {
  const start = Number(offsets![0]!)
  let row = 0
  return unique(
    items.map((item) => {
      while (Number(offsets![row + 1]!) - start <= item) row++
      return row
    }),
  )
}

function rowsWhere(length: number, test: (row: number) => boolean): number[] {
  const rows: number[] = []
  for (let row = 0; row < length; row++) if (test(row)) rows.push(row)
  return rows
}

function unique(rows: number[]): number[] {
  return [...new Set(rows)].sort((a, b) => a - b)
}
