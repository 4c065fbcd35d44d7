import { SHAPE_KEYS } from '../core/declared-shape.js'
import { type Dialect, isEscaped, sameCells, toBytes } from '../core/dialect.js'
import { formulaEscaper } from '../core/formula.js'
import { inputOrder } from '../core/kept-columns.js'
import { nullsOf } from '../core/missing.js'
import { isNumber, withPoint } from '../core/number.js'
import { items } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import type { Column, TextSource } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { IGNORED, TruthNames } from '../core/truth-names.js'
import { escapeCell, NULL_CELL } from '../formats/csv/escapes.js'
import { cellEncoder } from '../formats/csv/rows.js'
import { NO_CLASS } from '../kernel/constants.js'
import { JOB_OPTIONS, type JobSettings, passesLines, type ScoreJob } from './score-job.js'

/** Kernel functions that produce text from text. */
export type TextEntry =
  | 'scoreCsv'
  | 'scoreCsvRequoted'
  | 'scoreCsvToNdjson'
  | 'scoreVariant'
  | 'scoreVariantRequoted'
  | 'scoreVariantToNdjson'
  | 'scoreLines'
  | 'scoreMembers'
  | 'scoreMembersToCsv'
  | 'measureCsv'
  | 'measureVariant'
  | 'measureLines'
  | 'measureMembers'

/** Kernel functions that produce columns from text. */
export type ColumnEntry = 'addCsv' | 'addVariant' | 'addMembers'

export type Entry = TextEntry | ColumnEntry

/** True if the output is columns. */
export function makesColumns({ entry }: Pick<TextJob, 'entry'>): boolean {
  return entry === 'addCsv' || entry === 'addVariant' || entry === 'addMembers'
}

/** A fast-lane job; it can be sent to another thread. Strings hold UTF-8 bytes as latin1. */
export interface TextJob extends ScoreJob {
  source: TextSource
  entry: Entry
  /** The names of the classes as they are written. */
  labels: string[]
  /** For NDJSON input: the key of the logits, the keys that are new, and the quoted key of each column. */
  keys: string[]
  columnKeys: string[]
  /** The quoted keys on the way to the logits inside a value, and of the logits, if these are an object. */
  path: string[]
  classKeys: string[]
  /** For NDJSON output: the bytes before each new value and each kept one. */
  leads: string[]
  keptLeads: string[]
  /** The texts that mean null in nullable text. */
  nulls: string[]
  /** The spellings of true classes, with the positions of their classes. */
  truths: [text: string, index: number][]
  /**
   * Byte sequences that send a block to the general lane, as a row with one may be bad although the kernel would accept
   * it.
   */
  unusual: string[]
}

/** Builds the kernel's job; see {@link kernelRefusal} for those that it can do. */
export function textJobOf(job: ScoreJob, source: TextSource): TextJob {
  const entry = source.format === 'csv' ? csvEntry(job, source.dialect) : ndjsonEntry(job)
  return { ...sendable(job), source, entry, ...textsOf(job, source, entry), unusual: unusualIn(source, job.schema) }
}

/** A job without values that cannot be sent to another thread, such as functions in the settings. */
export function sendable({ settings, ...job }: ScoreJob): ScoreJob {
  const sent = Object.fromEntries(JOB_OPTIONS.map((option) => [option, settings[option]]))
  return { ...job, settings: sent as unknown as JobSettings }
}

/** Whether kept cells are copied unchanged. */
export function keepsCells({ input, output, settings }: ScoreJob): boolean {
  return sameCells(input!, output!) && input!.newline === output!.newline && !settings.escapeFormulas
}

/** A repetition of the header, if its logit columns have numeric names; a key that may be the shape of a list. */
function unusualIn(source: TextSource, { logits, logitsList }: Schema): string[] {
  if (source.format !== 'csv') return logitsList ? SHAPE_KEYS.map((key) => `${key}"`) : []
  const { columns, dialect } = source
  const header = columns.map(({ headerCell = '' }) => headerCell).join(dialect.delimiter)
  return hasNumericNames(columns, logits, dialect) ? [header] : []
}

/** Whether a repetition of the header has numbers as logits. */
export function hasNumericNames(
  columns: readonly Column[],
  logits: readonly number[],
  { decimalComma }: Dialect,
): boolean {
  const nameOf = ({ name }: Column) => (decimalComma ? withPoint(name) : name)
  return columns[0]?.headerCell !== undefined && logits.every((index) => isNumber(nameOf(columns[index]!)))
}

/** Creates the function that formats a class name as a cell. */
export function labelCell({ output, settings }: ScoreJob): (name: string) => string {
  const encode = cellEncoder(output!)
  const safe = formulaEscaper(settings.escapeFormulas, output!)
  return (name) => encode(toBytes(safe(name)))
}

function csvEntry(job: ScoreJob, { delimiter, decimalComma, blanks }: Dialect): Entry {
  const isVariant = delimiter.length > 1 || decimalComma || blanks === 'trim' || job.output?.decimalComma
  const kind = isVariant ? 'Variant' : 'Csv'
  if (job.measures) return `measure${kind}`
  if (job.typed) return `add${kind}`
  if (!job.output) return `score${kind}ToNdjson`
  return keepsCells(job) ? `score${kind}` : `score${kind}Requoted`
}

function ndjsonEntry(job: ScoreJob): Entry {
  const { measures, typed, output, schema } = job
  if (measures) return schema.logitsList ? 'measureLines' : 'measureMembers'
  if (typed) return 'addMembers'
  if (output) return 'scoreMembersToCsv'
  return passesLines(job) && schema.logitsList ? 'scoreLines' : 'scoreMembers'
}

function textsOf(job: ScoreJob, source: TextSource, entry: Entry) {
  const { schema, output } = job
  const json = (name: string) => toBytes(JSON.stringify(name))
  const isJson = source.format === 'ndjson'
  // A column inside another one has no key of its own in a row.
  const columns = source.columns.filter((column) => !isJson || !column.inner).map(({ name }) => name)
  const hasLines = entry === 'scoreLines' || entry === 'measureLines'
  const opens = !passesLines(job) && schema.kept.length === 0
  return {
    labels: schema.classes.map(output ? labelCell(job) : json),
    keys: hasLines ? lineKeys(source, schema, columns).map(toBytes) : [],
    columnKeys: isJson && !hasLines ? columns.map(json) : [],
    path: logitsPath(source, schema).slice(1).map(json),
    classKeys: isJson ? (schema.logitKeys ?? []).map(json) : [],
    leads: output
      ? []
      : fieldsOf(schema.emit, schema).map(({ name }, nth) => `${opens && nth === 0 ? '{' : ','}${json(name)}:`),
    keptLeads: output || passesLines(job) ? [] : keptLeads(schema, columns.map(json)),
    nulls: nullTexts(job, source),
    truths: schema.truth === undefined ? [] : truthTexts(job, source),
  }
}

/** The texts that mean null in nullable text: the empty one, unless others are given or null has an escape. */
function nullTexts({ settings: { null: nulls } }: ScoreJob, source: TextSource): string[] {
  if (nulls !== undefined) return items(nulls).map((text) => toBytes(text.trim()))
  return source.format === 'csv' && !isEscaped(source.dialect) ? [''] : []
}

/** The keys of the logits, the true class and the new columns, for lines with keys in any order. */
function lineKeys(source: TextSource, schema: Schema, columns: readonly string[]): string[] {
  const { truth, names } = schema
  return [...logitsPath(source, schema).slice(0, 1), ...(truth === undefined ? [] : [columns[truth]!]), ...names]
}

/** The keys on the way to the logits of an object; none of delimited text. */
export function logitsPath(source: TextSource, { logits: [first] }: Schema): readonly string[] {
  return source.format === 'ndjson' ? source.columns[first!]!.path : []
}

/** How true classes are spelled in a text, quoted or not; the general lane knows more spellings. */
function truthTexts({ schema, settings }: ScoreJob, source: TextSource): [string, number][] {
  const { texts } = new TruthNames(schema, undefined, schema.sigmoid)
  const given = nullsOf(settings)
  const isNull = (written: string, text: string) =>
    !schema.sigmoid && (isJsonNumber(written, source) ? given?.hasNumber(Number(written)) : given?.has(text))
  const all: [string, number][] = [...withCommas(texts, schema, source)].flatMap(([text, index]): [string, number][] =>
    writtenAs(text, source)
      .filter((written) => !isNull(written, text))
      .map((written) => [toBytes(written), index]),
  )
  const nulls = source.format === 'csv' ? nullCells(settings, source.dialect) : ['null', '""']
  if (!schema.sigmoid && !texts.has(IGNORED)) nulls.push(IGNORED)
  return [...new Map([...nulls.map((text): [string, number] => [toBytes(text), NO_CLASS]), ...all])]
}

/** Numbers are compared with null texts by value, others as they are written. */
function isJsonNumber(written: string, { format }: TextSource): boolean {
  return format === 'ndjson' && !written.startsWith('"')
}

/** With decimal commas, positions are also written as `2,0`; not in a list, whose items the general lane reads as they are. */
function withCommas(texts: ReadonlyMap<string, number>, { sigmoid }: Schema, source: TextSource) {
  if (source.format !== 'csv' || !source.dialect.decimalComma || sigmoid) return texts
  const positions = [...texts].filter(([text]) => /^\d+\.0$/.test(text))
  return new Map([...positions.map(([text, index]): [string, number] => [withPoint(text), index]), ...texts])
}

/** Spellings of a missing true class, besides the empty cell; those of classes that rows may have replace them. */
function nullCells({ null: nulls = [] }: ScoreJob['settings'], dialect: Dialect): string[] {
  const named = items(nulls)
  return isEscaped(dialect) ? [...named.map((text) => escapeCell(text, dialect.delimiter)), NULL_CELL] : [...named]
}

function writtenAs(text: string, source: TextSource): string[] {
  if (source.format === 'ndjson')
    return [JSON.stringify(text), ...(/^(?:0|[1-9]\d*)(?:\.0)?$/.test(text) ? [text] : [])]
  const { quote, delimiter } = source.dialect
  if (isEscaped(source.dialect)) return [escapeCell(text, delimiter)]
  if (quote === '') return [text]
  const quoted = `${quote}${text.replaceAll(quote, quote + quote)}${quote}`
  return text.includes(quote) || text.includes(delimiter) || /[\r\n]/.test(text) ? [quoted] : [text, quoted]
}

/** The bytes before each kept value, in the order of the input; the first of the output begins the object. */
function keptLeads({ kept }: Schema, names: string[]): string[] {
  return inputOrder(kept).map((nth) => `${nth === 0 ? '{' : ','}${names[kept[nth]!]!}:`)
}
