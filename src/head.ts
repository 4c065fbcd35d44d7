/** The beginning of an input: its encoding and newline, its header and first row; and the rest, as placed blocks. */
import { SoftmaxError } from './errors.js'
import { decodeCell, type Row, readRows } from './formats/csv.js'
import { countLines, cut, findNewline, rowsOf } from './formats/cutter.js'
import { type Dialect, fromBytes, toBytes } from './formats/dialect.js'
import { FORMATS } from './formats/index.js'
import type { SettingsOf } from './options.js'

/** Whole rows, and where they stand in the input. */
export interface Block {
  bytes: Buffer
  /** Line of the first byte, from 1. */
  line: number
  /** Offset of the first byte, from 0. */
  byte: number
  /** Rows before the block, the header not counted; who reads the block counts them. */
  row: number
}

/** What the beginning of an input tells. */
export interface Head {
  dialect: Dialect
  /** The header's cells as they stand in the input. */
  header: string[] | undefined
  /** The text of the first row's cells; undefined where there is no such row, or it is not one. */
  first: string[] | undefined
  /** All rows but the header. */
  blocks: AsyncGenerator<Block>
}

/** Reads as far as the first row. Undefined if there is neither header nor row. Throws E_ENCODING, E_QUOTE. */
export async function readHead(
  chunks: AsyncGenerator<Buffer>,
  settings: SettingsOf<'bytes'>,
): Promise<Head | undefined> {
  const start = await gather(chunks, (bytes) => findNewline(bytes, settings.quote) !== undefined)
  const bom = byteOrderMark(start)
  const dialect = inputDialect(settings, findNewline(start, settings.quote) ?? (start.at(-1) === CR ? '\r' : '\n'))
  const blocks = cut(prepend(start.subarray(bom), chunks), dialect)
  const wanted = settings.header ? 2 : 1
  const bytes = await gather(blocks, (bytes) => firstRows(bytes, dialect, wanted).length === wanted)
  const rows = firstRows(bytes, dialect, wanted)
  if (rows.length === 0) return undefined
  const [header, first] = [settings.header ? rows[0] : undefined, settings.header ? rows[1] : rows[0]]
  const end = header?.end ?? 0
  const rest = {
    bytes: bytes.subarray(end),
    line: 1 + countLines(bytes.subarray(0, end), dialect),
    byte: bom + end,
    row: 0,
  }
  const names = header && requireCells(cellsOf(bytes, header, dialect))
  const cells = first && cellsOf(bytes, first, dialect)
  const known = cells && (names ? cells : requireCells(cells))
  return {
    dialect,
    header: names,
    first: Array.isArray(known) ? known.map((cell) => fromBytes(decodeCell(cell, dialect))) : undefined,
    blocks: place(rest, blocks, dialect),
  }
}

const CR = 13

/** Bytes from a source until there are enough of them, or no more. */
async function gather(source: AsyncGenerator<Buffer>, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0)
  while (!enough(bytes)) {
    const { done, value } = await source.next()
    if (done) break
    bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value])
  }
  return bytes
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first
  yield* rest
}

/** The length of a UTF-8 byte order mark at the start; text marked as another encoding is refused. */
function byteOrderMark(start: Buffer): 0 | 3 {
  const marks = start.toString('hex', 0, 4)
  const encoding = /^(fffe0000|0000feff)/.test(marks) ? 'UTF-32' : /^(fffe|feff)/.test(marks) ? 'UTF-16' : undefined
  if (encoding) throw new SoftmaxError('E_ENCODING', { encoding })
  return marks.startsWith('efbbbf') ? 3 : 0
}

function inputDialect(settings: SettingsOf<'bytes'>, newline: Dialect['newline']): Dialect {
  const { quote, escape = quote, comment } = settings
  const delimiter = toBytes(settings.delimiter ?? FORMATS[settings.from ?? 'csv'].delimiter)
  return { delimiter, quote, escape, comment, newline }
}

interface Span {
  start: number
  end: number
}

function firstRows(bytes: Buffer, dialect: Dialect, count: number): Span[] {
  const spans: Span[] = []
  for (const span of rowsOf(bytes, dialect)) {
    spans.push(span)
    if (spans.length === count) break
  }
  return spans
}

function cellsOf(bytes: Buffer, { start, end }: Span, dialect: Dialect): Row {
  return readRows(bytes.subarray(start, end), dialect)[0]!
}

function requireCells(row: Row): string[] {
  if (Array.isArray(row)) return row
  throw new SoftmaxError('E_QUOTE', { line: 1, reason: row.reason })
}

/** Gives each block its place; the count of rows is left to who reads it, on the block before. */
async function* place(first: Block, rest: AsyncGenerator<Buffer>, dialect: Dialect): AsyncGenerator<Block> {
  let block = first
  if (block.bytes.length > 0) yield block
  for await (const bytes of rest) {
    const line = block.line + countLines(block.bytes, dialect)
    block = { bytes, line, byte: block.byte + block.bytes.length, row: block.row }
    yield block
  }
}
