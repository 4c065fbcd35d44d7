/**
 * NDJSON: a JSON object a line, or a bare array of logits.
 *
 *     {"id": 7, "logits": [1, 2, 3]}          a list
 *     {"id": 7, "logits": {"cat": 1, …}}      a record: its keys are the classes
 *     {"id": 7, "logit_cat": 1, …}            columns
 *     [1, 2, 3]
 *
 * A line is checked by JavaScript's own `JSON.parse`. Where rows come out as objects again their text is taken over as
 * it stands, and the new keys are put before its last brace.
 */
import { isUtf8 } from 'node:buffer'
import { valueReader } from '../../core/column-values.js'
import { encodingInfo } from '../../core/encoding.js'
import { SoftmaxError } from '../../core/errors.js'
import { isText } from '../../core/formats.js'
import { logitOf } from '../../core/logit.js'
import type { SettingsOf } from '../../core/options.js'
import type { Field } from '../../core/output-columns.js'
import {
  type Block,
  type Format,
  type JsonColumn,
  type LocatedRowError,
  type OutputSchema,
  RawJson,
  type ReaderOptions,
  type RecordBatch,
  type RecordBatchReader,
  type RecordBatchWriter,
  type Relocate,
  type RowError,
  type ScoredBatch,
  type Source,
  type Value,
} from '../../core/record-batch.js'
import { jsonOf } from '../../core/value-text.js'
import { commonType, fits, typeOf } from '../../core/value-type.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { lookAhead, PATIENCE } from '../../io/look-ahead.js'
import { oversizedBatch } from '../oversized.js'
import { itemsIn, parseLine, valuesIn } from './json.js'
import { countNewlines, linesOf } from './line-splitter.js'
import { rowBlocks } from './row-blocks.js'

export const ndjson: Format = {
  shapes: ['columns', 'list', 'record'],
  typed: false,
  read,
  write,
}

type Row = Record<string, unknown> | unknown[]

/** A row, and its text: an object has integer-like keys in another order than the text has them. */
interface Sample {
  value: Row
  text: string
}

async function read({ chunks }: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const { blocks, relocate } = await rowBlocks(chunks, settings.maxRowBytes)
  let rest = blocks
  const isTyped = settings.to !== undefined && !isText(settings.to)
  const { held, rows, mark } = await readFirst(rest, isTyped)
  if (rows.length === 0) {
    if (held.length === 0) return undefined
    throw firstError(held, mark, settings, relocate)
  }
  const columns = columnsOf(rows, settings)
  const allBlocks = async function* () {
    yield* held
    yield* rest
  }
  return {
    columns,
    named: !Array.isArray(rows[0]!.value),
    async *batches(plan) {
      let before = mark
      for await (const block of allBlocks()) {
        yield Buffer.isBuffer(block) ? readBatch(block, columns, plan, before) : oversizedBatch(block, plan)
        before = 0
      }
    },
    async firstRows(count) {
      const first: Sample[] = []
      const isEnough = () => first.length >= count
      let bytes = 0
      const wantsMore = (block: Block) => {
        if (Buffer.isBuffer(block)) addRows(block, first, SEARCH - bytes, isEnough)
        bytes += sizeOf(block)
        return !isEnough() && bytes < SEARCH
      }
      if (held.every(wantsMore)) rest = await lookAhead(rest, wantsMore, PATIENCE)
      return columns.map(({ path }) => first.map(({ value }) => sampleOf(valueAt(value, path))))
    },
    text: { source: { format: 'ndjson', columns }, rowOffset: mark, blocks: allBlocks },
    relocate,
  }
}

/**
 * Reads as far as the rows that define the columns, within limits: the first, and those behind it where it leaves a
 * column open or the output has types. How many that are does not depend on the blocks that rows come in.
 */
async function readFirst(
  blocks: AsyncGenerator<Block>,
  isTyped: boolean,
): Promise<{ held: Block[]; rows: Sample[]; mark: 0 | 3 }> {
  const held: Block[] = []
  const rows: Sample[] = []
  const isEnough = () => rows.length >= (isTyped ? TYPE_ROWS : isOpen(rows[0]?.value) ? OPEN_ROWS : 1)
  let mark: 0 | 3 = 0
  for (let bytes = 0; bytes < SEARCH; ) {
    const { done, value } = await blocks.next()
    if (done) break
    if (!Buffer.isBuffer(value)) {
      held.push(value)
      bytes += value.bytes
      continue
    }
    if (bytes === 0) mark = byteOrderMark(value)
    const block = bytes === 0 ? value.subarray(mark) : value
    held.push(block)
    addRows(block, rows, SEARCH - bytes, isEnough)
    bytes += value.length
    if (isEnough()) return { held, rows, mark }
  }
  const isBlank = (block: Block) => Buffer.isBuffer(block) && linesOf(block).next().done
  return { held: held.every(isBlank) ? [] : held, rows, mark }
}

/** How many bytes are searched for the rows that define the columns; how many rows define types, and columns that
 * the first row leaves open. */
const SEARCH = 1 << 20
const TYPE_ROWS = 1000
const OPEN_ROWS = 100

/** Whether a row does not define its columns alone: it has a null, or a list or object without values. */
function isOpen(value: unknown): boolean {
  if (typeof value !== 'object') return value === undefined
  const values = Object.values(value ?? {})
  return values.length === 0 || values.some(isOpen)
}

/** Adds the rows of a block, as far as they are within so many bytes, until there are enough. */
function addRows(block: Buffer, rows: Sample[], bytes: number, isEnough: () => boolean): void {
  for (const { start, end } of linesOf(block)) {
    if (isEnough() || (end > bytes && rows.length > 0)) return
    const row = parseRow(block.subarray(start, end))
    if ('value' in row) rows.push(row)
  }
}

const OPEN_ARRAY = { reason: 'an array begins; a row is a line of its own, as jq -c ".[]" makes it' }
const ARRAY_OF_ROWS = 'an array of rows is not a row; each is a line of its own, as jq -c ".[]" makes it'

/** A line as a row, and its text. */
function parseRow(line: Buffer, encoding?: string, utf8 = isUtf8(line)): Sample | RowError {
  if (!utf8) return { code: 'E_ENCODING', info: encodingInfo(line, 'the line', encoding) }
  const parsed = parseLine(line.toString('utf8'))
  if ('reason' in parsed) return { code: 'E_JSON', info: line.toString().trim() === '[' ? OPEN_ARRAY : parsed }
  const { value, text } = parsed
  if (Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null) return badRow(ARRAY_OF_ROWS)
  if (typeof value === 'object' && value !== null) return { value: value as Row, text }
  return { code: 'E_ROW', info: { reason: `${value === null ? 'null' : `a ${typeof value}`} is not a row` } }
}

/** Where no row is one: what is wrong with the first. */
function firstError(
  blocks: Block[],
  mark: number,
  settings: SettingsOf<'bytes'>,
  relocate: Relocate = (scored) => scored,
): SoftmaxError {
  let [line, byte] = [1, mark]
  for (const block of blocks) {
    const size = Buffer.isBuffer(block) ? { lines: countNewlines(block), bytes: block.length } : block
    const errors = firstRowError(block, settings)
    const placed = relocate({ pieces: [], rows: 0, written: 0, lines: size.lines, bytes: size.bytes, errors })
    for (const { code, info } of placed.errors) {
      return new SoftmaxError(code, { ...info, row: 1, line: line + info.line!, byte: byte + info.byte! } as never)
    }
    line += placed.lines
    byte += placed.bytes
  }
  return new SoftmaxError('E_NO_ROWS', { rows: 0 })
}

/** What is wrong with the first row of a block, if it has one. */
function firstRowError(block: Block, { maxRowBytes, encoding }: SettingsOf<'bytes'>): LocatedRowError[] {
  if (!Buffer.isBuffer(block))
    return [{ code: 'E_ROW_TOO_LONG', info: { limit: maxRowBytes, row: 0, line: 0, byte: 0 } }]
  const { start, end, line } = linesOf(block).next().value ?? {}
  if (start === undefined) return []
  const { code, info } = parseRow(block.subarray(start, end), encoding) as RowError
  return [{ code, info: { ...info, row: 0, line: line!, byte: start } }]
}

/** The columns that the first rows have: the keys of the first, in the order of its text, and what a path leads to. */
function columnsOf(rows: Sample[], { logits }: SettingsOf<'bytes'>): JsonColumn[] {
  const [{ value: first, text }] = rows as [Sample, ...Sample[]]
  if (Array.isArray(first)) return [{ ...describe(LIST, [], rows), type: 'list', width: widthOf(rows, []) }]
  const columns = Array.from(valuesIn(text).keys(), (name) => describe(name, [name], rows))
  if (typeof logits !== 'string' || Object.hasOwn(first, logits) || !logits.includes('.')) return columns
  const nested = describe(logits, logits.split('.'), rows)
  return nested.type === 'list' || nested.type === 'record' ? [...columns, nested] : columns
}

/** What the one column of bare arrays is called. */
const LIST = 'logits'

function sizeOf(block: Block): number {
  return Buffer.isBuffer(block) ? block.length : block.bytes
}

/** A value as a cell; of one that is nested, that it is no number. */
function sampleOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? typeof value : String(value)
}

function describe(name: string, path: readonly string[], rows: Sample[]): JsonColumn {
  const values = rows.map(({ value }) => valueAt(value, path))
  const type = values.map(typeOf).reduce((all, one) => commonType(all, one), undefined) ?? 'text'
  const sample = sampleOf(values[0])
  if (type === 'list') return { name, path, type, sample, width: widthOf(rows, path) }
  if (type === 'record') return { name, path, type, sample, keys: keysOf(rows, path) }
  return { name, path, type, sample }
}

/** The length of the first list that has something in it: one without a class is a bad row, if others have some. */
function widthOf(rows: Sample[], path: readonly string[]): number {
  const lists = rows.map(({ value }) => valueAt(value, path)).filter((value) => Array.isArray(value))
  return lists.find(({ length }) => length > 0)?.length ?? 0
}

/** The same of records: their keys, in the order of the text. */
function keysOf(rows: Sample[], path: readonly string[]): string[] {
  const isFilled = (value: unknown) => typeOf(value) === 'record' && Object.keys(value as object).length > 0
  const row = rows.find(({ value }) => isFilled(valueAt(value, path)))
  return row ? [...valuesIn(textAt(row.text, path)).keys()] : []
}

/** The text of the value that a path leads to, which is there. */
function textAt(text: string, path: readonly string[]): string {
  return path.reduce((within, key) => valuesIn(within).get(key)!, text)
}

function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** What a reader does with each row. */
interface Task {
  plan: ReaderOptions
  /** The column that holds all logits, where one does. */
  whole: JsonColumn | undefined
  /** The keys of the classes, and their names in errors. */
  keys: readonly string[]
  kept: JsonColumn[]
  bare: boolean
  known: Set<string>
}

/** The rows of a block, before which `mark` bytes belong to it. */
export function readBatch(block: Buffer, columns: readonly JsonColumn[], plan: ReaderOptions, mark = 0): RecordBatch {
  const task = taskOf(columns, plan)
  const lines = Array.from(linesOf(block))
  const utf8 = isUtf8(block) || undefined
  const bad = new Map<number, RowError>()
  const logits = new Float64Array(lines.length * plan.classes)
  const kept: Value[][] = plan.kept.map(() => [])
  const objects: string[] = []
  lines.forEach(({ start, end }, row) => {
    const parsed = parseRow(block.subarray(start, end), plan.encoding, utf8)
    const rowError = 'value' in parsed ? putRow(parsed, logits, row * plan.classes, task) : parsed
    if (rowError) bad.set(row, rowError)
    const text = 'value' in parsed && !rowError ? parsed.text : '{}'
    if (plan.rawRowKeys) objects.push(text)
    else if (kept.length > 0) keep(text, kept, row, task, bad)
  })
  return {
    numRows: lines.length,
    logits,
    kept,
    ...(plan.rawRowKeys && { rawRows: objects }),
    errors: bad,
    withPosition: ({ code, info: data, column }, row) => {
      const { line, start, end } = lines[row]!
      const info = { ...data, row, line, byte: mark + start, ...(column !== undefined && { column }) }
      // In a buffer of its own: what is sent from a worker is sent with all of its buffer.
      const raw = plan.wantRaw && { raw: new Uint8Array(block.subarray(start, end)) }
      return { code, info, start: mark + start, end: mark + end, ...raw }
    },
    lines: countNewlines(block),
    bytes: mark + block.length,
  }
}

function taskOf(columns: readonly JsonColumn[], plan: ReaderOptions): Task {
  const chosen = plan.logits.map((index) => columns[index]!)
  const [whole] = plan.logitsList ? chosen : []
  const keys = whole ? (whole.keys ?? []) : chosen.map(({ name }) => name)
  const known = new Set(columns.map(({ name }) => name))
  return { plan, whole, keys, kept: plan.kept.map((index) => columns[index]!), bare: whole?.path.length === 0, known }
}

/** Reads the logits of a row; returns what is wrong with it, if anything is. */
function putRow({ value, text }: { value: Row; text: string }, into: Float64Array, at: number, task: Task) {
  const { whole, bare, keys, plan } = task
  const taken = plan.rawRowKeys?.find((name) => Object.hasOwn(value, name))
  if (taken !== undefined) return { code: 'E_NAME' as const, info: { name: taken } }
  if (Array.isArray(value) !== bare) return badRow(`${bare ? 'an object' : 'an array'} is not a row as the first is`)
  const found = whole ? valueAt(value, whole.path) : value
  if (whole && found === undefined) return badRow(`it has no ${JSON.stringify(whole.name)}`)
  const values = valuesOf(found, task)
  if (!values) return badRow(`its ${JSON.stringify(whole!.name)} is no ${whole!.type === 'list' ? 'list' : 'object'}`)
  if (values.length !== plan.classes) {
    return { code: 'E_WIDTH' as const, info: { cells: values.length, width: plan.classes } }
  }
  for (let index = 0; index < values.length; index++) {
    const item = values[index]
    if (typeof item === 'number' && Number.isFinite(item) && !plan.nulls?.hasNumber(item)) {
      into[at + index] = item
      continue
    }
    const logit = typeof item === 'number' && !Number.isFinite(item) ? overflow(text, index, task) : logitOf(item, plan)
    if (typeof logit !== 'number') return { ...logit, column: keys[index] ?? String(index) }
    into[at + index] = logit
  }
  return undefined
}

function badRow(reason: string): RowError {
  return { code: 'E_ROW', info: { reason } }
}

/** The values of the classes, in their order; a record with other keys than the first gives as many as it has. */
function valuesOf(found: unknown, { whole, keys }: Task): unknown[] | undefined {
  if (whole?.type === 'list') return Array.isArray(found) ? found : undefined
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined
  const record = found as Record<string, unknown>
  if (whole && Object.keys(record).some((key) => !keys.includes(key))) return Object.values(record).concat(null)
  return keys.map((key) => (Object.hasOwn(record, key) ? record[key] : undefined))
}

/** JSON has no infinity, so a number that is one was too large; its text is found again. */
function overflow(text: string, index: number, { whole, keys }: Task): RowError {
  const within = textAt(text, whole?.path ?? [])
  const cell = whole?.type === 'list' ? itemsIn(within)[index]! : valuesIn(within).get(keys[index]!)!
  return { code: 'E_OVERFLOW', info: { cell } }
}

/** Takes over the values that are kept; a key that is no column has no place in the output, and its row is bad. */
function keep(text: string, kept: Value[][], row: number, task: Task, bad: Map<number, RowError>): void {
  const values = valuesIn(text)
  const extra = [...values.keys()].find((key) => !task.known.has(key))
  if (extra !== undefined) bad.set(row, { code: 'E_KEY', info: { key: extra } })
  task.kept.forEach(({ name, type }, index) => {
    const value = valueFrom(values.get(name))
    kept[index]!.push(value)
    if (task.plan.typed && !fits(value, type) && !bad.has(row)) {
      bad.set(row, { code: 'E_KEY', info: { key: name, type } })
    }
  })
}

function valueFrom(text: string | undefined): Value {
  if (text === undefined) return null
  if (text.startsWith('{') || text.startsWith('[')) return new RawJson(text)
  const value = JSON.parse(text)
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value
}

/** Writes rows as objects; at once, unlike other writers. */
export function write({
  kept,
  fields,
  classes,
  print,
}: OutputSchema): Omit<RecordBatchWriter, 'write'> & { write(rows: ScoredBatch): Uint8Array[] } {
  const pairs = fields.map((field) => [`${JSON.stringify(field.name)}:`, textOf(field, classes, print)] as const)
  const keys = kept.map(({ name }) => `${JSON.stringify(name)}:`)
  return {
    begin: () => [],
    write({ batch, scores, good }) {
      const read = batch.kept.map((column, index) => valueReader(column, kept[index]?.field))
      let text = ''
      for (const row of good) {
        const found = pairs.map(([key, valueText]) => key + valueText(scores, row))
        if (batch.rawRows) text += append(batch.rawRows[row]!, found.join(','))
        else text += `{${[...keys.map((key, index) => key + jsonOf(read[index]!(row))), ...found].join(',')}}\n`
      }
      return text === '' ? [] : [Buffer.from(text)]
    },
    end: () => [],
  }
}

/** An object with more keys behind its own. */
function append(object: string, pairs: string): string {
  const body = object.slice(0, object.lastIndexOf('}')).trimEnd()
  return `${body}${body.endsWith('{') ? '' : ','}${pairs}}\n`
}

/** The function that writes what a field has for a row. */
function textOf(field: Field, classes: readonly string[], print: (values: number[]) => string) {
  const keys = classes.map((name) => JSON.stringify(name))
  return (...place: Parameters<Field['value']>): string => {
    const value = field.value(...place)
    if (typeof value === 'string') return JSON.stringify(value)
    if (field.type === 'count') return String(value)
    if (typeof value === 'number') return quoteSpecial(print([value]))
    const numbers = quoteSpecial(print(value))
    if (field.shape === 'list') return `[${numbers}]`
    return `{${numbers.split(',').map((number, index) => `${keys[index]}:${number}`)}}`
  }
}

/** NaN and infinities are texts in JSON. */
function quoteSpecial(numbers: string): string {
  return /[NI]/.test(numbers) ? numbers.replace(/-?(?:NaN|Infinity)/g, '"$&"') : numbers
}
