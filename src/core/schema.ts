/** What the columns of an input are: which hold logits, which are kept, what the classes are called. */

import { type Applied, readCalibration, requireSameClasses } from './calibration.js'
import { className, isLogitName, isResultName } from './column-name.js'
import { typeName } from './data-type.js'
import { binaryClasses, decisionOf } from './decision.js'
import { SoftmaxError, shown } from './errors.js'
import type { SampledColumn } from './evidence.js'
import { labelNames, readLabels, repeated } from './labels.js'
import { findLogits, type LogitColumns, requireNoTable } from './logit-columns.js'
import { optionText } from './option-words.js'
import { items, type SettingsOf } from './options.js'
import { fieldsOf, type Layout, type OutputColumn, parseEmit, type Shape, TRUTHS } from './output-columns.js'
import type { Column } from './record-batch.js'
import { type EmitLayout, emitBeside, namesOfFields } from './renaming.js'
import { select, selectOne, selectTruths } from './selector.js'
import { byClass } from './truth-columns.js'
import { requireApart } from './truth-names.js'

/** The columns of an input and an output, the same for all rows. */
export interface Schema extends Layout {
  /** Names of the input's columns; positions from 1 where it has no header. */
  header: string[]
  /** Positions, from 0, of the columns that hold logits, in class order. */
  logits: number[]
  /** True where there is one such column, and it holds the logits of all classes. */
  logitsList?: true
  /** True where neither an option nor the convention of their names says which these are. */
  guessed?: true
  /** The position, from 0, of the column of true classes. */
  truth?: number
  /** Where each class has one, 0 or 1: these, in class order; `truth` is the first. */
  truths?: number[]
  /** Positions, from 0, of the columns that come out as they are. */
  kept: number[]
  emit: OutputColumn[]
  /** Names of the new columns. */
  names: string[]
}

type SchemaSettings = Pick<SettingsOf<'bytes'>, 'op' | 'logits' | 'labels' | 'emit' | 'topK' | 'keep'> &
  Partial<Pick<SettingsOf<'bytes'>, 'truth' | 'threshold' | 'calibration' | 'binary' | 'minConfidence'>>

/**
 * Resolves the columns of an input whose logits stand in a column each.
 *
 * @param columns with their cells in the first rows, of which a guess takes all, and a convention the first
 * @param named whether the columns have names, or positions only
 * @throws E_COLUMNS, E_SELECTOR, E_LABELS, E_NAME or E_OPTION where they cannot be resolved without a doubt.
 */
export function resolveSchema(settings: SchemaSettings, columns: readonly SampledColumn[], named: boolean): Schema {
  return withRenaming(settings, (settings) => schemaOf(settings, columns, named))
}

/** Resolves something. An E_COLUMNS gets the `emit` without which the logits that it proposes would end in an E_NAME. */
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

function schemaOf(settings: SchemaSettings, columns: readonly SampledColumn[], named: boolean): Schema {
  const header = columns.map(({ name }) => name)
  const labels = settings.labels === undefined ? undefined : labelNames(settings.labels)
  const truths = truthsOf(settings, header)
  const { logits, guessed }: LogitColumns =
    settings.logits === undefined
      ? findLogits(withoutTruth(columns, truths), { named, labels })
      : { logits: select(settings.logits, header), guessed: false }
  const chosen = new Set(logits)
  const kept = settings.keep ? [...header.keys()].filter((index) => !chosen.has(index)) : []
  const names = named ? logits.map((index) => header[index]!) : undefined
  const layout = resolveLayout({ ...settings, labels }, names, logits.length)
  const outputNames = namesOf(layout)
  requireNewNames(layout, named ? kept.map((index) => header[index]!) : [])
  const truth = truthIn(truths, logits, header, layout)
  return { header, logits, ...(guessed && { guessed }), ...truth, kept, names: outputNames, ...layout }
}

/** Throws E_CONFLICT where an output column is of the true class, and there is none. */
export function requireTruth(emit: readonly OutputColumn[], truth: unknown): void {
  const needing = TRUTHS.find((name) => emit.includes(name))
  if (needing === undefined || truth !== undefined) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${needing} is of the true class of a row; name its column with ${optionText('truth')}`,
  })
}

/** The columns of true classes: one, or where a row may have several, perhaps one for each. */
function truthsOf({ truth, op }: SchemaSettings, header: readonly string[]): number[] {
  if (truth === undefined) return []
  return op.endsWith('sigmoid') ? selectTruths(truth, header) : [selectOne(truth, header)]
}

function truthIn(
  truths: readonly number[],
  logits: readonly number[],
  header: readonly string[],
  layout: Layout & { emit: readonly OutputColumn[] },
): Pick<Schema, 'truth' | 'truths'> {
  const [truth] = truths
  for (const index of truths) requireApart(index, logits, header[index]!)
  requireTruth(layout.emit, truth)
  if (truth === undefined) return {}
  requireDistinctClasses(layout.classes)
  const names = truths.map((index) => header[index]!)
  return hasBits(names, layout) ? { truth, truths: byClass(truths, names, layout.classes) } : { truth }
}

/** Throws E_NAME where two classes have one name: it does not say which one is true. */
export function requireDistinctClasses(classes: readonly string[]): void {
  const name = repeated(classes)
  if (name !== undefined) throw new SoftmaxError('E_NAME', { name, of: 'classes' })
}

/** Whether some columns of true classes are a bit each. Throws E_CONFLICT where they are neither as many as classes nor one. */
export function hasBits(names: readonly string[], layout: Layout & { emit: readonly OutputColumn[] }): boolean {
  const { classes, sigmoid, emit, decision } = layout
  if (!sigmoid) return false
  const option = emit.includes('rank')
    ? `${optionText('emit')} has rank, which is of one true class a row, and sigmoid is for several: loss and correct are of these`
    : decision?.minConfidence !== undefined
      ? `${optionText('minConfidence')} is of one label a row, and sigmoid is for several: ${optionText('threshold')} chooses these`
      : undefined
  if (option !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: option })
  if (names.length === 1) return false
  if (names.length === classes.length) return true
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${optionText('truth')} selects ${names.length} columns, and there are ${classes.length} classes; name a column for each, or one that lists them`,
  })
}

/** A column of true classes is no logit, whatever it is called and has. */
function withoutTruth(columns: readonly SampledColumn[], truths: readonly number[]): readonly SampledColumn[] {
  return columns.map((column, index) => (truths.includes(index) ? { ...column, isIndex: true } : column))
}

/** What an output asks of a schema. */
export interface SchemaNeeds {
  named: boolean
  shapes: readonly Shape[]
  /** Whether rows come out as the objects that they are, with all their keys. */
  objects: boolean
  /** Whether there are no rows: those of lists would say how many classes there are. */
  isEmpty?: boolean
}

/**
 * Resolves the columns of an input that may hold all logits in one of them, for an output that takes some shapes.
 *
 * @param evidence what a guess needs: see {@link needsEvidence}
 * @throws the same
 */
export function resolveTable(
  settings: SchemaSettings,
  columns: readonly Column[],
  needs: SchemaNeeds,
  evidence: Evidence = {},
): Schema {
  return withRenaming(settings, (settings) => tableSchemaOf(settings, columns, needs, evidence))
}

function tableSchemaOf(
  settings: SchemaSettings,
  columns: readonly Column[],
  { named, shapes, objects, isEmpty = false }: SchemaNeeds,
  { rows, indexNames }: Evidence,
): Schema {
  const header = columns.map(({ name }) => name)
  const whole = findWhole(settings, columns)
  if (whole === undefined) {
    const sampled = columns.map(({ name, type, sample, listPath, rowsPath, wholeTable }, index) => ({
      name,
      type,
      cells: rows?.[index] ?? [sample],
      isIndex: indexNames?.has(name) === true,
      listPath,
      rowsPath,
      wholeTable,
    }))
    const schema = schemaOf(settings, sampled, named)
    requireNumeric(schema.logits.map((index) => columns[index]!))
    if (objects) requireNewNames(schema, header)
    return schema
  }
  const { type, keys, width = 0 } = columns[whole]!
  const count = keys?.length ?? (width === 0 && isEmpty ? undefined : width)
  if (count === 0) throw new SoftmaxError('E_ROW', { row: 1, reason: 'a row without logits is not a row' })
  if (count !== undefined && count > MOST_CLASSES)
    throw new SoftmaxError('E_TYPE', { reason: `a row would have ${count} logits` })
  const layout = resolveLayout(settings, keys ? [...keys] : undefined, count)
  const shape = type === 'record' && shapes.includes('record') ? 'record' : shapes.includes('list') ? 'list' : 'columns'
  const shaped = { ...layout, shape: type === 'record' && shape === 'list' ? 'columns' : shape } as const
  const kept = settings.keep ? [...header.keys()].filter((index) => index !== whole) : []
  const names = namesOf(shaped)
  requireNewNames(shaped, objects ? header : kept.map((index) => header[index]!))
  const truth = truthIn(truthsOf(settings, header), [whole], header, shaped)
  return { header, logits: [whole], logitsList: true, ...truth, kept, names, ...shaped }
}

/** Throws E_TYPE for a column whose type has no numbers, which would make every row a bad one. */
function requireNumeric(columns: readonly Column[]): void {
  const other = columns.find(({ field, type }) => field && (type === 'json' || type === 'bytes'))
  if (!other) return
  const type = typeName(other.field!.type)
  const reason = `${shown(other.name)} is ${shown(type)}; logits are numbers, lists or structs of numbers, and ${optionText('logits')} selects others`
  throw new SoftmaxError('E_TYPE', { reason })
}

/** What a guess goes by, beside names. */
export interface Evidence {
  /** The cells of each column in the first rows. */
  rows?: readonly (readonly string[])[]
  /** The names of columns that pandas stored the index of its rows in. */
  indexNames?: ReadonlySet<string>
}

/** Whether the columns that hold logits have to be guessed, which takes the first rows. */
export function needsEvidence(
  settings: Pick<SchemaSettings, 'logits'>,
  columns: readonly Column[],
  named: boolean,
): boolean {
  if (settings.logits !== undefined || findWhole(settings, columns) !== undefined) return false
  return !named || !columns.some(({ name }) => isLogitName(name))
}

/** More classes than any model has: a list that says so is damaged. */
const MOST_CLASSES = 1 << 24

/**
 * The column that holds all logits: the one that is selected or, unasked, the one that is called so. Undefined where
 * there is none, or where columns of one logit are. Throws E_COLUMNS where it would be a guess, E_SELECTOR.
 */
export function findWhole({ logits }: Pick<SchemaSettings, 'logits'>, columns: readonly Column[]): number | undefined {
  const isWhole = (index: number) => columns[index]!.type === 'list' || columns[index]!.type === 'record'
  const header = columns.map(({ name }) => name)
  const chosen = logits
    ? select(logits, header)
    : [...header.keys()].filter((index) => isWhole(index) && isLogitName(header[index]!))
  if (chosen.length === 1) return isWhole(chosen[0]!) ? chosen[0] : undefined
  const mayHold = ({ type, holdsWords = false }: Column) => type === 'list' && !holdsWords
  const [list, ...more] = [...header.keys()].filter((index) => mayHold(columns[index]!))
  const flat = header.some((name, index) => isLogitName(name) && !isWhole(index))
  if (logits || flat || list === undefined || more.length > 0) return undefined
  requireNoTable(columns)
  const reason = `${shown(header[list]!)} holds lists, and may be one of them`
  const isScored = isResultName(header[list]!)
  throw new SoftmaxError('E_COLUMNS', {
    header,
    logits: selectorOf(header, list),
    reason,
    ...(isScored && { isScored }),
  })
}

/** A column's name, where a selector takes that for a name; else its position. */
function selectorOf(header: readonly string[], index: number): string {
  const name = header[index]!
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !header.includes(name, index + 1) ? name : String(index + 1)
}

function namesOf(layout: Layout & { emit: OutputColumn[] }): string[] {
  const names = fieldsOf(layout.emit, layout).map(({ name }) => name)
  const asked = Object.values(layout.columnNames ?? {})
  const twice = asked.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) throw new SoftmaxError('E_NAME', { name: twice, emit: emitBeside([], layout) })
  return names
}

type LayoutSettings = Pick<SchemaSettings, 'op' | 'emit' | 'topK'> &
  Partial<Pick<SchemaSettings, 'labels' | 'truth' | 'threshold' | 'calibration' | 'binary' | 'minConfidence'>>

/**
 * Resolves what the classes are called, by `--labels` or the names of their columns, and what is written of them. Their
 * number is undefined where no row says it.
 */
export function resolveLayout(
  settings: LayoutSettings,
  names: string[] | undefined,
  count: number | undefined,
): Layout & { emit: OutputColumn[] } {
  const { op, labels, emit, topK = 0, binary } = settings
  const sigmoid = op.endsWith('sigmoid')
  const pair = binary === undefined ? undefined : binaryClasses(binary, { labels, sigmoid, count })
  const most = pair?.length ?? count
  if (most !== undefined && topK > most) {
    throw new SoftmaxError('E_OPTION', {
      option: 'topK',
      value: topK,
      expected: `at most the number of classes, ${most}`,
    })
  }
  const own = names?.map(className)
  const unasked = own ?? Array.from({ length: count ?? 0 }, (_, index) => String(index))
  const classes = pair ?? (labels === undefined ? unasked : readLabels(labels, count, own))
  const { emit: columns, names: columnNames } = parseEmit(items(emit))
  if (sigmoid) requireOwn(columns)
  if (settings.calibration !== undefined) {
    requireCalibrated(settings.calibration, classes, sigmoid, (pair ?? own ?? labels) !== undefined)
  }
  const known = count === undefined && !pair ? undefined : classes
  const decision = decisionOf(settings, { emit: columns, sigmoid, binary: pair !== undefined }, known)
  const decided = { ...(pair && { binary: true }), ...(decision && { decision }) }
  return { classes, log: op.startsWith('log-'), sigmoid, topK, emit: columns, columnNames, ...decided }
}

/** Throws E_CALIBRATION or E_CONFLICT where a calibration is not of these classes; rows of unknown number have none. */
function requireCalibrated(
  calibration: string | Applied,
  classes: readonly string[],
  sigmoid: boolean,
  named: boolean,
): void {
  if (sigmoid) {
    const reason = `${optionText('calibration')} is of probabilities that add up to 1, and those of sigmoid do not`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
  if (classes.length > 0) requireSameClasses(readCalibration(calibration), classes, named)
}

/** Throws E_CONFLICT where an output column is of all classes together, and each has a probability of its own. */
function requireOwn(emit: readonly OutputColumn[]): void {
  const joint = emit.find((name) => name === 'entropy' || name === 'logsumexp')
  if (joint === undefined) return
  const reason = `${joint} is of probabilities that add up to 1, and those of sigmoid do not; leave it out of ${optionText('emit')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_NAME where an object would have two values of one key: of kept columns, new ones, or classes. */
export function requireKeys(schema: Schema, keepsKeys: boolean): void {
  const { header, kept, names, classes, shape } = schema
  const keptNames = keepsKeys ? [] : kept.map((index) => header[index]!)
  const keptTwice = repeated(keptNames)
  if (keptTwice !== undefined) throw new SoftmaxError('E_NAME', { name: keptTwice, of: 'kept columns' })
  const classTwice = shape === 'record' || repeated(names) !== undefined ? repeated(classes) : undefined
  if (classTwice !== undefined) throw new SoftmaxError('E_NAME', { name: classTwice, of: 'classes' })
  const name = repeated([...keptNames, ...names])
  if (name !== undefined) throw new SoftmaxError('E_NAME', { name, emit: emitBeside(keptNames, schema) })
}

/** Throws E_NAME where a new column would have the name of one that is kept. */
export function requireNewNames(layout: EmitLayout, kept: readonly string[], namesOf = namesOfFields): void {
  const taken = new Set(kept)
  const clash = namesOf(layout).find(([, name]) => taken.has(name))
  if (clash) throw new SoftmaxError('E_NAME', { name: clash[1], emit: emitBeside(kept, layout, namesOf) })
}

/** What is unusual about the classes, and not an error. */
export function classWarnings({ classes, sigmoid }: Layout): string[] {
  const twice = repeated(classes)
  if (twice !== undefined) return [`two classes are called ${shown(twice)}; name them with ${optionText('labels')}`]
  return sigmoid || classes.length !== 1
    ? []
    : [
        `${shown(classes[0]!)} is the only class, so its probability is 1 in every row; ${optionText('binary', 'no,yes')} makes two classes of one logit`,
      ]
}
