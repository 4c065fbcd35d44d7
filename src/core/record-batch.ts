/**
 * What formats and the table lane pass to each other: a table is the columns of an input and its rows in batches; a writer
 * makes bytes of the rows that were scored. Batches are of a bounded size, and one is made when the last is written.
 */

import type { Scores } from '../kernel/host/scores.js'
import type { Types } from './asked-types.js'
import type { ColumnData } from './column-data.js'
import type * as DataType from './data-type.js'
import type { Dialect } from './dialect.js'
import type { Code, Position } from './errors.js'
import type { MissingRule } from './missing.js'
import type { Nesting } from './nesting.js'
import type { Rounding } from './number.js'
import type { SettingsOf } from './options.js'
import type { Field, Shape } from './output-columns.js'
import type { TakenName } from './renaming.js'

/** What a column holds: `list` and `record` may hold the logits of all classes, `json` is whatever else is nested. */
export type ValueType = 'text' | 'number' | 'integer' | 'boolean' | 'time' | 'bytes' | 'json' | 'list' | 'record'

/** A column of an input. */
export interface Column {
  name: string
  type: ValueType
  /** The column as its format has it, where its format has types: what batches have of it is `ColumnData` of this type. */
  field?: DataType.Field
  /** Its first value, as a cell would have it: it shows a column of numbers where the format has no types. */
  sample: string
  /** Its name as it stands in the header of delimited text, quotes and all. */
  headerCell?: string
  /** The number of logits in a list, the keys of a record. */
  width?: number
  keys?: readonly string[]
  /** Whether its cells are text, and lists of numbers are written in them. */
  listText?: true
  /** Of lists of lists of numbers: how many lists stand around those of logits, and how many logits the first of these has. */
  nested?: { depth: number; width: number } | undefined
  /** The path that leads to such lists in nested values, as it may be selected. */
  nestedPath?: string | undefined
  /** Of a column that is within the values of another, which is kept: the keys and positions that lead to it. */
  inner?: readonly string[] | undefined
  /** Of nested values, the paths that lead to the first list of numbers in them, and to the first list of rows. */
  listPath?: string | undefined
  rowsPath?: string | undefined
  /** What selects the logits within these rows, where they are objects with a list of numbers. */
  rowsLogits?: string | undefined
  /** Of the first column, where the first row holds a whole table: what it is, and what makes lines of it. */
  wholeTable?: string | undefined
  /** Whether the list is one of words. */
  holdsWords?: boolean
  /** Whether its lists have 0 or 1 for each class, whether that is true. */
  isEachClass?: true
  /** Whether it counts along an axis of an array, whose shape says the same. */
  isPosition?: true
}

/** The shape of an array of logits: the lengths of its axes, and which of these is the classes'. */
export interface ArrayShape {
  sizes: readonly number[]
  axis: number
}

/** A column of objects, and the keys that lead to it. */
export interface JsonColumn extends Column {
  path: readonly string[]
  /** Where values are one list, whose shape stands beside it: the path to that. */
  shapePath?: readonly string[] | undefined
}

/** Text that is JSON: a nested value of a column that is kept. */
export class RawJson {
  constructor(readonly text: string) {}
}

/** A value of a column that is kept. */
export type Value = string | number | bigint | boolean | Date | Uint8Array | RawJson | null

/** The values of a column that is kept: as its format has them, or one by one. */
export type KeptColumn = ColumnData | ArrayLike<Value>

/** True if a column is as its format has it. */
export function isColumnData(column: KeptColumn): column is ColumnData {
  return 'type' in column
}

/** What is wrong with a row: the code of its error, and its data. */
export interface RowError {
  code: Code
  info: Record<string, unknown>
  column?: string
  /** The cell of a delimited text that has it, and at which of its row's bytes. */
  cell?: number
  at?: number
  /** Of several columns of true classes: which it is in. */
  nth?: number
}

/** The same in its place: row, line and byte are those before it in its batch; lines and bytes where the input has them. */
export interface LocatedRowError {
  code: Code
  info: { row: number; line?: number; byte?: number; column?: string; [data: string]: unknown }
  /** Where in its batch the row begins and ends, before its newline, and its bytes where they are wanted. */
  start?: number
  end?: number
  raw?: Uint8Array
  /** The row itself, where it is a JavaScript value. */
  value?: unknown
}

/** What became of some rows. Under `fail`, what follows a bad row is left out. */
export interface ScoredRows<Piece = Uint8Array, Pieces extends Iterable<Piece> = Piece[]> {
  /** What to write, in order. */
  pieces: Pieces
  /** How many rows were done, the bad ones too; and how many were good. */
  rows: number
  written: number
  /** How many of the good rows have no label, where some may have none. */
  abstained?: number | undefined
  /** The newlines and the bytes they were read from, where the input has them. */
  lines: number
  bytes: number
  /** The bad rows, in order. */
  errors: LocatedRowError[]
  /** Good rows as they are judged, in any order, where there are true classes: see {@link Judged}. */
  judged?: Judged[] | undefined
}

/** Rows as they are judged (see `assembly/judge.ts`), or, as bytes, what they are added up to (`assembly/metrics.ts`). */
export type Judged = Float64Array | Uint8Array | MultiLabelJudged

/** The same where a row may have several true classes, with counts of each class: of rows that have it, that get it, that do both. */
export interface MultiLabelJudged {
  rows: Float64Array
  counts: Float64Array
}

/** Some rows of an input. */
export interface RecordBatch {
  numRows: number
  /** Rows x classes, or class after class, all of which have as many rows as fit; what a bad row has does not matter. */
  logits: Float64Array | Float32Array
  byClass?: boolean
  /** Where rows of logits are in lists: which of them each row has. */
  nesting?: Nesting
  /** The columns that are kept; behind them the one of true classes, until these are read, where it is not kept. */
  kept: KeptColumn[]
  /** The position of the true class of each row, where there are true classes. */
  truths?: Uint32Array
  /** Where a row may have several: rows x classes, 1 where a class is true; `truths` has 0 for rows whose are known. */
  targets?: Uint8Array
  /** The rows as JSON objects, where they are to come out so. */
  rawRows?: string[]
  errors: Map<number, RowError>
  /** Gives an error its position; asked for rows in order. */
  withPosition(rowError: RowError, row: number): LocatedRowError
  /** The newlines and the bytes of the batch, where the input has them. */
  lines: number
  bytes: number
}

/** Where an input comes from. */
export interface Source {
  /** Its bytes, in order; read once. */
  chunks: AsyncGenerator<Buffer>
  /** The file they are in, where they are in one as they are. */
  path?: string
}

/** What a reader needs to know of the columns once they are known; columns are named by their positions. */
export interface ReaderOptions {
  /** The columns that hold logits, or the one that holds those of all classes. */
  logits: readonly number[]
  logitsList: boolean
  /** Where that column has lists of such lists: how many stand around these. */
  depth?: number | undefined
  kept: readonly number[]
  classes: number
  /** Where rows are to come out as the JSON objects that they are: the keys they get. */
  rawRowKeys: readonly string[] | undefined
  /** What an E_NAME says of a key that a row has, too. */
  takenName?(name: string, keys: readonly string[]): TakenName
  /** Whether all values of a column that is kept have to be of its type; which types were asked for. */
  typed: boolean
  types: Types
  missing: MissingRule['missing']
  nulls?: MissingRule['nulls']
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
  /** What kept cells of delimited text are: see {@link Cells}. */
  cells?: Cells
  /** Where kept cells of text have to be valid: the encoding that the input has. */
  encoding: string | undefined
}

/**
 * What kept cells of delimited text are between a reader and a writer: `encoded`, as they stand in the input, where the
 * output writes cells alike; `bytes`, without quotes, as latin1 text, where it does not; or `text`.
 */
export type Cells = 'encoded' | 'bytes' | 'text'

/** Puts what became of a block or a batch where it is in the input; called for each in order. */
export type Relocate = <Rows extends Omit<ScoredRows, 'pieces'>>(scored: Rows) => Rows

/** An input that is open. */
export interface RecordBatchReader {
  columns: Column[]
  /** False where the columns have positions only. */
  named: boolean
  /** The number of rows, where it stands before them. */
  rows?: number
  /** Of an array, its shape. */
  shape?: ArrayShape | undefined
  /** What the file says of the table as a whole, such as the `pandas` metadata. */
  metadata?: ReadonlyMap<string, string>
  /** May be asked for again, as long as no more than its first batch was taken. */
  batches(plan: ReaderOptions): AsyncGenerator<RecordBatch>
  /** The cells of each column in the first rows, before batches are asked for: where these are text, which is read once. */
  firstRows?(count: number): Promise<string[][]>
  /** Defines the columns by another of the first rows, from 0; false where there is none. Of text whose rows name them. */
  defineBy?(row: number): Promise<boolean>
  /** The same as blocks of text, where rows are text; either is asked for, and once. */
  text?: TextBlocks
  /** Of text: gives a column a type. Of delimited text, where types are inferred: that of its first cells, but of text. */
  setType?(index: number, type: DataType.DataType): void
  inferType?(index: number): DataType.DataType | undefined
  /** Where the first row stands, where the input has lines and bytes. */
  start?: Required<Pick<Position, 'line' | 'row' | 'byte'>>
  /** The line of the header. */
  headerLine?: number
  /** Whether no row stands below the header, whose columns have no samples then. */
  headerOnly?: boolean
  /** Where rows are not the lines that their blocks and batches have: finds in the input what is reported of these. */
  relocate?: Relocate | undefined
  /** What is unusual about the input and was taken into account. */
  warnings?: readonly string[]
  /** Gives back what it holds, whether its batches were taken or not. */
  close?(): Promise<void>
}

/**
 * A row of text that is longer than is allowed, or one whose quote is not closed in as many bytes; or a comment, which has
 * no code. No more than the allowed length is held of it.
 */
export interface OversizedRow {
  code: 'E_ROW_TOO_LONG' | 'E_QUOTE' | undefined
  info: { limit: number } | { reason: string }
  /** The byte in it that the error is about. */
  at: number
  /** Its length with its newline, and how many newlines it has. */
  bytes: number
  lines: number
  /** Its length without its newline. */
  end: number
  /** Its beginning, as far as it is held. */
  start: Buffer
}

/** One or more whole rows of text, the last of an input perhaps without its newline; or a row that cannot be held. */
export type Block = Buffer | OversizedRow

/** How rows of text are read: what a worker thread needs to know of the input. */
export type TextSource =
  | { format: 'csv'; columns: readonly Column[]; dialect: Dialect }
  | { format: 'ndjson'; columns: readonly JsonColumn[] }

/** Rows as text, in blocks that know nothing of each other. */
export interface TextBlocks {
  source: TextSource
  /** The bytes before the first block. */
  rowOffset: number
  blocks(): AsyncGenerator<Block>
}

/** What a writer needs to know of the output. */
export interface OutputSchema {
  /** The columns that are kept, then those that are new. */
  kept: readonly Column[]
  fields: readonly Field[]
  /** What the input says of the table as a whole: for formats that hold it. */
  metadata?: ReadonlyMap<string, string> | undefined
  /** Class names, in order. */
  classes: readonly string[]
  /** Whether results are a column for each class from the start. */
  byClass?: boolean
  /** Writes numbers with commas between them, rounded as asked. */
  print(values: number[]): string
  /** How `print` rounds, where it is only of results: the kernel prints them then. */
  rounding?: Rounding
  float32: boolean
  /** Whether text that a spreadsheet would run is marked. */
  escapeFormulas: boolean
  /** Whether a text begins with its columns' names. */
  header: boolean
  /** The number of rows, where it is known before them. */
  rows: number | undefined
  /** The shape of the array that the rows are of, where they are all of it. */
  shape?: ArrayShape | undefined
  /** Delimited text: how it is written, and what kept cells are. */
  dialect?: Dialect | undefined
  cells: Cells
  /** Whether an empty text stands in quotes, as its source knows it from null. */
  quotesEmpty: boolean
}

/** Rows to write: those of a batch that are good. */
export interface ScoredBatch {
  batch: Pick<RecordBatch, 'kept' | 'rawRows'>
  scores: Scores
  good: readonly number[]
}

/** Some rows as columns. */
export type Columns = readonly ColumnData[]

/** Makes bytes of rows. */
export interface RecordBatchWriter {
  /** What the format has no room for, and what is written instead. */
  warnings?: readonly string[]
  /** What stands before the rows. */
  begin(): Uint8Array[]
  write(rows: ScoredBatch): Uint8Array[] | Promise<Uint8Array[]>
  /** The same for columns that are made, as `class-columns.ts` has them: the kept ones, then the new ones, in parts of a batch. */
  writeColumns?(parts: readonly Columns[]): Uint8Array[] | Promise<Uint8Array[]>
  /** The same for some rows; their memory is the writer's, who may recycle it. */
  addColumns?(columns: Columns): Uint8Array[] | Promise<Uint8Array[]>
  /** The same for what the format's `encoder` made of some rows. */
  append?(part: unknown): Uint8Array[]
  /** What stands after them. */
  end(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Gives back what it holds, at the end and after a failure. */
  close?(): Promise<void>
}

/** A format that is read and written by batches. */
export interface Format {
  /** Which shapes its columns of probabilities can have. */
  shapes: readonly Shape[]
  /** Whether columns have one type for all rows. */
  typed: boolean
  /** Whether it holds nothing but results that are numbers. */
  numbersOnly?: true
  /** Undefined if there is neither a column nor a row. */
  read(source: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined>
  write(plan: OutputSchema): RecordBatchWriter | Promise<RecordBatchWriter>
  /**
   * The function that does what can be done for some rows without those before, on any thread: a writer of the same schema
   * appends what it gives. Undefined where there is little of that.
   */
  encoder?(schema: OutputSchema): Encode | undefined
}

/** Makes what a writer appends; data that can be sent to another thread. */
export type Encode = (rows: ScoredBatch) => unknown
