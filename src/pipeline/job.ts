/** Resolves what scoring needs to know about an input and its output: columns, dialects and the writer. */
import { base64Warning } from '../core/byte-columns.js'
import { ignoredShapeWarning } from '../core/declared-shape.js'
import { delimiterOf, isArray, isText } from '../core/formats.js'
import { type FirstLine, headerWarnings, requireNames } from '../core/header-names.js'
import { declaredRemedy, patternRemedy, withRemedy } from '../core/late-keys.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { findLogitsColumn, needsEvidence } from '../core/logits-list.js'
import { nestedWarning } from '../core/lost-types.js'
import { requireKeys } from '../core/new-names.js'
import { isNumber, withPoint } from '../core/number.js'
import { items, OPTIONS } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import { gapWarning, indexWarning, lostIndexWarning, pandasIndexNames } from '../core/pandas-index.js'
import type { Column, Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import { type Evidence, resolveTable, type Schema } from '../core/schema.js'
import { unknownNames } from '../core/selector.js'
import { isByClass } from '../formats/class-columns.js'
import { outputDialect, pointsWarning } from '../formats/csv/dialect-options.js'
import { evenBatches } from '../formats/even-batches.js'
import { numbersOf, requireHeader, resolveColumns, withSelection } from './columns.js'
import { defineColumns, hasLogits } from './defining-row.js'
import { firstRows } from './first-rows.js'
import { emittedByDefault } from './numeric-columns.js'
import type { Input } from './open-input.js'
import { type InputSettings, type Run, warnOfColumns } from './run.js'
import type { ScoreJob } from './score-job.js'
import { textNullsWarning } from './untyped-nulls.js'

/** Resolves the job for an input: its columns, dialects and output. */
export async function jobOf(
  reader: RecordBatchReader,
  { shapes, numbersOnly, typed }: Format,
  input: Input,
  run: Run,
  given: InputSettings,
): Promise<ScoreJob> {
  const settings = numbersOnly ? withNumericDefault(given) : given
  const continues = await continuesFirst(reader, given, run)
  if (!continues && reader.failure) throw reader.failure
  const { columns, named, headerLine, rows, indexNames } = reader
  const rawRows = settings.from === 'ndjson' && settings.to === 'ndjson' && named && settings.keep !== false
  const isTable = typed === true && !numbersOnly
  // All inputs have the columns of the output, whose form and order the first one gave.
  const firstFormat = run.first?.format ?? settings.from
  const isArrayToTable = isTable && isArray(firstFormat)
  const keepsListedOrder = firstFormat === 'ndjson' && named && settings.to !== 'ndjson'
  const needs = { named, shapes, objects: rawRows, isEmpty: rows === 0, isArrayToTable, keepsListedOrder }
  const late = continues ? [] : await addKeptKeys(reader, settings, run)
  const remedy = lateRemedy(late, settings, isTable)
  const fits = async (isFirst: boolean) => {
    if (continues) return true
    const evidence = isFirst ? await evidenceOf(reader, run, settings) : {}
    const schema = resolveTable(withSelection(settings, run), columns, needs, evidence)
    requireHeader(schema.header, run)
    if (run.first && schema.depth !== run.first.schema.depth) return false
    return (isFirst || !schema.guessed) && hasLogits(schema, columns, settings)
  }
  await defineColumns(reader, settings, fits, (text) => run.emit('warning', text, input.name))
  const evidence = await evidenceOf(reader, run, settings)
  const isDetected = named && headerLine !== undefined && settings.header === undefined
  const resolve = (settings: Run['settings']) => {
    const isSure = (logits: readonly number[]) => indexNames && !logits.some((at) => indexNames.has(columns[at]!.name))
    if (isDetected && settings.logits === undefined && !indexNames)
      requireNames(firstNumbers(reader, settings), headerLine)
    const schema = withRemedy(late, remedy, () => resolveTable(settings, columns, needs, evidence))
    if (isDetected && !isSure(schema.logits)) requireNames(firstLine(reader, schema, settings), headerLine)
    // Delimited text may repeat a name. Many readers of Parquet and Arrow refuse files that do.
    const isUnique = settings.to === 'ndjson' || isTable
    if (isUnique) requireKeys(schema, rawRows, settings.to!)
    return numbersOnly ? numbersOf(schema, reader, input, run, settings) : schema
  }
  const isFirst = run.first === undefined
  const schema = resolveColumns(reader, resolve, input, run, settings)
  const found = { evidence, isDetected, isTable, isFirst }
  const dialect = reader.text?.source.format === 'csv' ? reader.text.source.dialect : undefined
  if (delimiterOf(settings.to) !== undefined) run.dialect ??= outputDialect(settings, dialect)
  for (const text of await warningsOf(reader, schema, settings, run, found)) warnOfColumns(run, text, input.name)
  const measures = run.measures === true
  const own = measures ? { ...schema, emit: [], names: [], kept: [] } : schema
  const byClass = isTable && isByClass(schema)
  // Delimited text without names has no header, whether that was requested or found.
  const isBare = !named && delimiterOf(settings.from) !== undefined
  return {
    settings: isBare ? { ...settings, header: false } : settings,
    schema: own,
    keep: numbersOnly && own.kept.length === 0 ? false : settings.keep,
    rawRows,
    typed,
    byClass,
    measures,
    isMeasured: measures || run.isMeasured === true,
    probe: run.probe,
    wantRaw: settings.onReject !== undefined,
    columns: settings.onReject && !isText(settings.from) ? columns : undefined,
    input: dialect,
    output: run.dialect,
  }
}

/** What is known when the columns are resolved. */
interface Found {
  evidence: Evidence
  /** Whether the first line was detected as a header. */
  isDetected: boolean
  /** Whether the output has typed columns. */
  isTable: boolean
  isFirst: boolean
}

/** The warnings about the columns of an input. */
async function warningsOf(
  reader: RecordBatchReader,
  schema: Schema,
  settings: InputSettings,
  run: Run,
  { evidence, isDetected, isTable, isFirst }: Found,
): Promise<string[]> {
  const { columns, indexNames, metadata } = reader
  const all = schema.kept.map((index) => columns[index]!)
  const kept = isTable ? all : []
  const lost = lostIndexWarning(metadata, losesIndex(settings, run, isTable))
  // The rows of an array never have labels.
  if (lost === undefined && !isArray(settings.to)) run.gapWarning ??= gapWarning(metadata)
  const warnings = [
    ...(isDetected && !indexNames ? headerWarnings(firstLine(reader, schema, settings)) : []),
    ...(reader.warnings?.(schema.kept) ?? []),
    schema.guessed || settings.logits !== undefined ? undefined : indexWarning(schema, evidence),
    lost,
    shapeWarning(schema, columns),
    nestedWarning(kept, requestedTypes(settings.types)),
    kept.length > 0 && isFirst ? await textNullsWarning(reader, schema, settings) : undefined,
    settings.to === 'copy' && isFirst && !run.measures ? base64Warning(all) : undefined,
    isFirst && !run.measures ? pointsWarning(run.dialect, fieldsOf(schema.emit, schema)) : undefined,
  ]
  return warnings.filter((text) => text !== undefined)
}

/** The warning that a shape next to the logits is not theirs. */
function shapeWarning({ logits: [first], logitsList }: Schema, columns: readonly Column[]): string | undefined {
  const { otherShape, name } = columns[first!]!
  return logitsList && otherShape ? ignoredShapeWarning(name, otherShape) : undefined
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

/** Whether an index of pandas without a column is lost in any case: there is no place for metadata, or not for all rows. */
function losesIndex({ keep, head }: InputSettings, { measures }: Run, hasMetadata: boolean): boolean {
  return measures !== true && keep === true && (head !== undefined || !hasMetadata)
}

/** Class names, which are emitted by default, are not numbers. */
function withNumericDefault(settings: InputSettings): InputSettings {
  return settings.emit === OPTIONS.emit.default ? { ...settings, emit: emittedByDefault(settings.to) } : settings
}

/** The first line of a text input, once its columns are resolved. */
function firstLine(
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

/** Creates the writer of an output. Blocks of text do not correspond to the record batches of a file. */
export async function newWriter(
  format: Format,
  schema: OutputSchema,
  { text }: RecordBatchReader,
): Promise<RecordBatchWriter> {
  const writer = await format.write(schema)
  return text && format.typed ? evenBatches(writer, schema) : writer
}
