/** Reads Parquet. Its footer is at the end, so the input has to be a file. */
import { compactColumn } from '../../core/column-compact.js'
import type { ColumnData } from '../../core/column-data.js'
import type { SettingsOf } from '../../core/options.js'
import type {
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RowGroups,
  SharedFile,
  SharedRowGroups,
  Source,
} from '../../core/record-batch.js'
import { copiedColumns, recycleColumns } from '../../io/column-pool.js'
import { descriptorBytes, type OpenedFile } from '../../io/file-bytes.js'
import { openBytes } from '../../io/input-bytes.js'
import { columnOf, markNullLogits, nestedWidthOf, unmeasuredNested } from '../columnar.js'
import { LogitsReader } from '../logits-reader.js'
import { NestedReader } from '../nested-reader.js'
import { ARROW_SCHEMA, restoreNodes } from './arrow-schema.js'
import { codecsOf, type Footer, type RowGroup, readFooter } from './footer.js'
import { type ColumnReader, leavesOf, type OpenFile, openColumns } from './row-group.js'
import { nodesOf } from './schema.js'
import { sizeOf } from './values.js'

/** The bytes of logits per batch; more with a column per class, as each costs as much as a thousand of its numbers. */
const BATCH = 1 << 20
const COLUMN_BATCH = 1 << 20
const COLUMN_ROWS = 1 << 10
/** The rows per batch if no logits are read, but rows as objects. */
const KEPT_ROWS = 1 << 13
/** How many lists to read at once in search of the number of classes. */
const SAMPLE = 1000

export async function read(source: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader> {
  const bytes = await openBytes(source)
  try {
    const { footer, file } = await openFile(bytes)
    return await open(footer, file, settings)
  } catch (error) {
    await bytes.close()
    throw error
  }
}

async function openFile(bytes: OpenedFile): Promise<{ footer: Footer; file: OpenFile }> {
  const footer = await readFooter(bytes)
  const nodes = restoreNodes(nodesOf(footer.schema), footer.metadata.get(ARROW_SCHEMA))
  return { footer, file: { bytes, nodes, decompressor: await codecsOf(footer) } }
}

/** The row groups of a file that another thread has opened; `count` is called with the number of bytes of each read. */
export async function readGroups(shared: SharedFile, count: (bytes: number) => void): Promise<RowGroups> {
  const { footer, file } = await openFile(descriptorBytes(shared, count))
  return groupsOf(footer, file)
}

function groupsOf({ groups }: Footer, file: OpenFile): SharedRowGroups {
  const { bytes } = file
  return {
    rows: groups.map(({ rows }) => rows),
    bytes: groups.map(({ chunks }) => chunks.reduce((sum, { metadata }) => sum + (metadata?.uncompressedSize ?? 0), 0)),
    file: { descriptor: bytes.descriptor, size: bytes.size },
    count: (read) => bytes.count(read),
    batchCount: (plan, group) => Math.ceil(groups[group]!.rows / stepOf(groups[group]!, plan, file)),
    batches: (plan, group) => readGroup(openEarly(groups[group]!, plan, file), plan, file),
  }
}

async function open(footer: Footer, file: OpenFile, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader> {
  const columns = file.nodes.map(({ field }) => columnOf(field))
  markNullLogits(columns, settings)
  for (const [index, column] of columns.entries()) {
    if (column.type === 'list' && column.width === 0) column.width = await measure(index, footer.groups, file)
  }
  const nested = unmeasuredNested(columns, settings)
  if (nested !== undefined) {
    const { depth } = columns[nested]!.nested!
    columns[nested]!.nested = { depth, width: await measure(nested, footer.groups, file, depth) }
  }
  return {
    columns,
    named: true,
    rows: footer.rows,
    groups: groupsOf(footer, file),
    metadata: new Map([...footer.metadata].filter(([key]) => key !== ARROW_SCHEMA)),
    async *batches(plan) {
      const { groups } = footer
      let next = groups[0] && openEarly(groups[0], plan, file)
      for (let index = 0; next; index++) {
        const group = next
        const openNext = () => {
          next = groups[index + 1] && openEarly(groups[index + 1]!, plan, file)
        }
        yield* readGroup(group, plan, file, openNext)
      }
    },
    close: () => file.bytes.close(),
  }
}

/** The length of the first nonempty list of a column; 0 if there is none. */
async function measure(index: number, groups: readonly RowGroup[], file: OpenFile, depth = 0): Promise<number> {
  for (const group of groups) {
    const [column] = openColumns(group, [index], file)
    for (let start = 0; start < group.rows; start += SAMPLE) {
      const width = nestedWidthOf(await column!.take(Math.min(SAMPLE, group.rows - start)), depth)
      if (width > 0) return width
    }
  }
  return 0
}

/** A row group with open columns, and its number of rows per batch. */
interface OpenGroup {
  rows: number
  step: number
  logits: ColumnReader[]
  kept: ColumnReader[]
}

/** Opens a row group; the function that returns it throws if that fails, so that errors follow the rows before it. */
function openEarly(group: RowGroup, plan: ReaderOptions, file: OpenFile): () => OpenGroup {
  try {
    const opened = openGroup(group, plan, file)
    return () => opened
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function openGroup(group: RowGroup, plan: ReaderOptions, file: OpenFile): OpenGroup {
  const [logits, kept] = [openColumns(group, plan.logits, file), openColumns(group, plan.kept, file)]
  return { rows: group.rows, step: stepOf(group, plan, file), logits, kept }
}

/** The number of rows per batch. */
function stepOf(group: RowGroup, { logits, logitsList, depth, classes }: ReaderOptions, file: OpenFile): number {
  if (classes === 0 && depth === undefined) return KEPT_ROWS
  const node = file.nodes[logits[0]!]
  const leaf = node && leavesOf([node])[0]!
  // The average number of values per row of nested logits.
  const numbers = leaf ? (group.chunks[leaf.leaf]?.metadata?.count ?? 0) / Math.max(1, group.rows) : 0
  const size = logitsList || !leaf ? RESULT_SIZE : Math.max(LEAST_SIZE, sizeOf(leaf.physical!))
  const most = Math.floor(BATCH / size / (depth === undefined ? classes : Math.max(classes, numbers)))
  return Math.max(1, most, logitsList ? 0 : columnRows(classes))
}

/**
 * Numbers shorter than float32 count as float32; lists count such that the results of a batch fill a page of doubles.
 */
const LEAST_SIZE = 4
const RESULT_SIZE = 8

/** The batches of a row group; the next group is opened before the last batch, so that it is read meanwhile. */
async function* readGroup(
  opened: () => OpenGroup,
  plan: ReaderOptions,
  file: OpenFile,
  openNext: () => void = () => {},
): AsyncGenerator<RecordBatch> {
  const { rows: all, step, logits, kept } = opened()
  const { classes, logitsList, depth } = plan
  const names = file.nodes.map(({ field }) => field.name)
  for (let start = 0; start < all; start += step) {
    const rows = Math.min(step, all - start)
    if (start + rows === all) openNext()
    const reader = depth === undefined ? new LogitsReader(rows, classes, plan) : new NestedReader(rows, depth, plan)
    for (const [index, column] of logits.entries()) {
      const data = await column.take(rows, roomIn(reader, index, column, logitsList))
      if (logitsList) reader.readRows(data)
      else reader.readColumn(data, index, names[plan.logits[index]!]!)
      // Recycled before the next column is read, as all columns finish a page at about the same row.
      column.recycle()
    }
    const data: ColumnData[] = []
    for (const column of kept) data.push(compactColumn(await column.take(rows)))
    const copies = copiedColumns(data)
    for (const column of kept) column.recycle()
    const batch = reader.batch(
      [...copies],
      plan.kept.map((index) => names[index]!),
    )
    yield { ...batch, recycleKept: () => recycleColumns(copies) }
  }
  for (const column of [...logits, ...kept]) await column.end()
}

/** Where the numbers of a logits column are written, if they need no conversion. */
function roomIn(reader: LogitsReader | NestedReader, index: number, { array }: ColumnReader, isList: boolean) {
  if (!array || !(reader instanceof LogitsReader)) return undefined
  return isList ? reader.listRoom(array) : reader.columnRoom(index, array)
}

function columnRows(classes: number): number {
  return Math.min(COLUMN_ROWS, Math.floor(COLUMN_BATCH / classes))
}
