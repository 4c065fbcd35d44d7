/**
 * Parquet, through hyparquet and hyparquet-writer, but for numbers, which have most of the bytes: they are read from their
 * pages (`parquet-pages.ts`) and written as pages (`parquet-chunks.ts`) without a JavaScript value for each. What is read
 * has to be in a file, as its table of contents stands at its end.
 *
 * Memory: of numbers that are read, a page of each column; of all else that is kept, a row group; of what is written, a
 * row group of some 16 MB. Where the time goes, of a million rows with an id and a list of ten, in ns a number:
 *
 *     snappy undone      7    scored             14    snappy (the id)     6
 *     levels            12    joined into pages   5    written            10
 *     into a matrix      2    least and largest  14    garbage            13
 */
import type {
  ColumnChunk,
  ColumnMetaData,
  CompressionCodec,
  Compressors,
  FileMetaData,
  ParquetParsers,
  ParquetScan,
  SchemaElement,
  SchemaTree,
} from 'hyparquet'
import * as damage from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import {
  type Column,
  type Format,
  type OutputSchema,
  RawJson,
  type ReaderOptions,
  type RecordBatch,
  type RecordBatchReader,
  type RecordBatchWriter,
  type Source,
  type Value,
  type ValueType,
} from '../../core/record-batch.js'
import { dayText, decimalText, timestampText } from '../../core/value-text.js'
import { optionalDependency } from '../../io/optional-dependency.js'
import { type FileBytes, openBytes } from '../../io/temp-file.js'
import { type Block, blocksOf, signedNumber, valuesOf } from '../columnar.js'
import { LogitsReader } from '../logits-reader.js'
import { writeChunk } from './column-writer.js'
import { type Chunk, checkPages, NumberColumn, type Numbers, numberType } from './pages.js'
import { decodeSnappy, encodeSnappy } from './snappy.js'
import { ThriftReader } from './thrift.js'

export const parquet: Format = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write,
}

/** How many logits make a batch; more where each class is a column, which costs as much as a thousand of its numbers. */
const BATCH = 1 << 17
const COLUMN_BATCH = 1 << 20
const COLUMN_ROWS = 1 << 10
/** How many values make a row group that is written, and how many of a column at least, as each is told of at the end. */
const GROUP = 1 << 21
const COLUMN_GROUP = 1 << 13
/** How many rows are looked through for one whose list tells how many classes there are. */
const SAMPLE = 1000

async function read(source: Source): Promise<RecordBatchReader> {
  const library = await optionalDependency('parquet', 'hyparquet', () => import('hyparquet'))
  const bytes = await openBytes(source)
  try {
    return await guard(() => open(bytes, library))
  } catch (error) {
    await bytes.close()
    throw error
  }
}

async function open(bytes: FileBytes, library: typeof import('hyparquet')): Promise<RecordBatchReader> {
  await checkFooter(bytes)
  const file = { byteLength: bytes.size, slice: (start: number, end = bytes.size) => slice(bytes, start, end) }
  const metadata = await library.parquetMetadataAsync(file, { parsers: PARSERS, geoparquet: false })
  requireRows(metadata)
  const trees = library.parquetSchema(metadata).children
  if (trees.some(({ element: { name } }) => typeof name !== 'string')) throw new Error('a column has no name')
  const decompressors = await decompressorsFor(metadata)
  const { compressors } = decompressors
  const plain = withoutDecimals(metadata, trees)
  const scan = await library.parquetScan({ file, metadata: plain, parsers: PARSERS, utf8: false, compressors })
  const groups = groupsOf(metadata, trees)
  const openColumn = async (column: number, group: Group) =>
    numberColumn(trees[column]!, group.chunks[column]!, bytes, decompressors) ??
    (await wholeColumn(column, trees, group, bytes, scan))
  const columns = trees.map(columnOf)
  if (groups[0]) await measure(columns, groups[0].rows, (column) => openColumn(column, groups[0]!))
  return {
    columns,
    named: true,
    rows: Number(metadata.num_rows),
    async *batches(plan) {
      for (const group of groups) {
        yield* readGroup(columns, plan, group.rows, (column) => guard(() => openColumn(column, group)))
      }
    },
    close: () => bytes.close(),
  }
}

/** Lets the library at a table of contents that has no more in it than it has bytes for. */
async function checkFooter(file: FileBytes): Promise<void> {
  const end = await file.read(Math.max(0, file.size - 8), 8)
  const length = end.length < 8 ? 0 : end.readUInt32LE()
  if (length > file.size - 8) throw new Error(`its table of contents has ${length} bytes`)
  if (length > 0) new ThriftReader(await file.read(file.size - 8 - length, length)).struct()
}

/** The rows of the file have to be those of its row groups. */
function requireRows({ num_rows: rows, row_groups: groups }: FileMetaData): void {
  const counts = groups.map((group) => Number(group.num_rows))
  const sum = counts.reduce((sum, count) => sum + count, 0)
  if (sum === Number(rows) && Number.isSafeInteger(sum) && counts.every((count) => count >= 0)) return
  throw corrupt(`it tells of ${rows} rows, and its row groups of ${sum}`)
}

/** A row group that has rows: which of the file's these are, and where the leaves of each column lie. */
interface Group {
  start: number
  rows: number
  chunks: ColumnChunk[][]
}

function groupsOf({ row_groups: groups }: FileMetaData, trees: SchemaTree[]): Group[] {
  let start = 0
  return groups.flatMap(({ num_rows, columns }) => {
    const rows = Number(num_rows)
    start += rows
    return rows > 0 ? [{ start: start - rows, rows, chunks: chunksOf(columns, trees) }] : []
  })
}

/** The chunks of each column. They are in the order of the leaves; names do not tell them apart, as two may be the same. */
function chunksOf(chunks: ColumnChunk[], trees: SchemaTree[]): ColumnChunk[][] {
  const counts = trees.map(leavesOf)
  if (chunks.length !== counts.reduce((sum, count) => sum + count, 0)) throw corrupt('a row group has other columns')
  let end = 0
  return trees.map(({ element: { name } }, index) => {
    const start = end
    end += counts[index]!
    const own = chunks.slice(start, end)
    const isOwn = own.every(({ meta_data: meta }) => !meta || meta.path_in_schema[0] === name)
    if (!isOwn) throw corrupt(`a row group has another column where ${name} is expected`)
    return own
  })
}

function leavesOf({ children }: SchemaTree): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + leavesOf(child), 0)
}

/** A column of a row group, whose rows are taken in order. */
interface ColumnReader {
  take(rows: number): Promise<Pick<Numbers, 'cells' | 'matrix'>>
  /** To be called behind the last row: no row may be left. */
  end(): Promise<void>
}

/** The encodings of plain numbers, of those in a dictionary, and of their levels. */
const PAGED = ['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'RLE', 'BIT_PACKED']

/** Numbers, page by page; undefined where they are something else or encoded in another way. */
function numberColumn(
  tree: SchemaTree,
  chunks: ColumnChunk[],
  file: FileBytes,
  decompressors: Decompressors,
): ColumnReader | undefined {
  const type = numberType(tree)
  const meta = chunks[0]?.meta_data
  if (!type || !meta || meta.type !== type.type || !meta.encodings.every((name) => PAGED.includes(name)))
    return undefined
  const column = new NumberColumn(type, { ...chunkOf(meta, file), decompress: decompressors.of(meta.codec) })
  return { take: (rows) => guard(() => column.take(rows)), end: () => guard(() => column.end()) }
}

/** Anything else, of a whole row group at once. The library finds a column by its name. */
async function wholeColumn(
  index: number,
  trees: SchemaTree[],
  { start, rows, chunks }: Group,
  file: FileBytes,
  scan: ParquetScan,
): Promise<ColumnReader> {
  const column = trees[index]!.element.name
  if (trees.filter(({ element: { name } }) => name === column).length > 1) {
    throw new SoftmaxError('E_TYPE', { reason: `two columns are called ${JSON.stringify(column)}`, column })
  }
  for (const { meta_data: meta } of chunks[index]!) await requireValues(meta, rows, file)
  let values: ArrayLike<unknown> | undefined
  let taken = 0
  return {
    async take(count) {
      values ??= await guard(async () => scan.readColumn({ column, rowStart: start, rowEnd: start + rows }))
      const cells = withDecimals(part(values, taken, taken + count), trees[index]!)
      if (cells.length !== count) throw corrupt(`column ${column} has ${values.length} of ${rows} rows`)
      taken += count
      return { cells: () => cells, matrix: () => undefined }
    },
    // How many it gives for the rows of the group was looked at.
    async end() {},
  }
}

/** The file as one of whole numbers and bytes where columns are of decimals: the library makes doubles of these. */
function withoutDecimals(metadata: FileMetaData, trees: SchemaTree[]): FileMetaData {
  const decimals = new Set(trees.map(decimalIn))
  const schema = metadata.schema.map((element) => {
    const { converted_type: _, logical_type: __, ...plain } = element
    return decimals.has(element) ? plain : element
  })
  return { ...metadata, schema }
}

/** The decimals that a column holds, be it in lists; undefined where it holds others or more. */
function decimalIn({ element, children }: SchemaTree): SchemaElement | undefined {
  if (children.length === 1) return decimalIn(children[0]!)
  return children.length === 0 && isDecimal(element) ? element : undefined
}

function withDecimals(cells: ArrayLike<unknown>, tree: SchemaTree): ArrayLike<unknown> {
  const decimal = decimalIn(tree)
  if (!decimal) return cells
  const exact = (value: unknown): unknown => {
    if (value === null || value === undefined) return null
    if (value instanceof Uint8Array) return decimalText(signedNumber(value), decimal.scale ?? 0)
    if (typeof value !== 'object') return decimalText(BigInt(value as number | bigint), decimal.scale ?? 0)
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, exact)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exact(item)]))
  }
  return Array.from(cells, exact)
}

/** The most values of one column in a row group: more than the library can hold ends the process. */
const MOST_VALUES = 1 << 26

/** Columns have as many values as rows, if not in lists, and as many as their pages: the library makes room for any number. */
async function requireValues(meta: ColumnMetaData | undefined, rows: number, file: FileBytes): Promise<void> {
  if (!meta) throw new Error('a column is not told of')
  const { path_in_schema: path, num_values } = meta
  const values = Number(num_values)
  if ((path.length === 1 && values !== rows) || !(values >= 0 && values <= MOST_VALUES)) {
    throw new Error(`a row group has ${values} values in the column ${path.join('.')}`)
  }
  await checkPages(chunkOf(meta, file))
}

function chunkOf(meta: ColumnMetaData, file: FileBytes): Omit<Chunk, 'decompress'> {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = meta
  const start = Number(dictionary && dictionary < data ? dictionary : data)
  return { file, start, end: start + Number(size), values: Number(meta.num_values) }
}

/** The library asks for bytes before it needs them; it is told of a failure then. */
function slice(bytes: FileBytes, start: number, end: number): Promise<ArrayBuffer> {
  const reading = readSlice(bytes, start, end)
  reading.catch(() => {})
  return reading
}

async function readSlice(bytes: FileBytes, start: number, end: number): Promise<ArrayBuffer> {
  const isThere = start >= 0 && end >= start && end <= bytes.size
  const part = isThere ? await bytes.read(start, end - start) : Buffer.alloc(0)
  if (!isThere || part.length < end - start) throw new Error(`bytes ${start} to ${end} are not there`)
  return part.buffer as ArrayBuffer
}

/** What the library throws is about what the file holds. */
const guard = <T>(action: () => Promise<T>) => damage.wrapCorrupt('parquet', action)

const corrupt = (reason: string) => damage.corruptData('parquet', reason)

/** What undoes the compressions of a file; all but snappy are in a package of their own. */
interface Decompressors {
  compressors: Compressors
  of(codec: CompressionCodec): (bytes: Uint8Array, size: number) => Uint8Array
}

async function decompressorsFor({ row_groups: groups }: FileMetaData): Promise<Decompressors> {
  const codecs = new Set(groups.flatMap(({ columns }) => columns.map(({ meta_data: meta }) => meta?.codec)))
  const isKnown = [...codecs].every((codec) => codec === 'UNCOMPRESSED' || codec === 'SNAPPY' || codec === undefined)
  const name = 'hyparquet-compressors'
  const more = isKnown
    ? {}
    : (await optionalDependency('parquet', name, () => import('hyparquet-compressors'))).compressors
  const known: Compressors = { ...more, SNAPPY: decodeSnappy, UNCOMPRESSED: (bytes) => bytes }
  // Nothing at all is no block of LZ4, which is what the dictionary of a column of nulls is.
  const undo = (codec: CompressionCodec) => (bytes: Uint8Array, size: number) =>
    size === 0 ? new Uint8Array() : known[codec]!(bytes, size)
  const compressors = Object.fromEntries(Object.keys(known).map((codec) => [codec, undo(codec as CompressionCodec)]))
  return {
    compressors,
    of: (codec) => (bytes, size) => {
      const whole = compressors[codec]?.(bytes, size)
      if (whole?.length !== size) throw new Error(`a page of ${codec} has not the ${size} bytes that it tells of`)
      return whole
    },
  }
}

/** Times are given with all their digits, which JavaScript's dates have no room for. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (count) => timestampText(count, 1000n),
  timestampFromMicroseconds: (count) => timestampText(count, 1_000_000n),
  timestampFromNanoseconds: (count) => timestampText(count, 1_000_000_000n),
  dateFromDays: dayText,
  jsonFromBytes: (bytes) => new RawJson(Buffer.from(bytes).toString()),
}

function columnOf(tree: SchemaTree): Column {
  const { element, children } = tree
  const type = children.length === 0 && element.repetition_type !== 'REPEATED' ? typeOf(element) : nestedType(tree)
  return {
    name: element.name,
    type,
    sample: children.length === 0 && isNumber(element) ? '0' : '',
    ...(type === 'list' && { width: 0 }),
  }
}

function nestedType({ element, children }: SchemaTree): ValueType {
  if (element.converted_type === 'MAP' || element.logical_type?.type === 'MAP') return 'json'
  if (children.length > 1) return 'json'
  if (children.length === 1)
    return element.converted_type === 'LIST' ||
      element.logical_type?.type === 'LIST' ||
      children[0]!.element.repetition_type === 'REPEATED'
      ? leafType(children[0]!)
      : 'json'
  return isNumber(element) ? 'list' : 'json'
}

function isNumber(element: SchemaElement): boolean {
  return ['number', 'integer'].includes(typeOf(element)) || isLarge(element) || isDecimal(element)
}

/** True of whole numbers that have no room in 64 bits with a sign: they are kept as text, and are numbers as logits. */
function isLarge({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'UINT_64' || (logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned)
}

/** A list of numbers may hold logits. */
function leafType({ element, children }: SchemaTree): ValueType {
  if (children.length > 1) return 'json'
  if (children.length === 1) return leafType(children[0]!)
  return isNumber(element) ? 'list' : 'json'
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'DECIMAL' || logical?.type === 'DECIMAL'
}

function typeOf(element: SchemaElement): ValueType {
  const { type, converted_type: converted, logical_type: logical } = element
  const kind = logical?.type ?? converted ?? ''
  if (type === 'BOOLEAN') return 'boolean'
  if (kind === 'FLOAT16' || type === 'FLOAT' || type === 'DOUBLE') return 'number'
  if (kind === 'JSON') return 'json'
  if (/^(DATE|TIME|TIMESTAMP|UTF8|STRING|ENUM|UUID)/.test(kind) || type === 'INT96') return 'text'
  if (isLarge(element) || isDecimal(element)) return 'text'
  if (type === 'INT32' || type === 'INT64') return 'integer'
  return 'bytes'
}

/** Finds out how long the lists are, by the first that is one. */
async function measure(
  columns: Column[],
  rows: number,
  open: (column: number) => Promise<ColumnReader>,
): Promise<void> {
  for (const [index, column] of columns.entries()) {
    if (column.type !== 'list') continue
    const lists = Array.from((await (await open(index)).take(Math.min(SAMPLE, rows))).cells()) as (
      | unknown[]
      | null
      | undefined
    )[]
    column.width = lists.find((list) => list && list.length > 0)?.length ?? 0
  }
}

async function* readGroup(
  columns: Column[],
  plan: ReaderOptions,
  rows: number,
  open: (column: number) => Promise<ColumnReader>,
): AsyncGenerator<RecordBatch> {
  const logits = await Promise.all(plan.logits.map(open))
  const kept = await Promise.all(plan.kept.map(open))
  const step = Math.max(1, Math.floor(BATCH / plan.classes), plan.logitsList ? 0 : columnRows(plan.classes))
  for (let start = 0; start < rows; start += step) {
    const count = Math.min(step, rows - start)
    const reader = new LogitsReader(count, plan.classes, plan.missing)
    for (const [place, column] of logits.entries()) {
      const part = await column.take(count)
      if (plan.logitsList) reader.putLists(() => Array.from(part.cells()), part.matrix(plan.classes))
      else reader.putColumn(part.cells(), place, columns[plan.logits[place]!]!.name)
    }
    const parts: ArrayLike<Value>[] = []
    for (const column of kept) parts.push(valuesOf((await column.take(count)).cells()))
    yield reader.batch(
      parts,
      plan.kept.map((index) => columns[index]!.name),
    )
  }
  for (const column of [...logits, ...kept]) await column.end()
}

function columnRows(classes: number): number {
  return Math.min(COLUMN_ROWS, Math.floor(COLUMN_BATCH / classes))
}

function part(values: ArrayLike<unknown>, start: number, end: number): ArrayLike<unknown> {
  return Array.isArray(values) ? values.slice(start, end) : (values as Float64Array).subarray(start, end)
}

async function write(plan: OutputSchema): Promise<RecordBatchWriter> {
  const library = await optionalDependency('parquet', 'hyparquet hyparquet-writer', async () => ({
    ...(await import('hyparquet-writer')),
    ...(await import('hyparquet-writer/src/column.js')),
    ...(await import('hyparquet-writer/src/datapage.js')),
  }))
  const { kept, fields, classes, float32 } = plan
  const result = float32 ? 'FLOAT' : 'DOUBLE'
  const root = { name: 'root', num_children: kept.length + fields.length }
  const columns = [
    ...kept.map(({ name, type }) => [{ ...KEPT[type], name, repetition_type: 'OPTIONAL' as const }]),
    ...fields.map(({ name, type }) => elementsOf(name, type, result)),
  ]
  const sink = newSink(library)
  const parquet = new library.ParquetWriter({
    writer: sink,
    schema: [root, ...columns.flat()],
    compressors: { SNAPPY: encodeSnappy },
    createdBy: 'softmax-stream',
  })
  const most = Math.max(GROUP, COLUMN_GROUP * columns.length)
  let waiting: Block[][] = []
  let [rows, values] = [0, 0]
  const writeGroup = () => {
    if (rows === 0) return []
    const start = sink.offset
    const chunks = columns.map((elements, index) => {
      const blocks = waiting.map((blocks) => blocks[index]!)
      return writeChunk({ path: [root, ...elements], blocks, width: classes.length }, { ...library, parquet })
    })
    parquet.pendingIndexes.push(...chunks)
    parquet.num_rows += BigInt(rows)
    parquet.row_groups.push({
      columns: chunks.map(({ chunk }) => chunk),
      num_rows: BigInt(rows),
      total_byte_size: chunks.reduce((sum, { chunk }) => sum + chunk.meta_data!.total_uncompressed_size, 0n),
      total_compressed_size: BigInt(sink.offset - start),
    })
    waiting = []
    rows = 0
    values = 0
    return sink.taken()
  }
  return {
    begin: () => sink.taken(),
    write(found) {
      const blocks = blocksOf(plan, found)
      waiting.push(blocks)
      rows += found.good.length
      for (const block of blocks) values += block.values.length
      return values >= most ? writeGroup() : []
    },
    *end() {
      yield* writeGroup()
      parquet.finish()
      yield* sink.taken()
    },
  }
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
const KEPT: Record<ValueType, Omit<SchemaElement, 'name'>> = {
  text: TEXT,
  time: TEXT,
  json: TEXT,
  list: TEXT,
  record: TEXT,
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  bytes: { type: 'BYTE_ARRAY' },
}

function elementsOf(name: string, type: Block['type'], result: 'FLOAT' | 'DOUBLE'): SchemaElement[] {
  const required = { repetition_type: 'REQUIRED' } as const
  if (type === 'text') return [{ name, ...TEXT, ...required }]
  if (type !== 'classes') return [{ name, type: type === 'count' ? 'INT32' : result, ...required }]
  return [
    { name, converted_type: 'LIST', num_children: 1, ...required },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: result, ...required },
  ]
}

/** Where the library puts its bytes: it goes through a buffer with what is small, and all else is left where it is. */
function newSink({ ByteWriter }: typeof import('hyparquet-writer')) {
  return new (class extends ByteWriter {
    #pieces: Uint8Array[] = []

    override appendBytes(bytes: Uint8Array): void {
      if (bytes.length < SMALL) super.appendBytes(bytes)
      else {
        this.#pieces.push(Buffer.from(this.getBytes()), bytes)
        this.index = 0
        this.offset += bytes.length
      }
    }

    /** What was written since it was last asked for. */
    taken(): Uint8Array[] {
      const pieces = [...this.#pieces, Buffer.from(this.getBytes())]
      this.#pieces = []
      this.index = 0
      return pieces.filter(({ length }) => length > 0)
    }
  })()
}

const SMALL = 1 << 12
