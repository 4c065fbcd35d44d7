/** Delimited text as a table among others: its reader and its writer by batches, over the functions of the general lane. */

import { escapeFormula } from '../core/formula.js'
import type {
  Column,
  OutputSchema,
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RecordBatchWriter,
} from '../core/record-batch.js'
import { cellOf } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { type Dialect, fromBytes, toBytes } from '../formats/csv/dialect.js'
import type { CsvHeader } from '../formats/csv/header.js'
import { countLines, type OversizedRow, rowRanges } from '../formats/csv/row-splitter.js'
import { decodeCell, type Row, readRows, writeRows } from '../formats/csv/rows.js'
import { locator, readLogits } from './general-lane.js'

/** The table of a delimited text, of which the beginning has been read. */
export function delimitedTable({ dialect, header, first, blocks }: CsvHeader): RecordBatchReader {
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  const columns = (header ?? first ?? []).map((cell, index): Column => {
    return { name: header ? text(cell) : String(index + 1), type: 'text', sample: text(first?.[index] ?? '0') }
  })
  return {
    columns,
    named: header !== undefined,
    async *batches(plan) {
      for await (const block of blocks) {
        if (Buffer.isBuffer(block)) yield readBatch(block, columns, dialect, plan)
        else yield longBatch(block, plan)
      }
    },
  }
}

function readBatch(
  block: Buffer,
  columns: Column[],
  input: Dialect,
  { logits, kept, missing, wantRaw }: ReaderOptions,
): RecordBatch {
  const rows = readRows(block, input)
  const schema = { header: columns.map(({ name }) => name), logits: [...logits] } as Schema
  const { logits: matrix, bad } = readLogits(rows, { schema, input, settings: { missing } })
  const locate = locator(block, rowRanges(block, input), { input, schema, wantRaw })
  const text = (row: Row, cell: number) => (Array.isArray(row) ? fromBytes(decodeCell(row[cell] ?? '', input)) : '')
  return {
    numRows: rows.length,
    logits: matrix,
    kept: kept.map((cell) => rows.map((row) => text(row, cell))),
    errors: bad,
    withPosition: (rowError, row) => locate(rowError, row, rows[row]!),
    lines: countLines(block, input),
    bytes: block.length,
  }
}

/** A row that is too long to be held, or a comment that is. */
function longBatch(
  { code, info: data, at, bytes, lines, start: raw, end }: OversizedRow,
  plan: ReaderOptions,
): RecordBatch {
  const rows = code ? 1 : 0
  return {
    numRows: rows,
    logits: new Float64Array(rows * plan.classes),
    kept: plan.kept.map(() => ['']),
    errors: new Map(code && [[0, { code, info: { ...data }, at }]]),
    withPosition: ({ code, info: data, at = 0 }) => ({
      code,
      info: { ...data, line: 0, row: 0, byte: at },
      start: 0,
      end,
      raw,
    }),
    lines,
    bytes,
  }
}

/** The writer of a delimited text. */
export function delimitedWriter(
  { kept, fields, print, header, escapeFormulas }: OutputSchema,
  dialect: Dialect,
): RecordBatchWriter {
  const safe = escapeFormulas ? escapeFormula : (text: string) => text
  const line = (cells: string[]) => writeRows([cells.map(toBytes)], dialect, false)
  return {
    begin: () => (header ? [Buffer.from(line([...kept, ...fields].map(({ name }) => safe(name))), 'latin1')] : []),
    write({ batch, scores, good }) {
      const rows = good.map((row) => {
        const cells = batch.kept.map((values) => toBytes(safe(cellOf(values[row]!))))
        for (const { type, value } of fields) {
          const cell = value(scores, row)
          if (typeof cell === 'string') cells.push(toBytes(safe(cell)))
          else cells.push(type === 'count' ? String(cell) : print([cell as number]))
        }
        return cells
      })
      return rows.length > 0 ? [Buffer.from(writeRows(rows, dialect, false), 'latin1')] : []
    },
    end: () => [],
  }
}
