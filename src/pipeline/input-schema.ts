/** Resolves the schema of an input: which of its columns are logits, and which are kept. */
import { delimiterOf, isArray } from '../core/formats.js'
import { type FirstLine, requireNames } from '../core/header-names.js'
import { declaredRemedy, patternRemedy, withRemedy } from '../core/late-keys.js'
import { ofFirstRow } from '../core/late-logits.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { findLogitsColumn, needsEvidence } from '../core/logits-list.js'
import { requireKeys } from '../core/new-names.js'
import { isNumber, withPoint } from '../core/number.js'
import { items } from '../core/options.js'
import { requireClasses } from '../core/output-layout.js'
import { pandasIndexNames } from '../core/pandas-index.js'
import type { Column, Format, RecordBatchReader } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import { type Evidence, resolveTable, type Schema, type SchemaNeeds } from '../core/schema.js'
import { unknownNames } from '../core/selector.js'
import { numbersOf, resolveColumns, resolveMatched } from './columns.js'
import { defineColumns, hasLogits, untriedWarning } from './defining-row.js'
import { firstRows } from './first-rows.js'
import type { Input } from './open-input.js'
import type { InputSettings, Run } from './run.js'
import { measureList } from './unmeasured-lists.js'

/** An open input that is going to be scored, and the format of its output. */
export interface InputContext {
  reader: RecordBatchReader
  format: Format
  input: Input
  run: Run
  settings: InputSettings
  /** Whether nothing shows how many logits its lists have. */
  isUnmeasured?: boolean
}

/** A schema, and what it was resolved from. */
export interface ResolvedSchema {
  schema: Schema
  evidence: Evidence
  /** Whether this is the first input, whose columns all others must have. */
  isFirst: boolean
}

/** Resolves the columns of an input, and reports them. */
export async function resolveSchema(context: InputContext): Promise<ResolvedSchema> {
  const { reader, input, run, settings } = context
  const isFirst = run.first === undefined
  const continues = await continuesFirst(reader, settings, run)
  if (!continues && reader.failure) throw reader.failure
  const late = continues ? [] : await addKeptKeys(reader, settings, run)
  const fits = (isFirstRow: boolean) => fitsOptions(context, isFirstRow)
  const untried = continues ? undefined : await defineColumns(reader, settings, fits)
  const length = await measureList(reader, settings, run)
  const isUnmeasured = length === 'unknown'
  if (untried !== undefined && length !== 'known')
    run.emit('warning', untriedWarning(untried, isUnmeasured), input.name)
  const evidence = await evidenceOf(reader, run, settings)
  const resolve = (settings: InputSettings) => checkedSchema({ ...context, settings, isUnmeasured }, evidence, late)
  return { schema: resolveColumns(reader, resolve, input, run, settings), evidence, isFirst }
}

/** Whether the output has typed columns. */
export function isTable({ typed, numbersOnly }: Format): boolean {
  return typed && !numbersOnly
}

/** Whether rows are passed through as JSON objects. */
export function passesObjects({ named }: RecordBatchReader, { from, to, keep }: InputSettings): boolean {
  return from === 'ndjson' && to === 'ndjson' && named && keep !== false
}

/** Whether the columns as they are defined now fit the options, and have logits. */
async function fitsOptions(context: InputContext, isFirstRow: boolean): Promise<boolean> {
  const { reader, run, settings } = context
  const evidence = isFirstRow ? await evidenceOf(reader, run, settings) : {}
  const resolve = (settings: InputSettings) => resolveTable(settings, reader.columns, needsOf(context), evidence)
  const schema = resolveMatched(reader, resolve, run, settings)
  if (run.first && schema.depth !== run.first.schema.depth) return false
  if ((!isFirstRow && schema.guessed) || !hasLogits(schema, reader.columns, settings)) return false
  if (!run.first) requireClasses(schema, settings)
  return true
}

function needsOf({ reader, format, run, settings, isUnmeasured = false }: InputContext): SchemaNeeds {
  const { named, rows } = reader
  // All inputs have the columns of the output, whose form and order the first one gave.
  const firstFormat = run.first?.format ?? settings.from
  return {
    named,
    shapes: format.shapes,
    objects: passesObjects(reader, settings),
    writesObjects: settings.to === 'ndjson',
    isEmpty: rows === 0 || isUnmeasured,
    isArrayToTable: isTable(format) && isArray(firstFormat),
  }
}

/** Resolves the schema, and checks that the first line is a header and that the output can have these columns. */
function checkedSchema(context: InputContext, evidence: Evidence, late: readonly string[]): Schema {
  const { reader, format, input, run, settings } = context
  const { columns, defineBy, headerLine, indexNames } = reader
  const isDetected = hasDetectedHeader(reader, settings)
  if (isDetected && settings.logits === undefined && !indexNames)
    requireNames(firstNumbers(reader, settings), headerLine!)
  const remedy = lateRemedy(late, settings, isTable(format))
  const resolve = () => resolveTable(settings, columns, needsOf(context), evidence)
  const schema = withRemedy(late, remedy, () => (defineBy ? ofFirstRow(settings, resolve) : resolve()))
  const isPandasHeader = indexNames && !schema.logits.some((index) => indexNames.has(columns[index]!.name))
  if (isDetected && !isPandasHeader) requireNames(firstLine(reader, schema, settings), headerLine!)
  // Delimited text may repeat a name. Many readers of Parquet and Arrow refuse files that do.
  const isUnique = settings.to === 'ndjson' || isTable(format)
  if (isUnique) requireKeys(schema, passesObjects(reader, settings), settings.to)
  return format.numbersOnly ? numbersOf(schema, reader, input, run, settings) : schema
}

/** Whether the first line was detected as a header. */
export function hasDetectedHeader({ named, headerLine }: RecordBatchReader, { header }: InputSettings): boolean {
  return named && headerLine !== undefined && header === undefined
}

/**
 * Gives JSON lines the columns of the first input if they may have been later ones of it: if one of the first lines has all
 * it needs to be scored. Returns whether it does.
 */
async function continuesFirst(reader: RecordBatchReader, { missing }: InputSettings, { first }: Run): Promise<boolean> {
  if (first?.format !== 'ndjson' || !reader.continueFrom) return false
  const { logits, truth, truths = [] } = first.schema
  const others = [...(truth === undefined ? [] : [truth]), ...truths]
  const continues = await reader.continueFrom(first.columns, (has) => {
    const hasLogits = missing === 'error' ? logits.every(has) : logits.some(has)
    return hasLogits && others.every(has)
  })
  if (continues) reader.named = first.named
  return continues
}

/**
 * Adds the kept keys that the first row does not have, and returns those that only later rows may have. Those that have a
 * requested type, or that the first input has, need not be in any row.
 */
async function addKeptKeys(
  { columns, addKeys }: RecordBatchReader,
  { keep, types }: InputSettings,
  { first, single, isPart = false }: Run,
): Promise<readonly string[]> {
  if (typeof keep === 'boolean' || !addKeys) return []
  const header = columns.map(({ name }) => name)
  const keys = unknownNames(keep, header)
  const known = [...(first?.schema.header ?? []), ...requestedTypes(types).byName.keys()]
  return keys.length > 0 ? addKeys(keys, known, !single || isPart) : []
}

/** How to keep keys that only later rows may have. */
function lateRemedy(late: readonly string[], { keep, types, to }: InputSettings, isTable: boolean): string | undefined {
  if (late.length === 0 || typeof keep === 'boolean') return undefined
  if (to === 'ndjson') return patternRemedy(late, keep)
  return isTable || delimiterOf(to) !== undefined ? declaredRemedy(late, keep, types) : undefined
}

/** The first line of a text input, once its columns are resolved. */
export function firstLine(
  { columns, headerOnly = false }: RecordBatchReader,
  { header, logits }: Pick<Schema, 'header' | 'logits'>,
  { labels, null: nulls = [], decimal }: Run['settings'],
): FirstLine {
  return {
    header: decimal === ',' ? header.map(withPoint) : header,
    logits,
    samples: columns.map(({ sample }) => (headerOnly ? '' : sample)),
    labels,
    nulls: items(nulls),
  }
}

/** The first line before columns are resolved: the numeric columns are assumed to be the logits. */
function firstNumbers(reader: RecordBatchReader, settings: Run['settings']): FirstLine {
  const { columns } = reader
  const logits = [...columns.keys()].filter((index) => isNumber(columns[index]!.sample))
  return firstLine(reader, { header: columns.map(({ name }) => name), logits }, settings)
}

/** The sample rows used to guess the logit columns of the first input, if they must be guessed. */
async function evidenceOf(reader: RecordBatchReader, { first }: Run, settings: InputSettings): Promise<Evidence> {
  if (first) return {}
  // If lines precede the header, the selected names are not among the columns; the sample rows reveal that.
  if (reader.named && !isSelectable(settings, reader.columns)) await firstRows(reader, EVIDENCE_ROWS)
  const indexNames = reader.indexNames ?? pandasIndexNames(reader.metadata)
  const columns = reader.columns.filter(({ name }) => !indexNames.has(name))
  if (!needsEvidence(settings, columns, reader.named)) return { indexNames }
  return { rows: await firstRows(reader, EVIDENCE_ROWS), indexNames }
}

function isSelectable(settings: InputSettings, columns: readonly Column[]): boolean {
  try {
    findLogitsColumn(settings, columns)
    return true
  } catch {
    return false
  }
}
