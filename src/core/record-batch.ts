/**
 * The interface between formats and lanes: a table is a set of columns and its rows in batches; a writer encodes scored
 * rows. Batches have a bounded size, and each is created after the previous one was written.
 */

import type { Scores } from '../kernel/host/scores.js'
import type { ColumnData } from './column-data.js'
import type * as DataType from './data-type.js'
import type { DeclaredShape } from './declared-shape.js'
import type { Dialect } from './dialect.js'
import type { Code, KeyInfo, Position, SoftmaxError } from './errors.js'
import type { MissingRule } from './missing.js'
import type { Nesting } from './nesting.js'
import type { Rounding } from './number.js'
import type { SettingsOf } from './options.js'
import type { Field, Shape } from './output-columns.js'
import type { TakenName } from './renaming.js'
import type { Types } from './requested-types.js'

/** What a column holds: `list` and `record` may hold the logits of all classes, `json` is any other nested value. */
export type ValueType = 'text' | 'number' | 'integer' | 'boolean' | 'time' | 'bytes' | 'json' | 'list' | 'record'

/** A column of an input. */
export interface Column {
  name: string
  type: ValueType
  /** The typed field, if the format has types: then batches hold `ColumnData` of this type. */
  field?: DataType.Field
  /** Its first value as a cell: identifies numeric columns in untyped formats. */
  sample: string
  /** Its raw name in the header of delimited text, including quotes. */
  headerCell?: string
  /** The number of logits in a list; the keys of a record. */
  width?: number
  keys?: readonly string[]
  /** Whether its cells are text that contains lists of numbers. */
  listText?: true
  /** Whether it has no values, or only nulls in the first rows, and others may be lists of logits. */
  mayBeList?: true
  /** For nested lists of numbers: the number of enclosing lists, and the length of the first innermost list. */
  nested?: { depth: number; width: number } | undefined
  /** The path of such lists within nested values, as a selector. */
  nestedPath?: string | undefined
  /** For a column inside the values of another, kept one: the keys and indices that lead to it. */
  inner?: readonly string[] | undefined
  /** Whether the first row lacks its key: such columns are the last ones, and are never logits. */
  isLate?: true
  /** For nested values: the paths of the first list of numbers and of the first list of rows in them. */
  listPath?: string | undefined
  rowsPath?: string | undefined
  /** The selector of the logits within these rows, if they are objects with a list of numbers. */
  rowsLogits?: string | undefined
  /** The selector of the logits in the only object of the list of rows. */
  rowsOnly?: string | undefined
  rowsRemedy?: string | undefined
  /** For nested values: a description of a list of labels with scores in the first of them. */
  scoreList?: string | undefined
  /** The objects in its first value that appear to have a number for each class. */
  classObjects?: readonly ClassObject[]
  /** For the first column, if the first row holds a complete table: a description, and how to convert it to lines. */
  jsonTable?: string | undefined
  /** For a list: the shape next to it in the first row, if that is not the shape of the list. */
  otherShape?: DeclaredShape | undefined
  /** Whether the list contains words. */
  holdsWords?: boolean
  /** Whether its lists have 0 or 1 for each class. */
  isEachClass?: true
  /** Whether its cells can be null although they are text: unquoted ones that are empty or a text of `null`. */
  isNullable?: true
  /** Whether it holds positions along an axis, which the shape of an array implies. */
  isPosition?: true
  /** For an array of logits: whether they are float32. */
  isFloat32?: boolean
}

/** An object that appears to have a number for each class: its path as a selector, and what the numbers may be. */
export interface ClassObject {
  path: string
  holds: 'logits' | 'probabilities'
}

/** The shape of an array of logits: its axis lengths, and which axis is that of the classes. */
export interface ArrayShape {
  sizes: readonly number[]
  axis: number
}

/** A column of objects, and the path to it. */
export interface JsonColumn extends Column {
  path: readonly string[]
  /** For a flat list with a separate shape: the path of the shape. */
  shapePath?: readonly string[] | undefined
}

/** JSON text: a nested value of a kept column. */
export class RawJson {
  constructor(readonly text: string) {}
}

/** A value of a kept column. */
export type Value = string | number | bigint | boolean | Date | Uint8Array | RawJson | null

/** The values of a kept column: typed data, or individual values. */
export type KeptColumn = ColumnData | ArrayLike<Value>

/** Whether a column is typed data. */
export function isColumnData(column: KeptColumn): column is ColumnData {
  return 'type' in column
}

/** The error of a row: its code and data. */
export interface RowError {
  code: Code
  info: Record<string, unknown>
  column?: string
  /** The index of the cell in delimited text, and the byte offset in the row. */
  cell?: number
  at?: number
  /** With several true class columns: which one. */
  nth?: number
}

/**
 * A row error with its position: row, line and byte count what precedes it in its batch; lines and bytes only if the
 * input has them.
 */
export interface LocatedRowError {
  code: Code
  info: { row: number; line?: number; byte?: number; column?: string; [data: string]: unknown }
  /** Where the row begins and ends (without its newline). */
  start?: number
  end?: number
  /** If requested, the row: its bytes, or if columns have types, its values as JSON. */
  raw?: Uint8Array | string
  /** The row itself, if it is a JavaScript value. */
  value?: unknown
}

/** Bad rows, in order: an array of a few, or many in a compact form: see `row-errors.ts`. */
export interface RowErrors extends Iterable<LocatedRowError> {
  readonly length: number
  at(index: number): LocatedRowError | undefined
  /** The function may be called later, and more than once for each. */
  map(change: (error: LocatedRowError) => LocatedRowError): RowErrors
}

/** The result for some rows. Under `fail`, rows after a bad one are omitted. */
export interface ScoredRows<Piece = Uint8Array, Pieces extends Iterable<Piece> = Piece[]> {
  /** The output, in order. */
  pieces: Pieces
  /** The number of rows processed, including bad ones; and of good ones. */
  rows: number
  written: number
  /** The number of good rows without a label, if that is possible. */
  abstained?: number | undefined
  /** The number of good rows whose results are NaN, if that is possible. */
  nan?: number | undefined
  /** The newlines and bytes of the rows, if the input has them. */
  lines: number
  bytes: number
  /** The bad rows, in order. */
  errors: RowErrors
  /** Evaluated rows, in any order, if there are true classes: see {@link EvaluatedRows}. */
  evaluated?: EvaluatedRows[] | undefined
}

/** Evaluated rows (see `assembly/row-evaluation.ts`), or as bytes, their totals (`assembly/metrics.ts`). */
export type EvaluatedRows = Float64Array | Uint8Array | RankedRows | MultiLabelEvaluatedRows

/** The same if each class is ranked against all others: with the probabilities of the classes, rows x classes. */
export interface RankedRows {
  rows: Float64Array
  probabilities: Float64Array
}

/** The same if a row may have several true classes. */
export interface MultiLabelEvaluatedRows extends RankedRows {
  /** Per class: the number of rows that have it, that get it as a label, and both. */
  counts: Float64Array
  /** Rows x classes: 1 if a class is true. Like the probabilities, only of rows with known true classes. */
  targets: Uint8Array
}

/** Some rows of an input. */
export interface RecordBatch {
  numRows: number
  /** Row-major, or class by class if all classes have `numRows` values; the values of a bad row are arbitrary. */
  logits: Float64Array | Float32Array
  byClass?: boolean
  /**
   * If bad rows are requested: what typed columns have instead of logits, as JSON, by its position in rows x classes; if one
   * column has all logits of a row, all of them, by row.
   */
  badLogits?: ReadonlyMap<number, string>
  /** For nested logits: which rows of logits each row has. */
  nesting?: Nesting
  /** The kept columns, followed by the true class columns that are not kept, until these are read. */
  kept: KeptColumn[]
  /** Recycles their memory; they must no longer be used. */
  recycleKept?(): void
  /** The position of the true class of each row, if known. */
  truths?: Uint32Array
  /**
   * If a row may have several true classes: rows x classes, 1 if true; then `truths` is 0 for rows with known classes.
   */
  targets?: Uint8Array
  /** The rows as JSON objects, if they are passed through. */
  rawRows?: string[]
  errors: Map<number, RowError>
  /** Adds the position to an error; must be called in row order. */
  withPosition(rowError: RowError, row: number): LocatedRowError
  /** The newlines and bytes of the batch, if the input has them. */
  lines: number
  bytes: number
}

/** Where an input comes from. */
export interface Source {
  /** Its bytes, in order, to be read once. */
  chunks: AsyncGenerator<Buffer>
  /** The file that contains exactly these bytes, if there is one. */
  file?: BackingFile | undefined
  /** Whether an earlier input may define the columns, so that an error of its own columns need not end the run. */
  mayContinue?: boolean
}

/** A file whose bytes may be read in any order instead. */
export interface BackingFile {
  path: string
  /** Must be called with the number of bytes that were read from it. */
  count(bytes: number): void
}

/** What a reader needs to know once columns are resolved; columns are given by position. */
export interface ReaderOptions {
  /** The logit columns, or the one that holds all logits. */
  logits: readonly number[]
  logitsList: boolean
  /** For nested lists: the number of enclosing lists. */
  depth?: number | undefined
  kept: readonly number[]
  /** Whether the value of a key is kept; undefined if none is, or all of each row. */
  isKept?: ((key: string) => boolean) | undefined
  classes: number
  /** Whether a key that the first row lacks would be a logit; undefined if none would. */
  isLateLogit?: ((key: string) => boolean) | undefined
  /** If rows are passed through as JSON objects: the keys to add. */
  rawRowKeys: readonly string[] | undefined
  /** The data of an E_NAME for a key that a row already has. */
  takenName?(name: string, keys: readonly string[]): TakenName
  /** The data of an E_KEY for a key that would be kept, but is not a column. */
  otherKey?(key: string): KeyInfo
  /** Whether values of a kept column must have its type; and the requested types. */
  typed: boolean
  types: Types
  missing: MissingRule['missing']
  nulls?: MissingRule['nulls']
  /** Whether bad rows are needed as they are in the input. */
  wantRaw: boolean
  /** The form of kept cells of delimited text: see {@link Cells}. */
  cells?: Cells
  /** The encoding of the input, if kept text cells must be valid. */
  encoding: string | undefined
}

/**
 * The form of kept cells between reader and writer: `encoded`, raw, if the output has the same cell syntax; `bytes`,
 * unquoted, as latin1, if not; or `text`.
 */
export type Cells = 'encoded' | 'bytes' | 'text'

/** Translates the positions in a result back to the input; called for each block in order. */
export type Relocate = <Rows extends Omit<ScoredRows, 'pieces'>>(scored: Rows) => Rows

/** The row groups of a file. Any thread can read one, independently of the others. */
export interface RowGroups {
  /** The number of rows of each, and its size in bytes, if encoded, but not compressed. */
  rows: readonly number[]
  bytes: readonly number[]
  /** The number of batches of a row group. */
  batchCount(plan: ReaderOptions, group: number): number
  /** The batches of a row group, which begins to be read immediately; errors follow when batches are requested. */
  batches(plan: ReaderOptions, group: number): AsyncGenerator<RecordBatch>
}

/** Row groups that other threads can read, too. */
export interface SharedRowGroups extends RowGroups {
  file: SharedFile
  /** Must be called with the number of bytes that other threads have read. */
  count(bytes: number): void
}

/** A file that is open in this process as long as its reader is. */
export interface SharedFile {
  descriptor: number
  size: number
}

/** Whether a row fits columns, by whether it has a value of each. */
export type Fits = (has: (index: number) => boolean) => boolean

/** An input that is open. */
export interface RecordBatchReader {
  columns: Column[]
  /** False if columns have only positions. */
  named: boolean
  /** The number of rows, if known in advance. */
  rows?: number
  /** The row groups of a file, which may be read instead of `batches`; this thread must read the first one. */
  groups?: SharedRowGroups | undefined
  /** Of an array, its shape. */
  shape?: ArrayShape | undefined
  /** The metadata of the table, such as the `pandas` entry. */
  metadata?: ReadonlyMap<string, string>
  /** Of text, the names of columns in which pandas wrote its index. */
  indexNames?: ReadonlySet<string>
  /** May be called again as long as only its first batch was consumed. */
  batches(plan: ReaderOptions): AsyncGenerator<RecordBatch>
  /** The cells of each column in the first rows, before batches are requested: for text, which is read only once. */
  firstRows?(count: number): Promise<string[][]>
  /** The columns without types in which one of the first cells would be null if they were text with a type. */
  firstNulls?(count: number): Promise<number[]>
  /**
   * Redefines the columns by the first row, from this position on, that is unlike those before; returns its position, or
   * undefined if none is among the first rows. For text whose rows name the columns.
   */
  defineBy?(row: number): Promise<number | undefined>
  /** If `defineBy` ended at a limit: what it tried, as the beginning of a message. */
  untried?(): string | undefined
  /**
   * Adds columns for keys that the first row does not have, if some other of the first rows has them, or if they are
   * `known`; returns the others, if there may be more rows than the first ones, or the run has other inputs. For text
   * whose rows name the columns.
   */
  addKeys?(keys: readonly string[], known: readonly string[], hasOthers: boolean): Promise<readonly string[]>
  /**
   * Defines the columns to be those of an earlier input of the same kind, so that rows are read as if they came after its
   * rows, if one of the first rows fits; returns whether one does. For text whose rows name the columns.
   */
  continueFrom?(columns: readonly Column[], fits: Fits): Promise<boolean>
  /** If they have to be those of an earlier input: the error otherwise. */
  failure?: SoftmaxError
  /** Looks for keys in the rows that are read from now on; the result lists those not found so far. */
  watchKeys?(names: readonly string[]): () => readonly string[]
  /** The rows as blocks of text, if they are text; use either this or `batches`, once. */
  text?: TextBlocks
  /** For text: sets the type of a column; without a type, infers it from the first cells (delimited text only). */
  setType?(index: number, type: DataType.DataType): void
  inferType?(index: number): DataType.DataType | undefined
  /** The position of the first row, if the input has lines and bytes. */
  start?: Required<Pick<Position, 'line' | 'row' | 'byte'>>
  /** The line of the header. */
  headerLine?: number
  /** Whether no row follows the header, so that columns have no samples. */
  headerOnly?: boolean
  /** Translates positions back to the input, if rows do not correspond to its lines. */
  relocate?: Relocate | undefined
  /** Irregularities of the input that were handled; those of columns only if they are kept. */
  warnings?(kept: readonly number[]): readonly string[]
  /** Releases resources, whether or not batches were consumed. */
  close?(): Promise<void>
}

/**
 * A row that exceeds the maximum size, or whose quote is not closed within it; or a comment, which has no code. At most
 * the maximum size is buffered.
 */
export interface OversizedRow {
  code: 'E_ROW_TOO_LONG' | 'E_QUOTE' | undefined
  info: { limit: number } | { reason: string }
  /** The byte offset of the error within it. */
  at: number
  /** Its length including the newline, and its number of newlines. */
  bytes: number
  lines: number
  /** Its length without the newline. */
  end: number
  /** Its beginning, as far as it is buffered. */
  start: Buffer
}

/** One or more complete rows of text, the last of an input possibly without its newline; or an oversized row. */
export type Block = Buffer | OversizedRow

/** How to read rows of text: what a worker thread needs to know about the input. */
export type TextSource =
  | { format: 'csv'; columns: readonly Column[]; dialect: Dialect }
  | { format: 'ndjson'; columns: readonly JsonColumn[] }

/** Rows of text, in independent blocks. */
export interface TextBlocks {
  source: TextSource
  blocks(): AsyncGenerator<Block>
}

/** What a writer needs to know about the output. */
export interface OutputSchema {
  /** The columns, kept ones before new ones. */
  kept: readonly Column[]
  /** Which keys of rows that are passed through as JSON objects are kept, if not all. */
  isKept?: ReaderOptions['isKept']
  fields: readonly Field[]
  /** The metadata of the input table, for formats that can store it. */
  metadata?: ReadonlyMap<string, string> | undefined
  /** Class names, in order. */
  classes: readonly string[]
  /** Whether results are computed as one column per class. */
  byClass?: boolean
  /** Prints numbers separated by commas, rounded as requested. */
  print(values: number[]): string
  /** The rounding that `print` applies, if only to results: then the kernel can print them. */
  rounding?: Rounding
  float32: boolean
  /** Whether text that a spreadsheet would take for a formula is escaped. */
  escapeFormulas: boolean
  /** Whether text output begins with a header. */
  header: boolean
  /** The number of rows, if known in advance. */
  rows: number | undefined
  /** The shape of a single array, which the output has if all its rows are written. */
  shape?: ArrayShape | undefined
  /** For delimited text: the dialect, and the form of kept cells. */
  dialect?: Dialect | undefined
  cells: Cells
  /** Whether an empty string is quoted, if its source distinguishes it from null. */
  quotesEmpty: boolean
}

/** The good rows of a batch, to be written. */
export interface ScoredBatch {
  batch: Pick<RecordBatch, 'kept' | 'rawRows'>
  scores: Scores
  good: readonly number[]
}

/** Some rows as columns. */
export type Columns = readonly ColumnData[]

/** Encodes rows. */
export interface RecordBatchWriter {
  /** Conversions of types that the format cannot store. */
  warnings?: readonly string[]
  /** The output before the rows. */
  begin(): Uint8Array[]
  write(rows: ScoredBatch): Uint8Array[] | Promise<Uint8Array[]>
  /** Writes columns in the form of `class-columns.ts`, kept ones before new ones, in parts of a batch. */
  writeColumns?(parts: readonly Columns[]): Uint8Array[] | Promise<Uint8Array[]>
  /** The same for some rows; the writer owns their memory and may recycle it. */
  addColumns?(columns: Columns): Uint8Array[] | Promise<Uint8Array[]>
  /** The same for output of the format's `encoder`. */
  append?(part: unknown): Uint8Array[]
  /** The output after the rows. */
  end(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Releases resources, at the end and after a failure. */
  close?(): Promise<void>
}

/** A format that is read and written in batches. */
export interface Format {
  /** The shapes its probabilities can have. */
  shapes: readonly Shape[]
  /** Whether each column has one type for all rows. */
  typed: boolean
  /** Whether it stores only numeric results. */
  numbersOnly?: true
  /** Undefined if there is neither a column nor a row. */
  read(source: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined>
  /** The row groups of a file that another thread has opened; `count` is called with the bytes read. */
  readGroups?(file: SharedFile, count: (bytes: number) => void): Promise<RowGroups>
  write(plan: OutputSchema): RecordBatchWriter | Promise<RecordBatchWriter>
  /**
   * Creates the function that encodes rows independently of earlier ones, on any thread, for a writer with the same
   * schema to append. Undefined if that is impossible or too little work.
   */
  encoder?(schema: OutputSchema): Encode | undefined
}

/** Encodes what a writer appends; the result can be sent to another thread. */
export type Encode = (rows: ScoredBatch) => unknown
