/** Which jobs the kernel cannot do, so that the general lane has to. */
import { typeTest } from '../core/cell-types.js'
import { sameType } from '../core/data-type.js'
import { NAMES_DELIMITER } from '../core/decision.js'
import { type Dialect, isEscaped, toBytes } from '../core/dialect.js'
import { isNumber, withPoint } from '../core/number.js'
import { MOST_LEVELS } from '../core/object-members.js'
import { items } from '../core/options.js'
import { hasNames } from '../core/output-columns.js'
import type { Column, JsonColumn, RecordBatchReader, TextSource } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { keptType } from '../formats/columnar.js'
import type { InputSettings } from './run.js'
import type { ScoreJob } from './score-job.js'
import { hasNumericNames, keepsCells, labelCell } from './text-job.js'

/** Wider rows take the general lane: their numbers do not fit in kernel memory. */
const MOST_CLASSES = 1 << 17

/** What the kernel cannot do of a job, if anything; `kept` are the kept columns of the first input, if there is one. */
export function kernelRefusal(
  job: ScoreJob,
  { text, named }: RecordBatchReader,
  { from, to }: InputSettings,
  kept: readonly Column[] | undefined,
): string | undefined {
  const { schema } = job
  if (!text) return `${from} to ${to}`
  const { source } = text
  return (
    listsRefusal(schema, source) ??
    (source.format === 'csv' ? csvRefusal(source, schema) : keysRefusal(source.columns, schema, named)) ??
    commasRefusal(job, source) ??
    quotesRefusal(job) ??
    escapesRefusal(job) ??
    (job.output ? outputRefusal(job) : fieldsRefusal(schema)) ??
    (job.typed ? columnsRefusal(source.columns, schema, kept) : undefined) ??
    nullsRefusal(job, source.columns) ??
    (schema.classes.length > MOST_CLASSES ? `more than ${MOST_CLASSES} classes` : undefined)
  )
}

function listsRefusal({ depth, logitsList }: Schema, { format }: TextSource): string | undefined {
  if (depth !== undefined) return 'nested logits'
  return logitsList && format === 'csv' ? 'lists in cells' : undefined
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

function keysRefusal(columns: readonly JsonColumn[], schema: Schema, named: boolean): string | undefined {
  const [first] = schema.logits.map((index) => columns[index]!) as [JsonColumn]
  if (!named) return 'rows that are arrays'
  if (first.path.length > 1 && !schema.logitsList) return 'logits in a nested object'
  if (first.path.slice(1).some((key) => /^\d+$/.test(key))) return 'logits in a list of objects'
  if (first.path.length > MOST_LEVELS) return `logits inside more than ${MOST_LEVELS} objects`
  if (columns.some((column) => column.inner && column !== first)) return 'values in a nested object'
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
  return schema.arrays && schema.topK > 0 ? 'the most probable classes in arrays' : undefined
}

/** Names joined in a cell are written without escapes. */
function namesRefusal(job: ScoreJob): string | undefined {
  if (!hasNames(job.schema.emit)) return undefined
  const cellOf = labelCell(job)
  const isPlain =
    job.output!.delimiter !== NAMES_DELIMITER && job.schema.classes.every((name) => cellOf(name) === toBytes(name))
  return isPlain ? undefined : 'lists of class names that need quotes'
}

/** What it cannot do with typed columns. */
function columnsRefusal(
  columns: readonly Column[],
  schema: Schema,
  kept: readonly Column[] | undefined,
): string | undefined {
  return decimalsRefusal(columns, schema) ?? (kept ? typesRefusal(columns, schema, kept) : undefined)
}

/**
 * Output columns have the types of the first input, which may differ from those of this input if its format differs.
 */
function typesRefusal(columns: readonly Column[], schema: Schema, first: readonly Column[]): string | undefined {
  const isSame = schema.kept.every((index, nth) => sameType(keptType(columns[index]!), keptType(first[nth]!)))
  return isSame ? undefined : 'types that differ from those of the first input'
}
