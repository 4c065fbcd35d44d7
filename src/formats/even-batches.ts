/**
 * Batches that are split by rows only: those of text come as blocks do, and it is not to be seen in a file in how large chunks
 * its input was read, or on how many threads.
 */
import type { ColumnData } from '../core/column-data.js'
import { sliceColumn } from '../core/column-slices.js'
import type { Field } from '../core/output-columns.js'
import type { Columns, OutputSchema, RecordBatchWriter, ScoredBatch } from '../core/record-batch.js'
import { recycleColumns } from '../io/column-pool.js'
import { columnWriter, outputFields } from './columnar.js'

/** Some of Arrow's own programs write as many rows at once; wide rows are fewer, and so are those with long texts. */
const MOST_ROWS = 1 << 16
const MOST_NUMBERS = 1 << 20
const MOST_TEXT = 1 << 24

/** A writer of columns that gives another one batches of even size. */
export function evenBatches(writer: RecordBatchWriter, schema: OutputSchema): RecordBatchWriter {
  const columnsOf = columnWriter(schema, outputFields(schema))
  const batches = new EvenBatches(rowsOf(schema))
  const addColumns = async (columns: Columns): Promise<Uint8Array[]> => {
    const pieces: Uint8Array[] = []
    for (const batch of batches.add(columns)) pieces.push(...(await writeBatch(batch)))
    return pieces
  }
  const writeBatch = async ({ parts, done }: Batch) => {
    const pieces = await writer.writeColumns!(parts)
    done.forEach(recycleColumns)
    return pieces
  }
  return {
    ...writer,
    write: (rows: ScoredBatch) => addColumns(columnsOf(rows)),
    addColumns,
    async *end() {
      const last = batches.end()
      if (last) yield* await writeBatch(last)
      yield* writer.end()
    },
  }
}

function rowsOf({ kept, fields, classes }: OutputSchema): number {
  const isList = (type: Field['type']) => type === 'classes' || type === 'names'
  const numbers = fields.reduce((sum, { type }) => sum + (isList(type) ? classes.length : 1), kept.length)
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / numbers)))
}

/** The parts of a batch, and the columns that nothing is left of. */
interface Batch {
  parts: Columns[]
  done: Columns[]
}

class EvenBatches {
  readonly #most: number
  #parts: Columns[] = []
  #done: Columns[] = []
  #rows = 0
  #text = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Adds some rows; gives the batches that are whole. */
  *add(columns: Columns): Generator<Batch> {
    const { length } = columns[0]!
    const texts = columns.filter(({ type }) => type.kind === 'utf8' || type.kind === 'list')
    for (let row = 0; row < length; ) {
      const most = Math.min(length, row + this.#most - this.#rows)
      const end = rowWithText(texts, row, most, MOST_TEXT - this.#text)
      this.#parts.push(columns.map((column) => sliceColumn(column, row, end - row)))
      this.#rows += end - row
      this.#text += textBetween(texts, row, end)
      row = end
      if (row === length) this.#done.push(columns)
      if (this.#rows === this.#most || this.#text >= MOST_TEXT) yield this.#take()
    }
  }

  /** The last batch, if any rows are left. */
  end(): Batch | undefined {
    return this.#rows > 0 ? this.#take() : undefined
  }

  #take(): Batch {
    const parts = this.#parts
    // A single part would be written as it is, in memory that is used again.
    if (parts.length === 1) parts.push(parts[0]!.map((column) => sliceColumn(column, 0, 0)))
    const batch = { parts, done: this.#done }
    this.#parts = []
    this.#done = []
    this.#rows = 0
    this.#text = 0
    return batch
  }
}

/** Behind the first row with which there are so many bytes of text; `end` where there are fewer. */
function rowWithText(texts: Columns, start: number, end: number, bytes: number): number {
  if (textBetween(texts, start, end) < bytes) return end
  let row = start + 1
  while (textBetween(texts, start, row) < bytes) row++
  return row
}

function textBetween(texts: Columns, start: number, end: number): number {
  return texts.reduce((sum, column) => sum + bytesBetween(column, start, end), 0)
}

/** The bytes of text, or of what stands in lists. */
function bytesBetween({ type, offsets, children }: ColumnData, start: number, end: number): number {
  if (!offsets) return NUMBER * (end - start)
  const [first, last] = [Number(offsets[start]), Number(offsets[end])]
  return type.kind === 'list' ? bytesBetween(children![0]!, first, last) : last - first
}

const NUMBER = 8
