/** Resolves and reports the columns of an input; every later input must have the columns of the first. */
import { plural, SoftmaxError, shown, shownNames } from '../core/errors.js'
import { delimiterOf, type FormatName, rowFormatOf } from '../core/formats.js'
import { headerDifference, type Noun } from '../core/header-difference.js'
import { nameWarnings } from '../core/header-names.js'
import { requireNewNames } from '../core/new-names.js'
import { labelsText, optionText, speaking } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import { classWarnings, requireClasses } from '../core/output-layout.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { listsNames } from '../core/selector.js'
import { truthWarnings } from '../core/truth-columns.js'
import { isRowOrder } from '../formats/tensor/tensor.js'
import { hasLogits } from './defining-row.js'
import { hasHeaderOf, headerOf, inOrderOf, keptNames, requireMatch, withSelection } from './matched-columns.js'
import { isNumericColumn, leftOutWarning, requireNumeric, uselessLabels } from './numeric-columns.js'
import type { Input } from './open-input.js'
import { rejectedOf } from './row-counts.js'
import { type InputSettings, type Run, warnOfColumns } from './run.js'
import { separately } from './separate-inputs.js'

type Settings = SettingsOf<'bytes'>

/**
 * Resolves and reports the columns of an input. A later input must have the columns of the first, so it reuses what
 * was selected there.
 */
export function resolveColumns(
  reader: RecordBatchReader,
  resolve: (settings: InputSettings) => Schema,
  { name }: Input,
  run: Run,
  settings: InputSettings,
): Schema {
  const { columns, named } = reader
  const { first } = run
  const header = headerOf(reader)
  run.emit('header', header, name)
  const schema = resolveMatched(reader, resolve, run, settings)
  if (first) {
    requireForm(schema, first, run)
    const compared = { first: first.name, noun: 'class', remedy: labelsRemedy({ schema, columns }, first) } as const
    // Labels may rename different classes.
    if (schema.logitKeys && first.schema.logitKeys) requireSame(schema.logitKeys, first.schema.logitKeys, run, compared)
    requireSame(schema.classes, first.schema.classes, run, compared)
    requireSame(keptNames(schema), keptNames(first.schema), run, { first: first.name, noun: 'kept column' })
  }
  const isRequested = settings.header !== undefined || delimiterOf(settings.from) === undefined
  for (const warning of named ? nameWarnings(header, isRequested) : []) warnOfColumns(run, warning, name)
  const isSingle = settings.onError === 'skip' || hasLogits(schema, columns, settings)
  if (!first && isSingle) requireClasses(schema, settings)
  // The fields of a typed column have an order.
  const keys = columns[schema.logits[0]!]?.field ? undefined : schema.logitKeys
  const warnings = first
    ? []
    : [...classWarnings(schema, settings, { isSingle, keys }), ...truthWarnings(schema, settings)]
  for (const warning of warnings) run.emit('warning', warning, name)
  run.emit('schema', schema, name)
  run.first ??= { name, format: settings.from, named, header, columns: [...columns], schema }
  return schema
}

/**
 * Resolves the columns of an input: those of a later one are selected as in the first, and kept in its order. Throws
 * E_SCHEMA if they do not match.
 */
export function resolveMatched(
  reader: RecordBatchReader,
  resolve: (settings: InputSettings) => Schema,
  run: Run,
  settings: InputSettings,
): Schema {
  const { first } = run
  if (first) requireMatch(reader, { ...first, ...logitsOf(first.schema, settings) }, run)
  const schema = resolve(withSelection(settings, reader, run))
  return first && !hasHeaderOf(reader, first) ? inOrderOf(first.schema, schema) : schema
}

/** The logits of the first input. If a row has a single one, other columns with numbers would be doubtful. */
function logitsOf({ logits, logitsList, guessed }: Schema, settings: InputSettings) {
  const isDoubtful = settings.logits === undefined && !logitsList && logits.length === 1
  return { logits, isGuessed: guessed === true || isDoubtful }
}

/**
 * Throws E_SCHEMA if logits are nested at another depth than in the first input, or in another form, such as objects
 * instead of lists, in which their results have other columns.
 */
function requireForm(schema: Schema, { name, schema: first }: NonNullable<Run['first']>, run: Run): void {
  const isWritten = run.measures !== true && schema.shape !== first.shape
  if (schema.depth === first.depth && !(isWritten && fieldsText(schema) !== fieldsText(first))) return
  const of = name === undefined ? 'the first input' : shown(name)
  throw new SoftmaxError('E_SCHEMA', {
    header: schema.header,
    first: name ?? 'the first',
    difference: `its logits are ${formOf(schema)}, but ${formOf(first)} in ${of}`,
    remedy: separately(run, true),
  })
}

/** The names and types of the results. */
function fieldsText(schema: Schema): string {
  return JSON.stringify(fieldsOf(schema.emit, schema).map(({ name, type }) => [name, type]))
}

/** What the logits of a row are. */
function formOf({ depth = 0, logitsList, logitKeys }: Schema): string {
  if (logitKeys) return 'objects of numbers'
  return logitsList ? `${'lists of '.repeat(depth + 1)}numbers` : 'single numbers'
}

/** The name of the first input, if it has one, and what is compared. */
interface Compared {
  first: string | undefined
  noun: Noun
  remedy?: string | undefined
}

/** Throws E_SCHEMA if classes or kept columns differ from those of the `first` input. */
function requireSame(
  names: readonly string[],
  others: readonly string[],
  run: Run,
  { first, noun, remedy }: Compared,
): void {
  if (names.join('\0') === others.join('\0')) return
  const difference = headerDifference(names, others, first === undefined ? 'the first input' : shown(first), noun)
  throw new SoftmaxError('E_SCHEMA', {
    header: [...names],
    first: first ?? 'the first',
    difference,
    remedy: remedy ?? separately(run, noun === 'class'),
  })
}

/** The labels that give objects of JSON the classes of both inputs, of which one may be a column of structs. */
function labelsRemedy(
  { schema, columns }: Pick<NonNullable<Run['first']>, 'schema' | 'columns'>,
  first: NonNullable<Run['first']>,
): string | undefined {
  const [keys, others] = [schema.logitKeys, first.schema.logitKeys]
  if (!keys || !others) return undefined
  const [isOfType, isFirstOfType] = [hasType(schema, columns), hasType(first.schema, first.columns)]
  if (isOfType && isFirstOfType) return undefined
  const all = [...new Set(isOfType ? [...keys, ...others] : [...others, ...keys])]
  const labels = optionText('labels', labelsText(all))
  if (all.length === keys.length && all.length === others.length)
    return `these are the same classes in another order; ${labels} orders them`
  const isDeclarable = !isOfType && !isFirstOfType && all.length < keys.length + others.length
  return isDeclarable ? `${labels} declares all classes` : undefined
}

/** Whether the type of the logits fixes their keys: a struct of Parquet or Arrow. */
function hasType({ logits: [first] }: Schema, columns: readonly Column[]): boolean {
  return columns[first!]!.field !== undefined
}

/** The warning of {@link headerlessWarning} for JSON, if the output has no header. */
export function orderWarnings(schema: Schema, settings: InputSettings, hasHeader: boolean): string[] {
  const { header, kept, names } = schema
  const isOfObjects = rowFormatOf(settings.from) === 'ndjson' && header.length > 0
  if (hasHeader || !isOfObjects || isOrderGiven(schema, settings)) return []
  return headerlessWarning(settings.to, [...kept.map((index) => header[index]!), ...names])
}

/** Whether the order of the columns does not depend on that of an object's keys. */
function isOrderGiven(schema: Schema, { keep }: InputSettings): boolean {
  const { header, logitsList, logitKeys, emit, topK } = schema
  const isKeptInOrder = keep === false || (keep !== true && listsNames(keep, header))
  const haveClassesColumns = emit.includes('probs') && topK === 0
  return isKeptInOrder && (!haveClassesColumns || (logitsList === true && logitKeys === undefined))
}

/**
 * Warns of the order of columns made from objects if no header shows it: the first object of another input may have
 * another order.
 */
export function headerlessWarning(to: FormatName, names: readonly string[]): string[] {
  if (delimiterOf(to) === undefined) return []
  const order = `without a header, the columns are in the order of the first object: ${shownNames(names)}`
  const checked = to === 'copy' ? ', which COPY ... (HEADER MATCH) checks' : ''
  return [`${order}; ${optionText('outputHeader', true)} writes their names${checked}`]
}

/** Reports an array that is not written in the shape of the input; whether rows are rejected shows at the end. */
function reportShape({ shape }: RecordBatchReader, { name }: Input, run: Run, { onError }: Settings): void {
  const isPlain = !shape || (shape.sizes.length === 2 && shape.axis === 1)
  if (isPlain || run.first || (run.single && onError === 'fail')) return
  run.mayFlatten = run.single && isRowOrder(shape)
  if (run.mayFlatten) return
  const condition = run.single
    ? `with ${skipText()}, the input's shape is kept only if the classes are along the last axis`
    : "the input's shape is kept only for a single input"
  run.emit('warning', `${FLATTENED}; ${condition}`, name)
}

const FLATTENED = 'the output is flattened to rows x classes'

function skipText(): string {
  const skip = optionText('onError', 'skip')
  return speaking() === 'command' ? `${optionText('rejects')} or ${skip}` : skip
}

/** The warning that rejected rows leave gaps in the shape of the input, at the end of a run. */
export function flattenedWarning({ mayFlatten, stats }: Run): string | undefined {
  const rejected = rejectedOf(stats)
  if (!mayFlatten || rejected === 0) return undefined
  return `${FLATTENED}, without the input's shape, as ${plural(rejected, 'row')} ${rejected === 1 ? 'is' : 'are'} rejected`
}

/** The schema for a format that stores only numbers: non-numeric kept columns are dropped with a warning. */
export function numbersOf(
  schema: Schema,
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
): Schema {
  const { columns } = reader
  const { name } = input
  const { to } = settings
  if (schema.depth !== undefined) {
    const reason = `${to} stores one array, but lists of nested logits may have any length; write ndjson, parquet or arrow`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
  requireNumeric({ ...schema, to })
  const kept = schema.kept.filter((index) => isNumericColumn(columns[index]!, to))
  const left = schema.kept.filter((index) => !columns[index]!.isPosition && !kept.includes(index))
  reportShape(reader, input, run, settings)
  const useless = run.first ? undefined : uselessLabels(settings)
  if (useless !== undefined) run.emit('warning', useless, name)
  const names = left.map((index) => schema.header[index]!)
  if (names.length > 0) warnOfColumns(run, leftOutWarning(to, names), name)
  // The probabilities of all classes form one array.
  const shaped = { ...schema, shape: 'list' } as const
  requireNewNames(
    shaped,
    kept.map((index) => schema.header[index]!),
  )
  return { ...shaped, names: fieldsOf(schema.emit, shaped).map(({ name }) => name), kept }
}
