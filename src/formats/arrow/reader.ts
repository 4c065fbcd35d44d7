/**
 * Reads the Arrow IPC formats
 * (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc): a stream
 * message by message, a file by its footer, batch by batch, reading only the requested columns.
 */
import type { ColumnData } from '../../core/column-data.js'
import { sliceColumn } from '../../core/column-slices.js'
import type { SettingsOf } from '../../core/options.js'
import type { Column, ReaderOptions, RecordBatch, RecordBatchReader, Source } from '../../core/record-batch.js'
import { acquire, recycle } from '../../io/buffer-pool.js'
import { ByteReader } from '../../io/byte-reader.js'
import type { FileBytes } from '../../io/file-bytes.js'
import { inOrder } from '../../io/in-order.js'
import { openBytes } from '../../io/input-bytes.js'
import { columnOf, itemsOf, markNullLogits, nestedWidthOf, unmeasuredNested, widthOf } from '../columnar.js'
import { LogitsReader } from '../logits-reader.js'
import { NestedReader } from '../nested-reader.js'
import { type BatchHeader, type Body, type Room, readBatchHeader } from './batch.js'
import { columnReader } from './column-decoder.js'
import { corrupt, REWRITE, unsupported } from './corrupt.js'
import { Dictionaries } from './dictionaries.js'
import { type FileBlock, type Footer, MAGIC, type Message, readFooter, readMessage, readPrefix } from './message.js'
import { type FileSchema, readSchema } from './schema.js'

/** A batch; its columns are decoded on demand. */
interface FileBatch {
  length: number
  bodyLength: number
  /** Decodes a column, into memory from `room` unless it is in memory already. */
  column(index: number, room?: Room): Promise<ColumnData>
}

/** An open input: the schema and the sequence of batches. */
interface Opened {
  schema: FileSchema
  isFile: boolean
  batches: AsyncGenerator<FileBatch>
  close(): Promise<void>
}

/** The number of logits per scored batch. */
const BATCH = 1 << 18
/** A file batch larger than this, in bytes, is not loaded while the previous one is in use. */
const MOST_AHEAD = 1 << 24
/** How many bytes of batches to search for a nonempty list. */
const LOOKAHEAD = 1 << 26

/** Opens a stream or a file. */
export async function read(source: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader> {
  const bytes = new ByteReader(source.chunks)
  const opened = await openEither(bytes, source.file)
  try {
    return await readerOf(opened, settings)
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openEither(bytes: ByteReader, file: Source['file']): Promise<Opened> {
  try {
    const start = await bytes.take(8)
    bytes.unread(start)
    if (isOldStream(start)) unsupported('an Arrow stream from before version 0.15', REWRITE)
    if (start.toString('latin1', 0, MAGIC.length) !== MAGIC) return await openStream(bytes)
    return await openFile(await openBytes({ chunks: bytes.rest(), file }))
  } catch (error) {
    await bytes.close()
    throw error
  }
}

/** Before Arrow 0.15, a message began with its metadata length, followed by a small number. */
function isOldStream(start: Buffer): boolean {
  const [length, root] = start.length < 8 ? [0, 0] : [start.readInt32LE(0), start.readInt32LE(4)]
  return length > 0 && length <= MOST_METADATA && root > 0 && root < length
}

const MOST_METADATA = 1 << 20

async function openStream(bytes: ByteReader): Promise<Opened> {
  const first = await nextMessage(bytes)
  if (first?.kind !== 'schema') throw corrupt('it does not begin with a schema')
  const schema = readSchema(first.header)
  return { schema, isFile: false, batches: streamBatches(bytes, schema), close: () => bytes.close() }
}

async function* streamBatches(bytes: ByteReader, { fields }: FileSchema): AsyncGenerator<FileBatch> {
  const dictionaries = new Dictionaries(fields)
  for (let message = await nextMessage(bytes); message; message = await nextMessage(bytes)) {
    const { kind, header, bodyLength } = message
    const buffer = await bytes.take(bodyLength)
    if (buffer.length < bodyLength) throw corrupt('it ends in the middle of a message')
    const body: Body = (start, length) => buffer.subarray(start, start + length)
    if (kind === 'dictionary') await dictionaries.put(header, bodyLength, body)
    if (kind === 'batch') yield batchOf(readBatchHeader(header, bodyLength), body, bodyLength, fields, dictionaries)
  }
  if ((await bytes.take(1)).length > 0) throw corrupt('there is data after its end')
}

/** The next message of a stream, before its body; undefined at the end. */
async function nextMessage(bytes: ByteReader): Promise<Message | undefined> {
  const prefix = await bytes.take(8)
  if (prefix.length < 8) throw corrupt('its end-of-stream marker is missing')
  const { length, size } = readPrefix(prefix)
  if (size === 4) throw corrupt('a message has no continuation marker')
  if (length === 0) return undefined
  const metadata = await bytes.take(length)
  if (metadata.length < length) throw corrupt('it ends in the middle of a message')
  return readMessage(metadata)
}

async function openFile(file: FileBytes): Promise<Opened> {
  try {
    const footer = await footerOf(file)
    const schema = readSchema(footer.schema)
    return { schema, isFile: true, batches: fileBatches(file, footer, schema), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Reads the footer, whose length and the magic are at the end of the file. */
async function footerOf(file: FileBytes): Promise<Footer> {
  const end = await file.read(Math.max(0, file.size - 10), 10)
  const isComplete = end.length === 10 && end.toString('latin1', 4) === MAGIC
  const length = isComplete ? end.readInt32LE() : -1
  if (length <= 0 || length > file.size - 18) throw corrupt('it ends before or in its footer')
  return readFooter(await file.read(file.size - 10 - length, length))
}

async function* fileBatches(file: FileBytes, footer: Footer, { fields }: FileSchema): AsyncGenerator<FileBatch> {
  const dictionaries = new Dictionaries(fields)
  for (const block of footer.dictionaries) {
    const { header, bodyLength, body } = await messageAt(file, block, 'dictionary')
    await dictionaries.put(header, bodyLength, body)
  }
  for (const block of footer.batches) {
    const { header, bodyLength, body } = await messageAt(file, block, 'batch')
    yield batchOf(readBatchHeader(header, bodyLength), body, bodyLength, fields, dictionaries)
  }
}

/** Reads a message of a file; returns it with a function that reads parts of its body. */
async function messageAt(
  file: FileBytes,
  { offset, metadata, body }: FileBlock,
  kind: Message['kind'],
): Promise<Message & { body: Body }> {
  const isInside = metadata >= 8 && offset + metadata + body <= file.size
  const bytes = isInside ? await file.read(offset, metadata) : Buffer.alloc(0)
  if (bytes.length < Math.max(8, metadata)) throw corrupt('its footer contains an invalid offset')
  const { length, size } = readPrefix(bytes)
  if (size + length > metadata) throw corrupt('a message is longer than its footer says')
  const message = readMessage(bytes.subarray(size, size + length))
  if (message.kind !== kind || message.bodyLength > body) throw corrupt('its footer points to a different message')
  return { ...message, body: (start, length, room) => file.read(offset + metadata + start, length, room) }
}

function batchOf(
  header: BatchHeader,
  body: Body,
  bodyLength: number,
  fields: FileSchema['fields'],
  dictionaries: Dictionaries,
): FileBatch {
  // Snapshot: a stream may replace a dictionary before the columns of this batch are decoded.
  return { length: header.length, bodyLength, column: columnReader(fields, header, body, dictionaries.snapshot()) }
}

async function readerOf(
  { schema, isFile, batches, close }: Opened,
  settings: SettingsOf<'bytes'>,
): Promise<RecordBatchReader> {
  const columns = schema.fields.map(({ field }) => columnOf(field))
  markNullLogits(columns, settings)
  const { buffered, isEmpty } = await measureLists(columns, batches, unmeasuredNested(columns, settings))
  return {
    columns,
    named: true,
    ...(isEmpty && { rows: 0 }),
    metadata: schema.metadata,
    async *batches(options) {
      while (buffered.length > 0) {
        yield* readBatch(await loadBatch(buffered[0]!, options), columns, options)
        // Removed only now: a consumer that takes only the first rows may request the batches again.
        buffered.shift()
      }
      if (isFile) for await (const load of loadAhead(batches, options)) yield* readBatch(await load(), columns, options)
      else for await (const batch of batches) yield* readBatch(await loadBatch(batch, options), columns, options)
    },
    close: async () => {
      await batches.return(undefined)
      await close()
    },
  }
}

/** Finds the list length from the first nonempty list; batches read on the way are buffered. */
async function measureLists(
  columns: readonly Column[],
  batches: AsyncGenerator<FileBatch>,
  selected: number | undefined,
): Promise<{ buffered: FileBatch[]; isEmpty: boolean }> {
  const buffered: FileBatch[] = []
  let [rows, bytes] = [0, 0]
  for (;;) {
    const { value: batch, done } = await batches.next()
    if (done) return { buffered, isEmpty: rows === 0 }
    buffered.push(batch)
    rows += batch.length
    bytes += batch.bodyLength
    for (const [index, column] of columns.entries()) {
      if (batch.length > 0 && column.width === 0) column.width = widthOf(await batch.column(index))
    }
    const nested = selected === undefined ? undefined : columns[selected]!.nested
    if (batch.length > 0 && nested?.width === 0)
      nested.width = nestedWidthOf(await batch.column(selected!), nested.depth)
    const isMeasured = rows > 0 && nested?.width !== 0 && columns.every(({ width }) => width !== 0)
    if (isMeasured || bytes > LOOKAHEAD) return { buffered, isEmpty: false }
  }
}

/** A batch with its columns loaded, and a function that recycles the memory of its logits. */
interface LoadedBatch {
  length: number
  wanted: ReadonlyMap<number, ColumnData>
  recycle(): void
}

/** Loads the next batch while the current one is scored, unless it is large. */
function loadAhead(
  batches: AsyncGenerator<FileBatch>,
  plan: ReaderOptions,
): AsyncGenerator<() => Promise<LoadedBatch>> {
  const load = async (batch: FileBatch) => {
    const loaded = batch.bodyLength <= MOST_AHEAD ? await loadBatch(batch, plan) : undefined
    return async () => loaded ?? loadBatch(batch, plan)
  }
  return inOrder(batches, load, 2)
}

async function loadBatch({ length, column }: FileBatch, { logits, kept, depth }: ReaderOptions): Promise<LoadedBatch> {
  const spent: Buffer[] = []
  const room = (bytes: number) => {
    const memory = acquire(bytes)
    spent.push(memory)
    return memory
  }
  const indices = [...new Set([...logits, ...kept])]
  const columns = await Promise.all(
    // Logits are copied out of pooled memory, except nested ones; kept columns live longer than the batch.
    indices.map((index) => column(index, depth === undefined && !kept.includes(index) ? room : undefined)),
  )
  return {
    length,
    wanted: new Map(indices.map((index, nth) => [index, columns[nth]!])),
    recycle: () => spent.splice(0).forEach(recycle),
  }
}

/** Splits a batch into smaller ones. */
async function* readBatch(
  { length, wanted, recycle }: LoadedBatch,
  columns: readonly Column[],
  plan: ReaderOptions,
): AsyncGenerator<RecordBatch> {
  const { logits, logitsList, kept, classes, depth } = plan
  const numbers = depth === undefined ? 0 : numbersIn(wanted.get(logits[0]!)!) / Math.max(1, length)
  const most = Math.max(1, Math.floor(BATCH / Math.max(1, classes, numbers)))
  // A validity bitmap can be sliced without copying only at a multiple of 8 rows.
  const step = most > 8 ? most & ~7 : most
  const names = kept.map((index) => columns[index]!.name)
  for (let start = 0; start < length; start += step) {
    const rows = Math.min(step, length - start)
    const reader = depth === undefined ? new LogitsReader(rows, classes, plan) : new NestedReader(rows, depth, plan)
    const part = (index: number) => sliceColumn(wanted.get(index)!, start, rows)
    if (logitsList) reader.readRows(part(logits[0]!))
    else for (const [nth, index] of logits.entries()) reader.readColumn(part(index), nth, columns[index]!.name)
    if (start + rows === length) recycle()
    yield reader.batch(kept.map(part), names)
  }
}

/** The total number of items in the innermost lists. */
function numbersIn(data: ColumnData): number {
  return data.children ? numbersIn(itemsOf(data)) : data.length
}
