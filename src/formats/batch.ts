/**
 * What formats and the table lane hand each other: a table is the columns of an input and its rows in batches; a writer
 * makes bytes of the rows that were scored. Batches are of a bounded size, and one is made when the last is written.
 */
import type { Field, Shape } from '../columns.js'
import type { Code } from '../errors.js'
import type { Scores } from '../kernel.js'
import type { LongLine } from './lines.js'

/** What a column holds: `list` and `record` may hold the logits of all classes, `json` is whatever else is nested. */
export type Type = 'text' | 'number' | 'integer' | 'boolean' | 'time' | 'bytes' | 'json' | 'list' | 'record'

/** A column of an input. */
export interface Column {
  name: string
  type: Type
  /** Its first value, as a cell would have it: tells a column of numbers where the format has no types. */
  sample: string
  /** The number of logits in a list, the keys of a record. */
  width?: number
  keys?: readonly string[]
}

/** A column of objects, and the keys that lead to it. */
export interface Keyed extends Column {
  path: readonly string[]
}

/** Text that is JSON: a nested value of a column that is kept. */
export class Json {
  constructor(readonly text: string) {}
}

/** A value of a column that is kept. */
export type Value = string | number | bigint | boolean | Date | Uint8Array | Json | null

/** What is wrong with a row: the code of its error, and its data. */
export interface Trouble {
  code: Code
  data: Record<string, unknown>
  column?: string
  /** The cell of a delimited text that has it, and at which of its row's bytes. */
  cell?: number
  at?: number
}

/** The same in its place: row, line and byte are those before it in its batch; lines and bytes where the input has them. */
export interface Fault {
  code: Code
  info: { row: number; line?: number; byte?: number; column?: string; [data: string]: unknown }
  /** Where in its batch the row begins and ends, before its newline, and its bytes where they are wanted. */
  start?: number
  end?: number
  raw?: Uint8Array
}

/** What became of some rows. Under `fail`, what follows a bad row is left out. */
export interface Scored<Piece = Uint8Array> {
  /** What to write, in order. */
  pieces: Piece[]
  /** How many rows were done, the bad ones too; and how many were good. */
  rows: number
  written: number
  /** The newlines and the bytes they were read from, where the input has them. */
  lines: number
  bytes: number
  /** The bad rows, in order. */
  faults: Fault[]
}

/** Some rows of an input. */
export interface Batch {
  rows: number
  /** Rows x classes; what a bad row has does not matter. */
  logits: Float64Array
  /** The columns that are kept: a list of values each. */
  kept: ArrayLike<Value>[]
  /** The rows as JSON objects, where they are to come out so. */
  objects?: string[]
  bad: Map<number, Trouble>
  /** Puts a fault in its place; asked for rows in order. */
  locate(trouble: Trouble, row: number): Fault
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

/** The settings that matter to a reader. */
export interface ReadSettings {
  logits: string | readonly string[] | undefined
  onError: 'fail' | 'skip'
  maxRowBytes: number
}

/** What a reader needs to know of the columns once they are settled; columns are told by their positions. */
export interface ReadPlan {
  /** The columns that hold logits, or the one that holds those of all classes. */
  logits: readonly number[]
  whole: boolean
  kept: readonly number[]
  classes: number
  /** Where rows are to come out as the JSON objects that they are: the keys they get. */
  objects: readonly string[] | undefined
  /** Whether all values of a column that is kept have to be of its type. */
  typed: boolean
  missing: 'error' | '-inf'
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
}

/** An input that is open. */
export interface Table {
  columns: Column[]
  /** False where the columns have positions only. */
  named: boolean
  /** The number of rows, where it is told before them. */
  rows?: number
  batches(plan: ReadPlan): AsyncGenerator<Batch>
  /** The same as lines of text, where a row is one; either is asked for, and once. */
  lines?: Lines
  /** Gives back what it holds, whether its batches were taken or not. */
  close?(): Promise<void>
}

/** Lines of text with an object each. */
export interface Lines {
  columns: readonly Keyed[]
  /** The bytes before the first block. */
  mark: number
  blocks(): AsyncGenerator<Buffer | LongLine>
}

/** What a writer needs to know of the output. */
export interface WritePlan {
  /** The columns that are kept, then those that are new. */
  kept: readonly Column[]
  fields: readonly Field[]
  /** Class names, in order. */
  classes: readonly string[]
  /** Writes numbers with commas between them, rounded as asked. */
  print(values: number[]): string
  float32: boolean
  /** Whether text that a spreadsheet would run is marked. */
  escapeFormulas: boolean
  /** Whether a text begins with its columns' names. */
  header: boolean
  /** The number of rows, where it is known before them. */
  rows: number | undefined
}

/** Rows to write: those of a batch that are good. */
export interface GoodRows {
  batch: Pick<Batch, 'kept' | 'objects'>
  scores: Scores
  good: readonly number[]
}

/** Makes bytes of rows. */
export interface Writer {
  /** What stands before the rows. */
  begin(): Uint8Array[]
  write(rows: GoodRows): Uint8Array[] | Promise<Uint8Array[]>
  /** What stands after them. */
  end(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Gives back what it holds, at the end and after a failure. */
  close?(): Promise<void>
}

/** A format that is read and written by batches. */
export interface TableFormat {
  /** Which shapes its columns of probabilities can have. */
  shapes: readonly Shape[]
  /** Whether columns have one type for all rows. */
  typed: boolean
  /** Whether it holds nothing but results that are numbers. */
  numbersOnly?: true
  /** Undefined if there is neither a column nor a row. */
  read(source: Source, settings: ReadSettings): Promise<Table | undefined>
  write(plan: WritePlan): Writer | Promise<Writer>
}

/** A value as a cell of a text. */
export function cellOf(value: Value): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Json) return value.text
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return String(value)
}
