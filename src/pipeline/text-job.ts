/** Text to text on the fast lane: which jobs the kernel supports, and the data it needs for them. */
import { typeTest } from '../core/cell-types.js'
import { sameType } from '../core/data-type.js'
import { NAMES_DELIMITER } from '../core/decision.js'
import { SHAPE_KEYS } from '../core/declared-shape.js'
import { type Dialect, isEscaped, sameCells, toBytes } from '../core/dialect.js'
import { formulaEscaper } from '../core/formula.js'
import { nullsOf } from '../core/missing.js'
import { isNumber, withPoint } from '../core/number.js'
import { items } from '../core/options.js'
import { fieldsOf, hasNames, TRUTHS } from '../core/output-columns.js'
import type { Column, JsonColumn, RecordBatchReader, TextSource } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { IGNORED, TruthNames } from '../core/truth-names.js'
import { keptType } from '../formats/columnar.js'
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

/** Wider rows take the general lane: their numbers do not fit in kernel memory. */
const MOST_CLASSES = 1 << 17

/**
 * Builds the kernel's job, or says why the kernel cannot do it; `kept` are the kept columns of the first input, if
 * there is one.
 */
export function textJobOf(
  job: ScoreJob,
  { text, named }: RecordBatchReader,
  from: string,
  to: string,
  kept?: readonly Column[],
): TextJob | string {
  const { schema, output } = job
  if (!text) return `${from} to ${to}`
  const { source } = text
  const refusal =
    listsRefusal(schema, source) ??
    orderRefusal(schema) ??
    (source.format === 'csv' ? csvRefusal(source, schema) : keysRefusal(source.columns, schema, named)) ??
    commasRefusal(job, source) ??
    quotesRefusal(job) ??
    escapesRefusal(job) ??
    (output ? outputRefusal(job) : fieldsRefusal(schema)) ??
    (job.typed ? (emptyRefusal(schema) ?? decimalsRefusal(source.columns, schema)) : undefined) ??
    (job.typed && kept ? typesRefusal(source.columns, schema, kept) : undefined)
  if (refusal !== undefined) return refusal
  const nulls = nullsRefusal(job, source.columns)
  if (nulls !== undefined) return nulls
  if (schema.classes.length > MOST_CLASSES) return `more than ${MOST_CLASSES} classes`
  const entry = source.format === 'csv' ? csvEntry(job, source.dialect) : ndjsonEntry(job)
  return { ...sendable(job), source, entry, ...textsOf(job, source, entry), unusual: unusualIn(source, schema) }
}

/** A job without values that cannot be sent to another thread, such as functions in the settings. */
export function sendable({ settings, ...job }: ScoreJob): ScoreJob {
  const sent = Object.fromEntries(JOB_OPTIONS.map((option) => [option, settings[option]]))
  return { ...job, settings: sent as unknown as JobSettings }
}

function listsRefusal({ depth, logitsList }: Schema, { format }: TextSource): string | undefined {
  if (depth !== undefined) return 'nested logits'
  return logitsList && format === 'csv' ? 'lists in cells' : undefined
}

function orderRefusal({ kept }: Schema): string | undefined {
  return kept.some((at, nth) => at < kept[nth - 1]!) ? 'kept columns in another order' : undefined
}

/** A repeated header may have other blanks between its cells, so it is not found among the bytes of a block. */
function csvRefusal({ columns, dialect }: TextSource & { format: 'csv' }, { logits }: Schema): string | undefined {
  const isHidden = dialect.blanks === 'trim' && hasNumericNames(columns, logits, dialect)
  return isHidden ? 'blanks around cells below numeric column names' : dialectRefusal(dialect)
}

function dialectRefusal({ delimiter, quote, escape, blanks, decimalComma }: Dialect): string | undefined {
  if (delimiter.length > MOST_DELIMITER) return `delimiters of more than ${MOST_DELIMITER} bytes`
  if (delimiter.length > 1 && blanks === 'trim' && /[ \t]/.test(delimiter)) return 'delimiters with blanks around cells'
  if (delimiter.length > 1 && decimalComma && delimiter.startsWith(',')) return 'decimal commas and such a delimiter'
  if (blanks === 'delimit') return 'blanks as delimiters'
  if (isEscaped({ quote, escape })) return undefined
  return quote === escape && (quote === '"' || quote === '') ? undefined : 'this quote or escape'
}

function commasRefusal({ output, measures }: ScoreJob, { format }: TextSource): string | undefined {
  return !measures && output?.decimalComma && format !== 'csv' ? 'decimal commas from another format' : undefined
}

/** The kernel compares eight bytes at once. */
const MOST_DELIMITER = 8

/** A longer delimiter is only copied, as cells are not examined for it. */
function outputRefusal(job: ScoreJob): string | undefined {
  const isCopied = job.measures || (job.input && keepsCells(job))
  if (job.output!.delimiter.length > 1 && !isCopied) return 'delimiters of several characters in other cells'
  return dialectRefusal(job.output!) ?? namesRefusal(job)
}

/** Cells that need quotes, in an output without them, are an error that only the general lane has. */
function quotesRefusal(job: ScoreJob): string | undefined {
  if (job.measures || job.output?.quote !== '') return undefined
  if (job.output.decimalComma && job.output.delimiter === ',') return 'decimal commas between commas without quotes'
  if (isEscaped(job.output)) return undefined
  return job.input && keepsCells(job) ? undefined : 'an output without quotes'
}

/** Other escapes, formulas, and rows that may be blank take the general lane. */
function escapesRefusal(job: ScoreJob): string | undefined {
  if (job.measures || !job.output || !isEscaped(job.output)) return undefined
  if (job.settings.escapeFormulas) return 'formulas in an output with escapes'
  if (job.schema.classes.includes('')) return 'classes without a name'
  if (mayBeBlank(job.schema)) return 'a single column of names, which may be empty'
  return job.input && isEscaped(job.input) && !keepsCells(job) ? 'other escapes' : undefined
}

/** Whether the only cell of a row may be a list of no names. */
function mayBeBlank({ kept, emit }: Schema): boolean {
  return kept.length === 0 && emit.length === 1 && hasNames(emit)
}

/** Whether kept cells are copied unchanged. */
function keepsCells({ input, output, settings }: ScoreJob): boolean {
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
function hasNumericNames(columns: readonly Column[], logits: readonly number[], { decimalComma }: Dialect): boolean {
  const nameOf = ({ name }: Column) => (decimalComma ? withPoint(name) : name)
  return columns[0]?.headerCell !== undefined && logits.every((index) => isNumber(nameOf(columns[index]!)))
}

function keysRefusal(columns: readonly JsonColumn[], schema: Schema, named: boolean): string | undefined {
  const [first] = schema.logits.map((index) => columns[index]!) as [JsonColumn]
  if (!named) return 'rows that are arrays'
  if (schema.logitsList && first.type === 'record') return 'logits in an object'
  if (first.path.length > 1) return 'logits in a nested object'
  if (columns.some(({ inner }) => inner)) return 'values in a nested object'
  if (schema.truths) return 'a key per class'
  // A lone surrogate has no UTF-8 encoding, but the encoding of its replacement character would match another key.
  return columns.some(({ name }) => /\p{Surrogate}/u.test(name)) ? 'keys with lone surrogates' : undefined
}

function decimalsRefusal(columns: readonly Column[], { kept }: Schema): string | undefined {
  return kept.some((at) => columns[at]!.field?.type.kind === 'decimal') ? 'decimal columns' : undefined
}

/** Words that mean null are deferred like all words, but the kernel would read a number, or a date of a typed column. */
function nullsRefusal({ settings, schema, input }: ScoreJob, columns: readonly Column[]): string | undefined {
  const nulls = items(settings.null ?? [])
  if (nulls.some(isNumber) || (input?.decimalComma && nulls.map(withPoint).some(isNumber)))
    return 'numbers as null values'
  const tests = schema.kept.flatMap((at) => (columns[at]!.field ? [typeTest(columns[at]!.field.type)] : []))
  return tests.some((isRead) => nulls.some((text) => isRead(text.trim())))
    ? 'values of kept columns as null values'
    : undefined
}

function fieldsRefusal(schema: Schema): string | undefined {
  if (schema.arrays && schema.topK > 0) return 'the most probable classes in arrays'
  return schema.shape === 'record' ? 'probabilities in an object' : undefined
}

/** Names joined in a cell are written without escapes. */
function namesRefusal(job: ScoreJob): string | undefined {
  if (!hasNames(job.schema.emit)) return undefined
  const cellOf = labelCell(job)
  const isPlain =
    job.output!.delimiter !== NAMES_DELIMITER && job.schema.classes.every((name) => cellOf(name) === toBytes(name))
  return isPlain ? undefined : 'lists of class names that need quotes'
}

/** Creates the function that formats a class name as a cell. */
function labelCell({ output, settings }: ScoreJob): (name: string) => string {
  const encode = cellEncoder(output!)
  const safe = formulaEscaper(settings.escapeFormulas, output!)
  return (name) => encode(toBytes(safe(name)))
}

/** The kernel's new columns have a value in every row. */
function emptyRefusal({ emit }: Schema): string | undefined {
  return TRUTHS.some((name) => emit.includes(name)) ? 'results that need true classes' : undefined
}

/**
 * Output columns have the types of the first input, which may differ from those of this input if its format differs.
 */
function typesRefusal(columns: readonly Column[], schema: Schema, first: readonly Column[]): string | undefined {
  const isSame = schema.kept.every((index, nth) => sameType(keptType(columns[index]!), keptType(first[nth]!)))
  return isSame ? undefined : 'types that differ from those of the first input'
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
  const columns = source.columns.map(({ name }) => name)
  const isJson = source.format === 'ndjson'
  const hasLines = entry === 'scoreLines' || entry === 'measureLines'
  const opens = !passesLines(job) && schema.kept.length === 0
  return {
    labels: schema.classes.map(output ? labelCell(job) : json),
    keys: hasLines ? lineKeys(schema, columns).map(toBytes) : [],
    columnKeys: isJson && !hasLines ? columns.map(json) : [],
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
function lineKeys({ logits, truth, names }: Schema, columns: readonly string[]): string[] {
  return [...[...logits, ...(truth === undefined ? [] : [truth])].map((index) => columns[index]!), ...names]
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

/** The bytes before each kept value. */
function keptLeads({ kept }: Schema, names: string[]): string[] {
  return kept.map((column, nth) => `${nth === 0 ? '{' : ','}${names[column]!}:`)
}
