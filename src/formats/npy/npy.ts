/**
 * .npy, as numpy writes it: a header that is a Python literal, then the numbers of one array, nothing behind.
 *
 *     \x93NUMPY major minor length {'descr': '<f8', 'fortran_order': False, 'shape': (3, 10), }
 *
 * An array of two dimensions is rows x classes, one of one dimension is one row. In C order rows come one after the
 * other, and are read so; in Fortran order a row is spread over the file, so it is read from all columns, many rows at a
 * time. What is written is in C order; the header says how many rows there are, so where that is not known the rows wait
 * in a temporary file.
 */

import type { ColumnData } from '../../core/column-data.js'
import * as damage from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import { type NumberLayout, readNumbers } from '../../core/float.js'
import type {
  Columns,
  Format,
  OutputSchema,
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RecordBatchWriter,
  Source,
} from '../../core/record-batch.js'
import { ByteReader } from '../../io/byte-reader.js'
import { openBytes, TempFile } from '../../io/temp-file.js'
import { columnWriter, outputFields } from '../columnar.js'

export const npy: Format = {
  shapes: ['list'],
  typed: true,
  numbersOnly: true,
  read,
  write,
}

const MAGIC = '\x93NUMPY'
/** What is before the header: the magic number, two bytes of version, and the length in 2 bytes or, since version 2, 4. */
const LEAD = { 1: 10, 2: 12, 3: 12 } as const
/** The longest header that is taken for one; numpy's own have less than 200 bytes. */
const MOST_HEADER = 1 << 16
/** How many numbers make a batch. */
const BATCH = 1 << 17

interface Header {
  layout: NumberLayout
  fortran: boolean
  rows: number
  classes: number
  /** Whether it has one dimension, and so is one row. */
  isFlat: boolean
}

async function read(source: Source): Promise<RecordBatchReader | undefined> {
  const reader = new ByteReader(source.chunks)
  const lead = await reader.take(LEAD[1])
  if (lead.length === 0) return undefined
  if (lead.toString('latin1', 0, MAGIC.length) !== MAGIC) throw damaged('it does not begin as .npy files do')
  const version = lead[6] as 1 | 2 | 3
  if (!(version in LEAD)) throw new SoftmaxError('E_TYPE', { reason: `.npy of version ${version} is not known` })
  const length =
    version === 1 ? lead.readUInt16LE(8) : Buffer.concat([lead.subarray(8), await reader.take(2)]).readUInt32LE()
  if (length > MOST_HEADER) throw damaged(`its header has ${length} bytes`)
  const text = await reader.take(length)
  if (text.length < length) throw damaged('it ends within its header')
  const header = parseHeader(text.toString(version === 3 ? 'utf8' : 'latin1'))
  const { rows, classes, fortran, isFlat } = header
  const start = LEAD[version] + length
  const rest = { chunks: reader.rest(), ...(source.path !== undefined && { path: source.path }) }
  return {
    columns: [{ name: 'logits', type: 'list', sample: '', width: classes }],
    named: false,
    rows,
    ...(isFlat && { warnings: [`it has one dimension, and is read as one row of ${classes} classes`] }),
    batches: (plan) =>
      fortran && rows > 1 && classes > 1 ? columnBatches(rest, header, plan, start) : rowBatches(reader, header, plan),
  }
}

const damaged = (reason: string) => damage.corruptData('npy', reason)

/** Reads the Python literal; all that is not an array of floats or integers is refused. */
function parseHeader(text: string): Header {
  // As Python reads it, quotes may be of either kind.
  const descr = /["']descr["']\s*:\s*(?:["']([^"']*)["']|\[)/.exec(text)
  const order = /["']fortran_order["']\s*:\s*(True|False)/.exec(text)
  const shape = /["']shape["']\s*:\s*\(([\d\sL,]*)\)/.exec(text)
  if (!descr || !order || !shape || !/^\s*\{.*\}\s*$/s.test(text)) throw damaged('its header is not that of an array')
  const [, mark, kind, size] = /^([<>=|])(f(?=[248])|[iu])([1248])$/.exec(descr[1] ?? '') ?? []
  if (!size) throw new SoftmaxError('E_TYPE', { reason: typeReason(descr[1]) })
  const sizes = shape[1]!
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number)
  if (sizes.length !== 1 && sizes.length !== 2) {
    throw new SoftmaxError('E_TYPE', { reason: `it has ${sizes.length} dimensions; reshape it to rows x classes` })
  }
  const [rows, classes] = sizes.length === 2 ? (sizes as [number, number]) : [1, sizes[0]!]
  if (!Number.isSafeInteger(rows * classes * 8)) throw damaged(`it says that it has ${rows} rows`)
  return {
    layout: { kind: kind as 'f' | 'i' | 'u', bytes: Number(size) as 1 | 2 | 4 | 8, bigEndian: mark === '>' },
    fortran: order[1] === 'True',
    rows,
    classes,
    isFlat: sizes.length === 1,
  }
}

function typeReason(descr: string | undefined): string {
  if (descr === undefined) return 'its dtype has fields; save the one that holds logits'
  if (/O/.test(descr)) return 'its dtype is object, which is pickled code; save it as float64'
  return `its dtype is ${descr}; save it as float64, float32, float16 or integers`
}

/** In C order, or a single row or column: rows stand one after the other. */
async function* rowBatches(
  reader: ByteReader,
  { layout, rows, classes }: Header,
  plan: ReaderOptions,
): AsyncGenerator<RecordBatch> {
  const step = Math.max(1, Math.floor(BATCH / Math.max(1, classes)))
  const rowBytes = classes * layout.bytes
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row)
    const bytes = await reader.take(count * rowBytes)
    const whole = Math.floor(bytes.length / rowBytes)
    if (whole > 0)
      yield batchOf(Float64Array.from(readNumbers(bytes.subarray(0, whole * rowBytes), layout)), whole, plan)
    if (whole < count) throw damaged(`it ends within row ${row + whole + 1} of ${rows}`)
  }
  if ((await reader.take(1)).length > 0) throw damaged(`more bytes follow its ${rows} rows`)
}

/** In Fortran order columns stand one after the other: a batch takes its part of each. */
async function* columnBatches(
  source: Source,
  header: Header,
  plan: ReaderOptions,
  start: number,
): AsyncGenerator<RecordBatch> {
  const { layout, rows, classes } = header
  const file = await openBytes(source)
  try {
    // What was read of a pipe before is not in its temporary file.
    const at = source.path !== undefined && !(file instanceof TempFile) ? start : 0
    const size = file.size - at
    if (size !== rows * classes * layout.bytes) {
      throw damaged(`it has ${size} bytes of numbers where ${rows * classes * layout.bytes} are expected`)
    }
    const step = Math.max(1, Math.floor(COLUMN_BATCH / classes))
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row)
      const logits = new Float64Array(count * classes)
      for (let column = 0; column < classes; column++) {
        const bytes = await file.read(at + (column * rows + row) * layout.bytes, count * layout.bytes)
        if (bytes.length < count * layout.bytes) throw damaged('it was cut short while it was read')
        const numbers = readNumbers(bytes, layout)
        for (let index = 0; index < count; index++) logits[index * classes + column] = numbers[index]!
      }
      yield batchOf(logits, count, plan)
    }
  } finally {
    await file.close()
  }
}

/** How many numbers make a batch of columns: more, as each column costs a read. */
const COLUMN_BATCH = 1 << 20

function batchOf(logits: Float64Array, rows: number, { kept }: ReaderOptions): RecordBatch {
  return {
    numRows: rows,
    logits,
    kept: kept.map(() => []),
    errors: new Map(),
    withPosition: ({ code, info: data }, row) => ({ code, info: { ...data, row } }),
    lines: 0,
    bytes: 0,
  }
}

async function write(schema: OutputSchema): Promise<RecordBatchWriter> {
  const { fields, classes, float32, rows } = schema
  const columnsOf = columnWriter(schema, outputFields(schema))
  const width = fields.reduce((sum, { type }) => sum + (type === 'classes' ? classes.length : 1), 0)
  const spool = rows === undefined ? await TempFile.open() : undefined
  let written = 0
  const writeColumns = async (parts: readonly Columns[]) => {
    const matrix = matrixOf(parts, width, float32)
    written += matrix.length / width
    const bytes = littleEndian(matrix)
    if (!spool) return [bytes]
    await spool.write(bytes)
    return []
  }
  return {
    begin: () => (rows === undefined ? [] : [headerOf(rows, width, float32)]),
    write: (batch) => writeColumns([columnsOf(batch)]),
    writeColumns,
    async *end() {
      if (!spool) return
      yield headerOf(written, width, float32)
      yield* spool.chunks()
    },
    close: async () => spool?.close(),
  }
}

/** Columns as rows, each of `width` numbers: the values of a list stand together. */
function matrixOf(parts: readonly Columns[], width: number, float32: boolean) {
  const rows = parts.reduce((sum, [column]) => sum + column!.length, 0)
  const matrix = float32 ? new Float32Array(rows * width) : new Float64Array(rows * width)
  let start = 0
  for (const columns of parts) {
    let place = start
    for (const column of columns) place += fill(matrix, place, column, width)
    start += columns[0]!.length * width
  }
  return matrix
}

/** Puts a column into rows; returns how many numbers it has in each. */
function fill(matrix: Float32Array | Float64Array, start: number, column: ColumnData, width: number): number {
  const { length, values, children } = column
  const numbers = (values ?? children![0]!.values!) as Float64Array
  const size = length > 0 ? numbers.length / length : 0
  if (size === width) matrix.set(numbers, start)
  for (let row = 0, at = 0, to = start; size < width && row < length; row++, to += width) {
    for (let index = 0; index < size; index++) matrix[to + index] = numbers[at++]!
  }
  return size
}

function littleEndian({
  buffer,
  byteOffset,
  byteLength,
  BYTES_PER_ELEMENT: size,
}: Float32Array | Float64Array): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return bytes
  return size === 8 ? bytes.swap64() : bytes.swap32()
}

/** A header of version 1, as numpy writes it: all before the numbers is a multiple of 64 bytes. */
function headerOf(rows: number, width: number, float32: boolean): Buffer {
  const literal = `{'descr': '<f${float32 ? 4 : 8}', 'fortran_order': False, 'shape': (${rows}, ${width}), }`
  const length = Math.ceil((LEAD[1] + literal.length + 1) / 64) * 64 - LEAD[1]
  const lead = Buffer.from(`${MAGIC}\x01\x00\x00\x00`, 'latin1')
  lead.writeUInt16LE(length, 8)
  return Buffer.concat([lead, Buffer.from(`${literal.padEnd(length - 1)}\n`)])
}
