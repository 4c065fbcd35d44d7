/**
 * Parquet, through hyparquet and hyparquet-writer: read a row group at a time, which is what bounds the memory; written
 * with row groups of some 16 MB. What is read has to be in a file, as its table of contents stands at its end.
 */
import type { FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { SoftmaxError } from '../errors.js'
import {
  type Batch,
  type Column,
  Json,
  type ReadPlan,
  type Source,
  type Table,
  type TableFormat,
  type Type,
  type WritePlan,
  type Writer,
} from './batch.js'
import { type Block, blocksOf, LogitsReader, timeText, valueOf } from './columnar.js'
import { loadPeer } from './peer.js'
import { type FileBytes, openBytes } from './spool.js'

export const parquet: TableFormat = {
  shapes: ['columns', 'list'],
  typed: true,
  read,
  write,
}

/** How many logits make a batch, and how many values a row group that is written. */
const BATCH = 1 << 17
const GROUP = 1 << 21
/** How many rows are looked through for one whose list tells how many classes there are. */
const SAMPLE = 1000

async function read(source: Source): Promise<Table | undefined> {
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await loadPeer(
    'parquet',
    'hyparquet',
    () => import('hyparquet'),
  )
  const bytes = await openBytes(source)
  try {
    const file = { byteLength: bytes.size, slice: (start: number, end = bytes.size) => slice(bytes, start, end) }
    const metadata = await guard(() => parquetMetadataAsync(file, { parsers: PARSERS }))
    const options = { file, metadata, parsers: PARSERS, utf8: false, compressors: await compressorsFor(metadata) }
    const scan = await guard(() => parquetScan(options))
    const readColumn: ReadColumn = (column, rowStart, rowEnd) =>
      guard(async () => {
        const values = await scan.readColumn({ column, rowStart, rowEnd })
        if (values.length !== rowEnd - rowStart)
          throw new Error(`column ${column} has ${values.length} of ${rowEnd - rowStart} rows`)
        return values
      })
    requireRows(metadata)
    requireValues(metadata)
    const columns = parquetSchema(metadata).children.map(columnOf)
    const [first] = scan.ranges
    if (first) await measure(columns, Math.min(SAMPLE, first.rowEnd), readColumn)
    return {
      columns,
      named: true,
      rows: Number(metadata.num_rows),
      async *batches(plan) {
        try {
          for (const { rowStart, rowEnd } of scan.ranges) yield* readGroup(columns, plan, rowStart, rowEnd, readColumn)
        } finally {
          await bytes.close()
        }
      },
    }
  } catch (error) {
    await bytes.close()
    throw error
  }
}

/** The rows of the file have to be those of its row groups. */
function requireRows({ num_rows: rows, row_groups: groups }: FileMetaData): void {
  const counts = groups.map((group) => Number(group.num_rows))
  const sum = counts.reduce((sum, count) => sum + count, 0)
  if (sum === Number(rows) && Number.isSafeInteger(sum) && counts.every((count) => count >= 0)) return
  const reason = `it tells of ${rows} rows, and its row groups of ${sum}`
  throw new SoftmaxError('E_CORRUPT', { format: 'parquet', reason })
}

/** The most values of one column in a row group: more than the library can hold ends the process. */
const MOST_VALUES = 1 << 26

/** A column of numbers has as many values as rows; a list has as many as there is room for. */
function requireValues({ row_groups: groups }: FileMetaData): void {
  for (const { columns, num_rows: rows } of groups) {
    for (const { meta_data: meta } of columns) {
      const values = Number(meta?.num_values ?? rows)
      const isFlat = meta?.path_in_schema.length === 1
      if ((isFlat ? values === Number(rows) : true) && values >= 0 && values <= MOST_VALUES) continue
      const reason = `a row group has ${values} values in the column ${meta?.path_in_schema.join('.')}`
      throw new SoftmaxError('E_CORRUPT', { format: 'parquet', reason })
    }
  }
}

type ReadColumn = (column: string, rowStart: number, rowEnd: number) => Promise<ArrayLike<unknown>>

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
async function guard<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof SoftmaxError) throw error
    throw new SoftmaxError('E_CORRUPT', { format: 'parquet', reason: (error as Error).message }, { cause: error })
  }
}

/** hyparquet has snappy; what undoes the others is a package of its own. */
async function compressorsFor({ row_groups: groups }: FileMetaData) {
  const codecs = new Set(groups.flatMap(({ columns }) => columns.map(({ meta_data: meta }) => meta?.codec)))
  if ([...codecs].every((codec) => codec === 'UNCOMPRESSED' || codec === 'SNAPPY' || codec === undefined)) return {}
  const name = 'hyparquet-compressors'
  return (await loadPeer('parquet', name, () => import('hyparquet-compressors'))).compressors
}

/** Times are given with all their digits, which JavaScript's dates have no room for. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (count) => timeText(count, 1000n),
  timestampFromMicroseconds: (count) => timeText(count, 1_000_000n),
  timestampFromNanoseconds: (count) => timeText(count, 1_000_000_000n),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  jsonFromBytes: (bytes) => new Json(Buffer.from(bytes).toString()),
}

function columnOf(tree: SchemaTree): Column {
  const { element, children } = tree
  const type = children.length === 0 && element.repetition_type !== 'REPEATED' ? typeOf(element) : nestedType(tree)
  return {
    name: element.name,
    type,
    sample: type === 'number' || type === 'integer' ? '0' : '',
    ...(type === 'list' && { width: 0 }),
  }
}

function nestedType({ element, children }: SchemaTree): Type {
  if (element.converted_type === 'MAP' || element.logical_type?.type === 'MAP') return 'json'
  if (children.length > 1) return 'json'
  if (children.length === 1)
    return element.converted_type === 'LIST' ||
      element.logical_type?.type === 'LIST' ||
      children[0]!.element.repetition_type === 'REPEATED'
      ? leafType(children[0]!)
      : 'json'
  return typeOf(element) === 'number' ? 'list' : 'json'
}

/** A list of numbers may hold logits. */
function leafType({ element, children }: SchemaTree): Type {
  if (children.length > 1) return 'json'
  if (children.length === 1) return leafType(children[0]!)
  return ['number', 'integer'].includes(typeOf(element)) ? 'list' : 'json'
}

function typeOf({ type, converted_type: converted, logical_type: logical }: SchemaElement): Type {
  const kind = logical?.type ?? converted ?? ''
  if (type === 'BOOLEAN') return 'boolean'
  if (kind === 'FLOAT16' || kind === 'DECIMAL' || type === 'FLOAT' || type === 'DOUBLE') return 'number'
  if (kind === 'JSON') return 'json'
  if (/^(DATE|TIME|TIMESTAMP|UTF8|STRING|ENUM|UUID)/.test(kind) || type === 'INT96') return 'text'
  if (type === 'INT32' || type === 'INT64') return 'integer'
  return 'bytes'
}

/** Finds out how long the lists are, by the first that is one. */
async function measure(columns: Column[], rows: number, readColumn: ReadColumn): Promise<void> {
  for (const column of columns.filter(({ type }) => type === 'list')) {
    const values = Array.from(await readColumn(column.name, 0, rows))
    column.width =
      (values.find((value) => value !== null && value !== undefined) as ArrayLike<unknown> | undefined)?.length ?? 0
  }
}

async function* readGroup(
  columns: Column[],
  plan: ReadPlan,
  from: number,
  to: number,
  readColumn: ReadColumn,
): AsyncGenerator<Batch> {
  const get = (index: number) => readColumn(columns[index]!.name, from, to)
  const logits: ArrayLike<unknown>[] = []
  const kept: ArrayLike<unknown>[] = []
  for (const index of plan.logits) logits.push(await get(index))
  for (const index of plan.kept) kept.push(await get(index))
  const step = Math.max(1, Math.floor(BATCH / plan.classes))
  for (let start = 0; start < to - from; start += step) {
    const end = Math.min(start + step, to - from)
    const reader = new LogitsReader(end - start, plan.classes, plan.missing)
    if (plan.whole) {
      for (let row = start; row < end; row++) reader.putRow(logits[0]![row] as ArrayLike<unknown> | null, row - start)
    } else {
      for (const [place, values] of logits.entries()) {
        reader.putColumn(part(values, start, end), place, columns[plan.logits[place]!]!.name)
      }
    }
    yield reader.batch(
      end - start,
      kept.map((values) => Array.from(part(values, start, end), valueOf)),
    )
  }
}

function part(values: ArrayLike<unknown>, start: number, end: number): ArrayLike<unknown> {
  return Array.isArray(values) ? values.slice(start, end) : (values as Float64Array).subarray(start, end)
}

async function write(plan: WritePlan): Promise<Writer> {
  const { ByteWriter, ParquetWriter } = await loadPeer(
    'parquet',
    'hyparquet hyparquet-writer',
    () => import('hyparquet-writer'),
  )
  const writer = new ByteWriter()
  const { kept, fields, classes, float32 } = plan
  const result = float32 ? 'FLOAT' : 'DOUBLE'
  const schema: SchemaElement[] = [
    { name: 'root', num_children: kept.length + fields.length },
    ...kept.map(({ name, type }) => ({ ...KEPT[type], name, repetition_type: 'OPTIONAL' as const })),
    ...fields.flatMap(({ name, type }) => elementsOf(name, type, result)),
  ]
  const parquet = new ParquetWriter({ writer, schema, codec: 'SNAPPY', createdBy: 'softmax-stream' })
  /** What was written since it was last asked for. */
  const flush = () => {
    const bytes = Buffer.from(writer.getBytes())
    writer.index = 0
    return bytes.length > 0 ? [bytes] : []
  }
  let waiting: Block[][] = []
  let values = 0
  const writeGroup = () => {
    const data = (waiting[0] ?? []).map(({ name }, index) => ({
      name,
      data: joined(
        waiting.map((blocks) => blocks[index]!),
        classes.length,
        float32,
      ),
    }))
    if (waiting.length > 0) parquet.write({ columnData: data, rowGroupSize: data[0]!.data.length })
    waiting = []
    values = 0
    return flush()
  }
  return {
    begin: flush,
    write(rows) {
      const blocks = blocksOf(plan, rows)
      waiting.push(blocks)
      for (const block of blocks) values += block.values.length
      return values >= GROUP ? writeGroup() : []
    },
    *end() {
      yield* writeGroup()
      parquet.finish()
      yield* flush()
    },
  }
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
const KEPT: Record<Type, Omit<SchemaElement, 'name'>> = {
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

/** The values of a column in several batches, as the writer takes them. */
function joined(blocks: Block[], classes: number, float32: boolean): unknown[] | Float32Array | Float64Array {
  const [{ type }] = blocks as [Block]
  const lists = blocks.map(({ values }) => values)
  if (type === 'classes') return lists.flatMap((list) => rowsOf(list as Float64Array, classes))
  if (type === 'count') return lists.flatMap((list) => Array.from(list))
  if (type !== 'result') return lists.flat()
  const all = new (float32 ? Float32Array : Float64Array)(lists.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const list of lists as Float64Array[]) {
    all.set(list, at)
    at += list.length
  }
  return all
}

function rowsOf(values: Float64Array, classes: number): number[][] {
  const row = (_: unknown, index: number) => Array.from(values.subarray(index * classes, (index + 1) * classes))
  return Array.from({ length: values.length / classes }, row)
}
