/**
 * Batches whose size depends only on rows: text arrives in blocks, and neither chunk sizes nor the number of threads
 * may show in a binary output.
 */
import type { ColumnData } from '../core/column-data.js'
import { sliceColumn } from '../core/column-slices.js'
import type { Field } from '../core/output-columns.js'
import type { Columns, OutputSchema, RecordBatchWriter, ScoredBatch } from '../core/record-batch.js'
import { recycleColumns } from '../io/column-pool.js'
import { columnWriter, outputFields } from './columnar.js'

/** The maximum batch size, as in some of Arrow's own programs; batches of wide rows or long strings have fewer rows. */
const MOST_ROWS = 1 << 16
const MOST_NUMBERS = 1 << 20
const MOST_TEXT = 1 << 24

/** Wraps a columnar writer so that it gets batches of even size. */
export function evenBatches(writer: RecordBatchWriter, schema: OutputSchema): RecordBatchWriter {
  const columnsOf = columnWriter(schema, outputFields(schema))
  const batches = new EvenBatches(rowsOf(schema))
  const addColumns = async (columns: Columns): Promise<Uint8Array[]> => {
    // push(...pieces) fails for 131,000 columns: a call can have only so many arguments.
    const pieces: Uint8Array[][] = []
    for (const batch of batches.add(columns)) pieces.push(await writeBatch(batch))
    return pieces.flat()
  }
  /** A writer that can append writes columns at once. */
  const writeRest = (): Uint8Array[] => {
    const rest = batches.rest()
    if (!rest) return []
    const pieces = writer.writeColumns!(rest.parts) as Uint8Array[]
    rest.done.forEach(recycleColumns)
    return pieces
  }
  const writeBatch = async ({ parts, done }: EvenBatch) => {
    const pieces = await writer.writeColumns!(parts)
    done.forEach(recycleColumns)
    return pieces
  }
  const { append } = writer
  return {
    ...writer,
    write: (rows: ScoredBatch) => addColumns(columnsOf(rows)),
    addColumns,
    // What a later input of typed columns appends comes after the rows before it.
    ...(append && { append: (part: unknown) => [...writeRest(), ...append(part)] }),
    async *end() {
      const last = batches.rest()
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

/** The parts of a batch, and the columns that are used up by it. */
interface EvenBatch {
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

  /** Adds rows; yields the batches that are complete. */
  *add(columns: Columns): Generator<EvenBatch> {
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

  /** A batch of the rows that are left, if any are. */
  rest(): EvenBatch | undefined {
    return this.#rows > 0 ? this.#take() : undefined
  }

  #take(): EvenBatch {
    const parts = this.#parts
    // A single part would be written as it is, but its memory is reused.
    if (parts.length === 1) parts.push(parts[0]!.map((column) => sliceColumn(column, 0, 0)))
    const batch = { parts, done: this.#done }
    this.#parts = []
    this.#done = []
    this.#rows = 0
    this.#text = 0
    return batch
  }
}

/** The end of the first row that reaches this many bytes of text, or `end`. */
function rowWithText(texts: Columns, start: number, end: number, bytes: number): number {
  if (textBetween(texts, start, end) < bytes) return end
  let row = start + 1
  while (textBetween(texts, start, row) < bytes) row++
  return row
}

function textBetween(texts: Columns, start: number, end: number): number {
  return texts.reduce((sum, column) => sum + bytesBetween(column, start, end), 0)
}

/** The bytes of text, or of the contents of lists. */
function bytesBetween({ type, offsets, children }: ColumnData, start: number, end: number): number {
  if (!offsets) return NUMBER * (end - start)
  const [first, last] = [Number(offsets[start]), Number(offsets[end])]
  return type.kind === 'list' ? bytesBetween(children![0]!, first, last) : last - first
}

const NUMBER = 8
