/** Resolves the columns of an input: which ones hold logits, which are kept, and the class names. */
import { logitNames } from './column-name.js'
import { type DataType, fieldsOf, typeName } from './data-type.js'
import { requireDeclared } from './declared-classes.js'
import { shapeReason } from './declared-shape.js'
import { SoftmaxError, shown } from './errors.js'
import type { Circumstances, SampledColumn } from './evidence.js'
import { keptIn } from './kept-columns.js'
import { labelNames } from './labels.js'
import { findLogits, type LogitColumns, requireNoObjects, requireNoScores, requireNoTable } from './logit-columns.js'
import { classCount, findLogitsColumn, findSelected, ofFirstRow, selectorOf } from './logits-list.js'
import { outputNames, requireNewNames } from './new-names.js'
import { requireEffect, type WrittenSettings } from './option-conflicts.js'
import { optionText } from './option-words.js'
import { opText, type SettingsOf } from './options.js'
import type { OutputLayout, Shape } from './output-columns.js'
import { type LayoutSettings, resolveLayout } from './output-layout.js'
import type { Column } from './record-batch.js'
import { select } from './selector.js'
import { type TruthPositions, truthIn, truthsOf, withoutTruth } from './truth-columns.js'

/** The columns of an input and an output, the same for all rows. */
export interface Schema extends OutputLayout, TruthPositions {
  /** Names of the input's columns; positions from 1 if it has no header. */
  header: string[]
  /** Positions, from 0, of the logit columns, in class order. */
  logits: number[]
  /** True if there is one such column, which holds the logits of all classes. */
  logitsList?: true
  /** True if its lists are in text cells. */
  listText?: true
  /** If it holds objects: their keys, in class order. */
  logitKeys?: readonly string[]
  /** True if the columns were guessed, rather than given by an option or by the naming convention. */
  guessed?: true
  /** Positions, from 0, of the columns that are passed through, in the order of the output. */
  kept: number[]
  /** Names of the new columns. */
  names: string[]
}

type SchemaSettings = LayoutSettings & WrittenSettings & Pick<SettingsOf<'bytes'>, 'logits' | 'keep'>

/**
 * Resolves the columns of an input with one logit per column.
 *
 * @param columns with their cells in the first rows: a guess uses all of them, the naming convention only the first
 * @param named whether the columns have names, or only positions
 * @throws E_COLUMNS, E_SELECTOR, E_LABELS, E_NAME or E_OPTION if they cannot be resolved unambiguously
 */
export function resolveSchema(settings: SchemaSettings, columns: readonly SampledColumn[], named: boolean): Schema {
  return withRenaming(settings, (settings) => schemaOf(settings, columns, { named, objects: false }))
}

/** Resolves a schema. An E_COLUMNS error gets the `emit` that its suggested logits require to avoid an E_NAME. */
export function withRenaming<S extends Pick<SchemaSettings, 'logits' | 'emit'>, T>(
  settings: S,
  resolve: (settings: S) => T,
): T {
  try {
    return resolve(settings)
  } catch (error) {
    if (!SoftmaxError.is(error, 'E_COLUMNS') || error.info.logits === undefined) throw error
    const emit = proposedEmit(() => resolve({ ...settings, logits: error.info.logits }))
    throw emit === undefined ? error : new SoftmaxError('E_COLUMNS', { ...error.info, emit })
  }
}

function proposedEmit(resolve: () => unknown): string | undefined {
  try {
    resolve()
  } catch (error) {
    if (SoftmaxError.is(error, 'E_NAME')) return error.info.emit
  }
  return undefined
}

function schemaOf(
  settings: SchemaSettings,
  columns: readonly SampledColumn[],
  needs: Pick<SchemaNeeds, 'named' | 'objects' | 'writesObjects'>,
): Schema {
  const { named } = needs
  const header = columns.map(({ name }) => name)
  const labels = settings.labels === undefined ? undefined : labelNames(settings.labels)
  const truths = truthsOf(settings, header)
  const { logits, guessed }: LogitColumns =
    settings.logits === undefined
      ? findLogits(ofFirstRow(withoutTruth(columns, truths)), { named, labels, ...countOf(settings) })
      : { logits: select(settings.logits, header.slice(0, ofFirstRow(columns).length)), guessed: false }
  const kept = keptOf(settings, columns, logits, needs)
  const names = named ? logitNames(logits.map((index) => columns[index]!)) : undefined
  const layout = resolveLayout({ ...settings, labels }, names, logits.length)
  const newNames = outputNames(layout)
  requireNewNames(layout, named ? kept.map((index) => header[index]!) : [])
  const truth = truthIn(truths, logits, columns, layout)
  return { header, logits, ...(guessed && { guessed }), ...truth, kept, names: newNames, ...layout }
}

/** Whether a row has a single logit, or may have: otherwise its probability is 1. */
function countOf({ op, binary }: SchemaSettings): Pick<Circumstances, 'isSingle' | 'mayBeSingle'> {
  const isSingle = binary !== undefined
  return { isSingle, mayBeSingle: isSingle || op.endsWith('sigmoid') }
}

/** The requirements of an output. */
export interface SchemaNeeds {
  named: boolean
  shapes: readonly Shape[]
  /** Whether rows are passed through as objects, with all their keys. */
  objects: boolean
  /** Whether rows are written as objects, whose keys have the order of the input; columns have that of the selector. */
  writesObjects?: boolean
  /** Whether there are no rows, which would determine the length of lists. */
  isEmpty?: boolean
  /** Whether an array is written as a table: classes that are named get columns, as in text. */
  isArrayToTable?: boolean
}

/**
 * Resolves the columns of an input that may hold all logits in one column, for an output that supports some shapes.
 *
 * @param evidence the input of a guess: see {@link needsEvidence}
 * @throws as {@link resolveSchema}
 */
export function resolveTable(
  settings: SchemaSettings,
  columns: readonly Column[],
  needs: SchemaNeeds,
  evidence: Evidence = {},
): Schema {
  requireEffect(settings)
  return withRenaming(settings, (settings) => tableSchemaOf(settings, columns, needs, evidence))
}

function tableSchemaOf(
  settings: SchemaSettings,
  columns: readonly Column[],
  needs: SchemaNeeds,
  evidence: Evidence,
): Schema {
  const position = findLogitsColumn(settings, columns)
  if (position !== undefined) return listSchemaOf(settings, columns, position, needs)
  const selected = findSelected(settings, columns)
  // Before the labels are counted, as a list of objects has one for each class, too.
  if (selected !== undefined) requireNoLists(columns, [selected])
  const schema = schemaOf(settings, sampledColumns(columns, evidence), needs)
  requireNumeric(schema.logits.map((index) => columns[index]!))
  requireNoLists(columns, schema.logits)
  if (needs.objects && settings.keep === true) requireNewNames(schema, schema.header)
  return schema
}

/** Throws E_ROW if a logit column has all rows of a table, or a list of objects that have the logits. */
function requireNoLists(columns: readonly Column[], logits: readonly number[]): void {
  const chosen = logits.map((index) => columns[index]!)
  if (chosen.some(({ type }) => type === 'list' || type === 'record' || type === 'json')) requireNoTable(columns)
  const header = columns.map(({ name }) => name)
  if (chosen.length === 1) requireNoScores(chosen)
  for (const column of chosen) requireNoObjects(column, header)
}

function sampledColumns(columns: readonly Column[], { rows, indexNames }: Evidence): SampledColumn[] {
  const header = columns.map(({ name }) => name)
  // Only the first is proposed: each selector takes a search through all names.
  const [list, nested] = [columns.findIndex(({ listText }) => listText), columns.findIndex(({ nested }) => nested)]
  return columns.map(({ sample, nestedPath, listPath, ...column }, index) => ({
    ...column,
    nestedPath: nestedPath ?? (index === nested ? selectorOf(header, index) : undefined),
    cells: rows?.[index] ?? [sample],
    isIndex: indexNames?.has(column.name) === true,
    listPath: listPath ?? (index === list ? selectorOf(header, index) : undefined),
  }))
}

/** The same if one column holds all logits. */
function listSchemaOf(
  settings: SchemaSettings,
  columns: readonly Column[],
  position: number,
  needs: SchemaNeeds,
): Schema {
  const { objects, isEmpty = false } = needs
  const header = columns.map(({ name }) => name)
  const { type, keys, field, nested, otherShape } = columns[position]!
  if (otherShape?.isTensor) throw new SoftmaxError('E_ROW', { row: 1, reason: shapeReason(otherShape) })
  const listText = type === 'text' && ({ listText: true } as const)
  const recordKeys = type === 'record' && keys && { logitKeys: keys }
  if (recordKeys && !field) requireDeclared(settings.labels, keys, header[position]!)
  const layout = resolveLayout(settings, keys ? [...keys] : undefined, classCount(columns[position]!, isEmpty))
  const shaped = nested
    ? nestedLayout(settings, layout, nested.depth)
    : shapedLayout(layout, type, shapesFor(layout, needs))
  const kept = keptOf(settings, columns, [position], needs)
  const names = outputNames(shaped)
  requireNewNames(shaped, objects && settings.keep === true ? header : kept.map((index) => header[index]!))
  const truth = truthIn(truthsOf(settings, header), [position], columns, shaped)
  return { header, logits: [position], logitsList: true, ...listText, ...recordKeys, ...truth, kept, names, ...shaped }
}

function shapesFor({ namedBy, assumed }: OutputLayout, { shapes, isArrayToTable }: SchemaNeeds): readonly Shape[] {
  return isArrayToTable && (namedBy || assumed) ? ['columns'] : shapes
}

/** The layout of results in one of the shapes that an output supports. */
function shapedLayout(layout: OutputLayout, type: Column['type'], shapes: readonly Shape[]): OutputLayout {
  if (type === 'record') return { ...layout, shape: shapes.includes('record') ? 'record' : 'columns' }
  return { ...layout, shape: shapes.includes('list') ? 'list' : 'columns' }
}

/** The same for nested rows. */
function nestedLayout({ truth }: SchemaSettings, layout: OutputLayout, depth: number): OutputLayout {
  if (truth === undefined || !layout.sigmoid) return { ...layout, shape: 'list', depth }
  const reason = `${optionText('truth')} has one class for each list of nested logits, so it cannot be used with ${opText('sigmoid')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** The columns that are passed through. Of objects, a selector may select the logits, too. */
function keptOf(
  { keep }: Pick<SchemaSettings, 'keep'>,
  columns: readonly Pick<Column, 'name' | 'inner'>[],
  logits: readonly number[],
  { objects, writesObjects }: Pick<SchemaNeeds, 'objects' | 'writesObjects'>,
): number[] {
  const kept = keptIn(keep, columns, { at: objects && keep !== true ? [] : logits, are: 'logits' })
  return writesObjects ? kept.toSorted((one, other) => one - other) : kept
}

/** Throws E_TYPE for a column of a non-numeric type, which would make every row bad. */
function requireNumeric(columns: readonly Column[]): void {
  const other = columns.find(({ field, type }) => field && (type === 'json' || type === 'bytes'))
  if (!other) return
  const type = typeName(other.field!.type)
  const named = `${shown(other.name)} is ${shown(type)}`
  if (isOfText(other.field!.type)) {
    const reason = `${named}, which is text; convert it to numbers, as "CAST(logits AS DOUBLE[])" does in DuckDB`
    throw new SoftmaxError('E_TYPE', { reason })
  }
  const reason = `${named}; logits must be numbers, or lists or structs of numbers; ${optionText('logits')} selects other columns`
  throw new SoftmaxError('E_TYPE', { reason })
}

/** Whether a type is text, or lists of text at any depth. */
function isOfText(type: DataType): boolean {
  if (type.kind === 'list' || type.kind === 'fixed_size_list') return isOfText(fieldsOf(type)[0]!.type)
  return type.kind === 'utf8' || (type.kind === 'dictionary' && isOfText(type.values))
}

/** The input of a guess, besides names. */
export interface Evidence {
  /** The cells of each column in the first rows. */
  rows?: readonly (readonly string[])[]
  /** The names of columns in which pandas stored its index. */
  indexNames?: ReadonlySet<string>
}
