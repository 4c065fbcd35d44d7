/**
 * Arrow's IPC formats, through apache-arrow: the stream, and the file, which is the stream between two marks with a table
 * of contents behind it. Both are read as they come, a record batch at a time, which is what bounds the memory.
 *
 * Messages are told apart here before the library sees them: it takes a stream that is cut between two of them for whole,
 * and does not look at what follows its end.
 */
import * as zlib from 'node:zlib'
import type * as Arrow from 'apache-arrow'
import * as damage from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import { halves } from '../../core/float.js'
import type {
  Column,
  Format,
  OutputSchema,
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RecordBatchWriter,
  Source,
  ValueType,
} from '../../core/record-batch.js'
import { dayText, decimalText, timestampText } from '../../core/value-text.js'
import { ByteReader } from '../../io/byte-reader.js'
import { optionalDependency } from '../../io/optional-dependency.js'
import { type FileBytes, openBytes } from '../../io/temp-file.js'
import { type Block, blocksOf, signedNumber, valuesOf } from '../columnar.js'
import { LogitsReader } from '../logits-reader.js'
import { checkFooter, checkMessage, isSchema } from './flatbuffer.js'
import { decodeLz4 } from './lz4.js'

type Library = typeof Arrow

const MAGIC = 'ARROW1\0\0'

/** The file. */
export const arrow: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write: (plan) => write(plan, true),
}

/** The stream. */
export const arrows: Format = {
  ...arrow,
  write: (plan) => write(plan, false),
}

const PACKAGE = 'apache-arrow'
/** How many logits make a batch. */
const BATCH = 1 << 17

async function loadLibrary(): Promise<Library> {
  const library = await optionalDependency('arrow', PACKAGE, () => import('apache-arrow'))
  const { compressionRegistry, CompressionType } = library
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4 })
  compressionRegistry.set(CompressionType.ZSTD, { decode: decodeZstd })
  return library
}

function decodeZstd(bytes: Uint8Array): Uint8Array {
  if ('zstdDecompressSync' in zlib) return (zlib.zstdDecompressSync as (bytes: Uint8Array) => Buffer)(bytes)
  throw new SoftmaxError('E_NODE', { feature: 'zstd', needed: '22.15', version: process.version })
}

async function read(source: Source): Promise<RecordBatchReader> {
  const library = await loadLibrary()
  const bytes = new ByteReader(await guard(() => withSchema(source, library)))
  try {
    return await guard(() => open(bytes, library))
  } catch (error) {
    await bytes.close()
    throw error
  }
}

async function open(bytes: ByteReader, library: Library): Promise<RecordBatchReader> {
  const reader = await library.RecordBatchReader.from(messages(bytes, library))
  await reader.open()
  const { fields } = reader.schema
  const batches = reader[Symbol.asyncIterator]() as AsyncIterator<Arrow.RecordBatch>
  let first = await batches.next()
  if (fields.some(({ name }) => typeof name !== 'string')) throw damaged('a column has no name')
  if (!first.done) checkBatch(first.value)
  const columns = fields.map((field, index) =>
    columnOf(field, first.done ? null : first.value.getChildAt(index), library),
  )
  return {
    columns,
    named: true,
    async *batches(plan) {
      for (let next = first; !next.done; next = await guard(() => batches.next())) {
        checkBatch(next.value)
        yield* guarded(readBatch(next.value, columns, plan, library))
        // It is let go before another comes, as one may have hundreds of megabytes.
        next = first = { done: false, value: undefined as never }
      }
    },
    close: () => bytes.close(),
  }
}

const damaged = (reason: string) => damage.corruptData('arrow', reason)

/** What the library throws is about what it reads. */
const guard = <T>(action: () => Promise<T> | T) => damage.wrapCorrupt('arrow', action)

/** The same of batches, whose values are made of the bytes as they are asked for. */
async function* guarded(batches: Iterator<RecordBatch>): AsyncGenerator<RecordBatch> {
  for (;;) {
    const { done, value } = await guard(() => batches.next())
    if (done) return
    yield value
  }
}

/**
 * The bytes of a stream or file that begins with its schema. A file that this library wrote has it in its table of
 * contents alone, and is no stream between two marks then; it is put where other programs have it.
 */
async function withSchema({ chunks, path }: Source, library: Library): Promise<AsyncGenerator<Buffer>> {
  const bytes = new ByteReader(chunks)
  const start = await bytes.take(16)
  const length = start.length === 16 && start.toString('latin1', 0, 8) === MAGIC ? start.readInt32LE(12) : undefined
  const metadata = length === undefined ? NOTHING : await bytes.take(Math.max(0, length))
  bytes.unread(Buffer.concat([start, metadata]))
  if (length === undefined || (metadata.length > 0 && isSchema(metadata))) return bytes.rest()
  return fileWithSchema(await openBytes({ chunks: bytes.rest(), ...(path !== undefined && { path }) }), library)
}

const NOTHING = Buffer.alloc(0)

async function* fileWithSchema(file: FileBytes, library: Library): AsyncGenerator<Buffer> {
  try {
    yield await file.read(0, 8)
    yield* schemaMessage(await readFooter(file), library)
    for (let at = 8; at < file.size; at += PIECE) yield await file.read(at, PIECE)
  } finally {
    await file.close()
  }
}

const PIECE = 1 << 20

/** The table of contents at the end of a file, with its length and the mark behind it. */
async function readFooter(file: FileBytes): Promise<Buffer> {
  const end = await file.read(Math.max(0, file.size - 10), 10)
  const isWhole = end.length === 10 && end.toString('latin1', 4) === MAGIC.slice(0, 6)
  const length = isWhole ? end.readInt32LE() : -1
  if (length <= 0 || length > file.size - 18) throw damaged('it ends within its table of contents')
  const footer = await file.read(file.size - 10 - length, length)
  checkFooter(footer)
  return Buffer.concat([footer, end])
}

/** A schema as a message: what a stream of it begins with. */
function schemaMessage(footer: Buffer, library: Library): Buffer[] {
  const { schema } = library.RecordBatchReader.from(Buffer.concat([Buffer.from(MAGIC, 'latin1'), footer])).open()
  const sink = newSink(library)
  new library.RecordBatchStreamWriter().reset(sink, schema)
  return sink.taken()
}

/** The messages of a stream or file, each whole, and the mark at their end. */
async function* messages(bytes: ByteReader, { Message }: Library): AsyncGenerator<Buffer> {
  let start = await bytes.take(8)
  const isFile = start.toString('latin1') === MAGIC
  if (isFile) start = await bytes.take(8)
  for (let prefix = start; ; prefix = await bytes.take(8)) {
    if (prefix.length < 8) throw damaged('it ends without the mark of its end')
    if (prefix.readInt32LE(0) !== -1) throw damaged('a message does not begin as one')
    const length = prefix.readInt32LE(4)
    if (length === 0) {
      yield prefix
      break
    }
    const metadata = await exactly(bytes, length)
    checkMessage(metadata)
    const { bodyLength } = Message.decode(metadata)
    yield Buffer.concat([prefix, metadata])
    if (bodyLength > 0) yield await exactly(bytes, bodyLength)
  }
  await (isFile ? requireFooter(bytes) : requireEnd(bytes))
}

async function exactly(bytes: ByteReader, length: number): Promise<Buffer> {
  const taken = await bytes.take(length)
  if (length < 0 || taken.length < length) throw damaged('it ends within a message')
  return taken
}

async function requireEnd(bytes: ByteReader): Promise<void> {
  if ((await bytes.take(1)).length > 0) throw damaged('more bytes follow its end')
}

async function requireFooter(bytes: ByteReader): Promise<void> {
  let tail = Buffer.alloc(0)
  for (let piece = await bytes.next(); piece; piece = await bytes.next()) {
    tail = Buffer.concat([tail, piece.subarray(-6)]).subarray(-6)
  }
  if (tail.toString('latin1') !== MAGIC.slice(0, 6)) throw damaged('it ends within its table of contents')
}

/** A batch may tell of more rows than it has; the library believes it. */
function checkBatch({ data, numRows }: Arrow.RecordBatch): void {
  // A row has a bit at least, but where all columns are null: no file is so long that there are many such rows.
  if (numRows > MOST_NULLS && numRows > 8 * data.byteLength) {
    throw damaged(`a batch tells of ${numRows} rows, and has ${data.byteLength} bytes`)
  }
  for (const column of data.children) checkRows(column, numRows)
}

const MOST_NULLS = 1 << 16

function checkRows({ length, valueOffsets, values, children, type }: Arrow.Data, rows: number): void {
  const { listSize, bitWidth, precision } = type as { listSize?: number; bitWidth?: number; precision?: number }
  const isFixed = bitWidth !== undefined || precision !== undefined
  const known = length === rows && Number.isSafeInteger(rows)
  const offsets = rows === 0 || ((valueOffsets as Int32Array | undefined)?.length ?? Infinity) > rows
  const numbers = !isFixed || rows === 0 || ((values as ArrayLike<unknown> | undefined)?.length ?? rows) >= rows
  if (!known || !offsets || !numbers) throw damaged(`a column has not the ${rows} rows of its batch`)
  if (listSize !== undefined && children[0]) checkRows(children[0], rows * listSize)
}

function columnOf({ name, type }: Arrow.Field, values: Arrow.Vector | null, library: Library): Column {
  const { DataType } = library
  const sample = isNumber(type, library) ? '0' : ''
  if (DataType.isFixedSizeList(type) && isNumber(type.children[0]!.type, library)) {
    return { name, type: 'list', sample, width: type.listSize }
  }
  if (DataType.isList(type) && isNumber(type.children[0]!.type, library)) {
    const list = Array.from(values ?? []).find((list) => list?.length > 0) as Arrow.Vector | undefined
    return { name, type: 'list', sample, width: list?.length ?? 0 }
  }
  return { name, type: typeOf(type, library), sample }
}

function isNumber(type: Arrow.DataType, { DataType }: Library): boolean {
  return DataType.isFloat(type) || DataType.isInt(type) || DataType.isDecimal(type)
}

function typeOf(type: Arrow.DataType, library: Library): ValueType {
  const { DataType } = library
  if (DataType.isDictionary(type)) return typeOf(type.dictionary, library)
  if (DataType.isFloat(type)) return 'number'
  // With 64 bits and no sign they have no room in what is written, which has one; as text they are what they were.
  if (DataType.isInt(type)) return type.isSigned || type.bitWidth < 64 ? 'integer' : 'text'
  if (DataType.isBool(type)) return 'boolean'
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) return 'bytes'
  return type.children?.length > 0 ? 'json' : 'text'
}

function* readBatch(
  batch: Arrow.RecordBatch,
  columns: Column[],
  plan: ReaderOptions,
  library: Library,
): Generator<RecordBatch> {
  const step = Math.max(1, Math.floor(BATCH / plan.classes))
  for (let start = 0; start < batch.numRows; start += step) {
    const part = batch.slice(start, Math.min(start + step, batch.numRows))
    const rows = part.numRows
    const reader = new LogitsReader(rows, plan.classes, plan.missing)
    if (plan.logitsList) {
      const column = part.getChildAt(plan.logits[0]!)!
      reader.putLists(() => listsOf(column, library), matrixOf(column, plan.classes, library))
    } else {
      for (const [place, index] of plan.logits.entries()) {
        reader.putColumn(numbersOf(part.getChildAt(index)!, library), place, columns[index]!.name)
      }
    }
    yield reader.batch(
      plan.kept.map((index) => valuesOf(cellsOf(part.getChildAt(index)!, library))),
      plan.kept.map((index) => columns[index]!.name),
    )
  }
}

/** The numbers of a column; null where there is none. */
function numbersOf(column: Arrow.Vector, library: Library): ArrayLike<unknown> {
  const { DataType, Precision } = library
  if (DataType.isDecimal(column.type)) return Array.from(texts(column, library))
  const isHalf = DataType.isFloat(column.type) && column.type.precision === Precision.HALF
  const [data] = column.data
  if (column.data.length !== 1 || !data || !DataType.isFloat(column.type)) return Array.from(column)
  const values = (data.values as Float64Array | Uint16Array).subarray(0, data.length)
  const numbers = isHalf ? halves(values as Uint16Array) : (values as Float64Array)
  return data.nullCount === 0 ? numbers : Array.from(numbers, (value, row) => (data.getValid(row) ? value : null))
}

function* listsOf(column: Arrow.Vector, library: Library): Generator<ArrayLike<unknown> | null> {
  for (const list of column) yield list && numbersOf(list as Arrow.Vector, library)
}

/** Rows x classes, where each row is a list of so many numbers: they stand together. */
function matrixOf(column: Arrow.Vector, classes: number, library: Library): ArrayLike<number> | undefined {
  const [data] = column.data
  if (column.data.length !== 1 || !data || data.nullCount > 0) return undefined
  const { length, valueOffsets: offsets, children } = data
  const { DataType } = library
  const isFixed = DataType.isFixedSizeList(column.type)
  const [start, end] = isFixed ? [0, length * column.type.listSize] : [offsets[0]!, offsets[length]!]
  if (isFixed ? column.type.listSize !== classes : !isEven(offsets, length, classes)) return undefined
  const items = new library.Vector([children[0]!]).slice(start, end)
  const numbers = items.length === length * classes && DataType.isFloat(items.type) && numbersOf(items, library)
  return ArrayBuffer.isView(numbers) ? (numbers as unknown as Float64Array) : undefined
}

function isEven(offsets: Int32Array, rows: number, classes: number): boolean {
  for (let row = 0; row < rows; row++) if (offsets[row + 1]! - offsets[row]! !== classes) return false
  return true
}

/** The values of a column that is kept: numbers as they are in memory, where none is missing. */
function cellsOf(column: Arrow.Vector, library: Library): ArrayLike<unknown> {
  const [data] = column.data
  const { DataType } = library
  if (column.data.length !== 1 || !data || data.nullCount > 0) return Array.from(texts(column, library))
  if (DataType.isFloat(column.type)) return numbersOf(column, library)
  const { values, length } = data as { values: unknown; length: number }
  return values instanceof BigInt64Array && DataType.isInt(column.type)
    ? values.subarray(0, length)
    : Array.from(texts(column, library))
}

/** The values of a column that is kept: times and decimals as text with all their digits. */
function* texts(column: Arrow.Vector, library: Library): Generator<unknown> {
  const { DataType } = library
  const { type } = column
  if (DataType.isTimestamp(type)) {
    for (const data of column.data) {
      const counts = data.values as BigInt64Array
      for (let row = 0; row < data.length; row++) {
        yield data.getValid(row) ? timestampText(counts[row]!, 1000n ** BigInt(type.unit)) : null
      }
    }
  } else if (DataType.isDate(type)) {
    for (const value of column) yield value === null ? null : dayText(Number(value) / 86_400_000)
  } else if (DataType.isDecimal(type)) {
    for (const data of column.data) {
      const { values, stride } = data as { values: Uint32Array; stride: number }
      for (let row = 0; row < data.length; row++) {
        const words = values.slice(row * stride, (row + 1) * stride)
        const bytes = new Uint8Array(words.buffer).reverse()
        yield data.getValid(row) ? decimalText(signedNumber(bytes), type.scale) : null
      }
    }
  } else if (DataType.isFloat(type)) yield* Array.from(numbersOf(column, library))
  else if (DataType.isStruct(type)) yield* structs(column, library)
  else for (const value of column) yield plainValue(value, library)
}

function* structs(column: Arrow.Vector, library: Library): Generator<unknown> {
  const { children } = column.type as Arrow.Struct
  const fields = children.map(
    ({ name }, index) => [name, Array.from(texts(column.getChildAt(index)!, library))] as const,
  )
  for (let row = 0; row < column.length; row++) {
    yield column.isValid(row) ? Object.fromEntries(fields.map(([name, values]) => [name, values[row]])) : null
  }
}

/** Nested values as JavaScript's own. */
function plainValue(value: unknown, library: Library): unknown {
  if (value instanceof library.Vector) return Array.from(texts(value, library))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return 'toJSON' in value ? (value as { toJSON(): unknown }).toJSON() : value
}

async function write(plan: OutputSchema, isFile: boolean): Promise<RecordBatchWriter> {
  const library = await loadLibrary()
  const { RecordBatch, RecordBatchStreamWriter, Schema, Struct, makeData } = library
  const sink = newSink(library)
  const writer = isFile ? newFileWriter(library) : new RecordBatchStreamWriter()
  const schema = new Schema(fieldsOf(plan, library))
  return {
    begin() {
      writer.reset(sink, schema)
      return sink.taken()
    },
    write(rows) {
      const blocks = blocksOf(plan, rows)
      const children = blocks.map((block, index) => dataOf(block, schema.fields[index]!.type, library))
      const data = makeData({ type: new Struct(schema.fields), length: rows.good.length, nullCount: 0, children })
      writer.write(new RecordBatch(schema, data))
      return sink.taken()
    },
    end() {
      writer.finish()
      return sink.taken()
    },
  }
}

/** A file is to be a stream between two marks, and begin with its schema, which the library leaves out. */
function newFileWriter({ Message, RecordBatchFileWriter }: Library): Arrow.RecordBatchFileWriter {
  return new (class extends RecordBatchFileWriter {
    protected override _writeSchema(schema: Arrow.Schema): this {
      super._writeSchema(schema)
      return this._writeMessage(Message.from(schema))
    }
  })()
}

/** Where the library's writer puts its bytes. */
function newSink({ AsyncByteQueue }: Library) {
  return new (class extends AsyncByteQueue {
    #pieces: Uint8Array[] = []

    override write(bytes: Uint8Array): void {
      this.#pieces.push(bytes)
    }

    /** What was written since it was last asked for. */
    taken(): Buffer[] {
      const bytes = Buffer.concat(this.#pieces)
      this.#pieces = []
      return bytes.length > 0 ? [bytes] : []
    }
  })()
}

function fieldsOf({ kept, fields, classes, float32 }: OutputSchema, library: Library): Arrow.Field[] {
  const { Binary, Bool, Field, FixedSizeList, Float32, Float64, Int64, Uint32, Utf8 } = library
  const result = float32 ? new Float32() : new Float64()
  const types: Partial<Record<ValueType, Arrow.DataType>> = {
    number: new Float64(),
    integer: new Int64(),
    boolean: new Bool(),
    bytes: new Binary(),
  }
  const added = (type: Block['type']): Arrow.DataType => {
    if (type === 'text') return new Utf8()
    if (type === 'count') return new Uint32()
    return type === 'classes' ? new FixedSizeList(classes.length, new Field('item', result, false)) : result
  }
  return [
    ...kept.map(({ name, type }) => new Field(name, types[type] ?? new Utf8(), true)),
    ...fields.map(({ name, type }) => new Field(name, added(type), false)),
  ]
}

function dataOf({ type, values }: Block, to: Arrow.DataType, library: Library): Arrow.Data {
  const { DataType, makeData, Precision, vectorFromArray } = library
  if (type === 'text' && isAscii(values as (string | null)[])) return textData(values as string[], library)
  if (Array.isArray(values)) return vectorFromArray(values, to).data[0]!
  if (DataType.isFixedSizeList(to)) {
    const child = dataOf({ type: 'result', values } as Block, to.children[0]!.type, library)
    return makeData({ type: to, length: values.length / to.listSize, nullCount: 0, child } as never)
  }
  const isSingle = DataType.isFloat(to) && to.precision === Precision.SINGLE
  const numbers = values as Float64Array
  const data = isSingle ? Float32Array.from(numbers) : type === 'count' ? Uint32Array.from(numbers) : values
  return makeData({ type: to, length: values.length, nullCount: 0, data } as never)
}

function isAscii(values: (string | null)[]): values is string[] {
  return values.every((value) => value !== null && /^[\0-\x7f]*$/.test(value))
}

/** Texts of a byte a character: encoded all at once, as one at a time takes ten times as long. */
function textData(values: string[], { makeData, Utf8 }: Library): Arrow.Data {
  const valueOffsets = new Int32Array(values.length + 1)
  for (const [index, { length }] of values.entries()) valueOffsets[index + 1] = valueOffsets[index]! + length
  return makeData({
    type: new Utf8(),
    length: values.length,
    nullCount: 0,
    valueOffsets,
    data: Buffer.from(values.join('')),
  })
}
