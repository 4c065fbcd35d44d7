/** The beginning of an input: its encoding and newline, its header and first row; and the rest, in blocks. */
import { SoftmaxError } from './errors.js'
import { type Row, readRows } from './formats/csv.js'
import { countLines, cut, findNewline, rowsOf } from './formats/cutter.js'
import { type Dialect, toBytes } from './formats/dialect.js'
import { FORMATS } from './formats/index.js'
import type { SettingsOf } from './options.js'

/** What the beginning of an input tells. Cells are as they stand in the input. */
export interface Head {
  dialect: Dialect
  header: string[] | undefined
  /** The first row; undefined where there is none, or a header and something after it that is no row. */
  first: string[] | undefined
  /** The newlines and the bytes before the first row. */
  lines: number
  bytes: number
  /** All rows but the header, in blocks of whole rows. */
  blocks: AsyncGenerator<Buffer>
}

/**
 * Reads as far as the first row. Undefined if there is neither header nor row. Throws E_ENCODING, E_QUOTE.
 */
export async function readHead(
  chunks: AsyncGenerator<Buffer>,
  asked: Omit<Dialect, 'newline'>,
  settings: SettingsOf<'bytes'>,
): Promise<Head | undefined> {
  const start = await gather(chunks, (bytes) => findNewline(withoutMark(bytes), asked) !== undefined)
  const bom = byteOrderMark(start)
  const dialect = {
    ...asked,
    newline: findNewline(withoutMark(start), asked) ?? (start.at(-1) === CR ? '\r' : '\n'),
  } as const
  const blocks = cut(prepend(start.subarray(bom), chunks), dialect, BLOCK_SIZE[settings.lane])
  const bytes = await gather(blocks, (bytes) => isEnough(firstRows(bytes, dialect, settings), settings))
  const rows = firstRows(bytes, dialect, settings)
  if (rows.length === 0) return undefined
  const header = settings.header ? rows[0] : undefined
  const first = rows.length > (header ? 1 : 0) ? rows.at(-1) : undefined
  const end = header?.end ?? 0
  return {
    dialect,
    header: header && requireCells(header, bytes, dialect, { bom }),
    first:
      first && (!header || isFirst(first, header)) ? requireCells(first, bytes, dialect, { bom, row: 1 }) : undefined,
    lines: countLines(bytes.subarray(0, end), dialect),
    bytes: bom + end,
    blocks: prepend(bytes.subarray(end), blocks),
  }
}

const CR = 13

/** The general lane is quickest where what csv-parse makes of a block is short-lived; the fast one has a cost a block. */
const BLOCK_SIZE = { general: 1 << 16, fast: 1 << 18, auto: 1 << 18 }

/** Bytes from a source until there are enough of them, or no more; only a newline can make them so. */
async function gather(source: AsyncGenerator<Buffer>, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const { done, value } = await source.next()
    if (done) return Buffer.concat(pieces)
    pieces.push(value)
    if (!value.includes('\n') && !value.includes('\r') && pieces.length > 1) continue
    const bytes = Buffer.concat(pieces)
    if (enough(bytes)) return bytes
  }
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

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(byteOrderMark(bytes))
}

/** The dialect as it is asked for. Throws E_CONFLICT where one character would have two meanings. */
export function askedDialect(settings: SettingsOf<'bytes'>): Omit<Dialect, 'newline'> {
  const { quote, escape = quote, comment } = settings
  const delimiter = toBytes(settings.delimiter ?? FORMATS[settings.from ?? 'csv'].delimiter)
  const others = [escape === quote ? '' : escape, comment ?? '', delimiter]
  const [twice] = [quote, ...others].filter((mark, index, all) => mark !== '' && all.indexOf(mark) < index)
  if (twice !== undefined || delimiter.includes(quote) || (comment && delimiter.startsWith(comment))) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: 'delimiter, quote, escape and comment have to be different characters',
    })
  }
  return { delimiter, quote, escape, comment }
}

/** A row at the beginning, and where it stands. */
interface Found {
  row: Row
  start: number
  end: number
}

function firstRows(bytes: Buffer, dialect: Dialect, settings: SettingsOf<'bytes'>): Found[] {
  const found: Found[] = []
  for (const { start, end } of rowsOf(bytes, dialect)) {
    found.push({ row: readRows(bytes.subarray(start, end), dialect)[0]!, start, end })
    if (isEnough(found, settings)) break
  }
  return found
}

/**
 * A header, and a row as wide; or, without a header, a row that tells how many columns there are. Under `skip` it need not
 * be the first, but is not looked for for ever.
 */
function isEnough(found: Found[], { header, onError }: SettingsOf<'bytes'>): boolean {
  const first = found.at(-1)
  if (!first || found.length < (header ? 2 : 1)) return false
  return onError === 'fail' || first.end > SEARCH || isFirst(first, header ? found[0] : undefined)
}

/** How many bytes are looked through for a row that tells what the columns are. */
const SEARCH = 1 << 20

function isFirst({ row }: Found, header: Found | undefined): boolean {
  return Array.isArray(row) && (!Array.isArray(header?.row) || row.length === header.row.length)
}

function requireCells(
  { row, start }: Found,
  bytes: Buffer,
  dialect: Dialect,
  { bom, ...place }: { bom: number; row?: number },
): string[] {
  if (Array.isArray(row)) return row
  const line = 1 + countLines(bytes.subarray(0, start), dialect)
  throw new SoftmaxError('E_QUOTE', { ...place, line, byte: bom + start + row.at, reason: row.reason })
}
