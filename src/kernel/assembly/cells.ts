/**
 * Writes rows of text from columns. Each cell follows a prefix of its own (a delimiter, a key or a bracket), so any row
 * format is a table of cells. The host provides room for the longest possible output.
 */
import { CELL_COUNT, CELL_DOUBLE, CELL_FLOAT, CELL_INTEGER, CELL_NAME, CELL_RESULT, CELL_TEXT } from '../constants'
import { copy, printResults, textAt, writeText } from './pipeline'
import { print, printFloat32, printSigned, signOfZero } from './print-number'
import { Cell, CellTable, Text } from './structs'

/** Writes rows at `out`; returns the end. */
export function writeCells(rows: u32, table: CellTable, out: usize): usize {
  const end = table.cells + table.count * <u32>offsetof<Cell>()
  const tail = textAt(table.tail, 0)
  for (let row: u32 = 0; row < rows; row++) {
    for (let at = table.cells; at < end; at += <u32>offsetof<Cell>()) {
      const cell = changetype<Cell>(<usize>at)
      out = writeText(textAt(cell.lead, 0), out)
      out = isNull(cell, row) ? writeText(textAt(cell.lead, 1), out) : writeValue(cell, row, table, out)
    }
    out = writeText(tail, out)
  }
  return out
}

// @ts-ignore: decorator
@inline
function isNull(cell: Cell, row: u32): bool {
  return cell.valid != 0 && !((<u32>load<u8>(<usize>cell.valid + (row >> 3)) >> (row & 7)) & 1)
}

// @ts-ignore: decorator
@inline
function writeValue(cell: Cell, row: u32, table: CellTable, out: usize): usize {
  return writeText(textAt(cell.lead, 4), writeCell(cell, row, table, writeText(textAt(cell.lead, 3), out)))
}

function writeCell(cell: Cell, row: u32, table: CellTable, out: usize): usize {
  const kind = cell.kind
  const values = <usize>cell.values
  if (kind == CELL_RESULT) return writeResults(cell, row, table, out)
  if (kind == CELL_TEXT) {
    const start = load<u32>(values + (<usize>row << 2))
    const length = load<u32>(values + (<usize>row << 2), 4) - start
    return length ? copy(<usize>cell.texts + start, length, out) : writeText(textAt(cell.lead, 2), out)
  }
  if (kind == CELL_NAME) return writeText(textAt(cell.texts, load<u32>(values + (<usize>row << 2))), out)
  if (kind == CELL_INTEGER) return printInteger(load<i64>(values + (<usize>row << 3)), out)
  if (kind == CELL_DOUBLE) return printSigned(load<f64>(values + (<usize>row << 3)), out)
  if (kind == CELL_FLOAT) {
    const x = <f64>load<f32>(values + (<usize>row << 2))
    return printFloat32(x, signOfZero(x, out))
  }
  return print(kind == CELL_COUNT ? <f64>load<u32>(values + (<usize>row << 2)) : <f64>load<i32>(values + (<usize>row << 2)), out)
}

/** Writes adjacent results, separated by a comma or another byte. */
function writeResults(cell: Cell, row: u32, table: CellTable, out: usize): usize {
  const count = cell.count
  const at = <usize>cell.values + ((<usize>row * count) << 3)
  return printResults(at, count, table.precision, table.float32, table.delimiter, out) - 1
}

/** Integers of up to 53 bits are doubles. */
function printInteger(x: i64, out: usize): usize {
  if (<u64>(x + 0x20000000000000) <= 0x40000000000000) return print(<f64>x, out)
  store<u8>(out, 0x2d)
  let rest = x < 0 ? 0 - <u64>x : <u64>x
  out += usize(x < 0)
  let end = out
  for (let left = rest; left; left /= 10) end++
  for (let at = end; at > out; rest /= 10) store<u8>(--at, 0x30 + <u8>(rest % 10))
  return end
}
