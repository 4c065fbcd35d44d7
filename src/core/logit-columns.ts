/**
 * Finds the logit columns if no option selects them.
 *
 * Names that begin with `logit` are a convention and need no announcement. Anything else is a guess, which is
 * announced. It needs evidence in the header or the first rows, and nothing there may contradict it. Otherwise,
 * E_COLUMNS says why, and which `--logits` would work.
 */
import { hasLogitWord, isLogitName, isResultName, plainName, resultsOf, wordsOf } from './column-name.js'
import { type ColumnsInfo, pythonHint, SoftmaxError, shown } from './errors.js'
import {
  areNamedAsClasses,
  type Circumstances,
  type Doubt,
  doubtOf,
  type Facts,
  factsOf,
  familyOf,
  isEvident,
  largestFamily,
  lettersOf,
  rowsOf,
  type SampledColumn,
  strangerAmong,
} from './evidence.js'
import { isNumber, withPoint } from './number.js'
import { optionText } from './option-words.js'
import { SUMMARIES } from './output-columns.js'
import { listsRemedy } from './parallel-lists.js'
import { FEW, SIGNS, signOfProbabilities } from './probabilities.js'
import { proposedSelector } from './proposed-selector.js'

/** The number of rows a guess is based on. */
export const EVIDENCE_ROWS = 100

/** The positions of the logit columns, from 0, and whether they were guessed. */
export interface LogitColumns {
  logits: number[]
  guessed: boolean
}

/** Finds the logit columns. Throws E_COLUMNS if the evidence is insufficient. */
export function findLogits(columns: readonly SampledColumn[], circumstances: Circumstances): LogitColumns {
  const conventional = circumstances.named ? columns.filter(({ name, isIndex }) => !isIndex && isLogitName(name)) : []
  if (conventional.length === 0) return { logits: positionsOf(guess(columns, circumstances)), guessed: true }
  const chosen = new Set(conventional)
  const positions = [...columns.keys()].filter((index) => chosen.has(columns[index]!))
  if (positions.length === 1) requireNoObject(conventional, columns)
  const numbers = positions.length === 1 ? unnamedNumbers(columns, positions) : []
  requireNoLookalikes(columns, positions, circumstances.mayBeSingle ? [] : numbers, circumstances)
  return { logits: positions, guessed: numbers.length > 0 }
}

/**
 * Throws if other columns resemble those that follow the convention, because classes would be missed: those with the
 * word logit, and numbers next to the only logit, unless a row may have a single one.
 */
function requireNoLookalikes(
  columns: readonly SampledColumn[],
  chosen: readonly number[],
  numbers: readonly number[],
  { isSingle = false }: Circumstances,
): void {
  const header = columns.map(({ name }) => name)
  const words = othersIn(columns, chosen, ({ name }) => hasLogitWord(name))
  const alike = [...new Set([...words, ...numbers])].sort((a, b) => a - b)
  if (alike.length === 0) return
  const [first, other] = [header[chosen[0]!]!, header[alike[0]!]!]
  const reason = `${shown(other)} may be one as well as ${shown(first)}`
  const only = chosen.length === 1 ? proposedSelector(header, chosen) : undefined
  if (isSingle && only !== undefined) throw notDetected(header, chosen, reason)
  const all = [...chosen, ...alike].sort((a, b) => a - b)
  throw notDetected(header, all, reason, numbers.length > 0 ? { only } : {})
}

/** The positions of numbers whose names do not suggest anything else than logits. */
function unnamedNumbers(columns: readonly SampledColumn[], chosen: readonly number[]): number[] {
  const header = columns.map(({ name }) => name)
  return othersIn(columns, chosen, (column, index) => isUnnamedNumber(factsOf(column, index, header)))
}

/** The positions of columns that may be logits, but are not chosen, and pass a test. */
function othersIn(
  columns: readonly SampledColumn[],
  chosen: readonly number[],
  test: (column: SampledColumn, index: number) => boolean,
): number[] {
  const isChosen = new Set(chosen)
  const isLeft = (column: SampledColumn, index: number) => !column.isIndex && !isChosen.has(index)
  return columns.flatMap((column, index) => (isLeft(column, index) && test(column, index) ? [index] : []))
}

function isUnnamedNumber({ isNumeric, isOther, isIndex }: Facts): boolean {
  return isNumeric && !isOther && !isIndex
}

function guess(all: readonly SampledColumn[], circumstances: Circumstances): readonly Facts[] {
  const header = all.map(({ name }) => name)
  const facts = all.map((column, index) => factsOf(column, index, circumstances.named ? header : undefined))
  const columns = facts.filter(({ isIndex }) => !isIndex)
  const byLabel = byLabels(columns, circumstances)
  const singled = byLabel ?? byWord(columns, circumstances)
  const chosen = singled ?? columns.filter(({ isNumeric }) => isNumeric)
  const isSure = singled !== undefined || areNamedAsClasses(chosen, circumstances)
  const nameReason = byLabel ? undefined : nameDoubt(chosen, without(columns, chosen), singled !== undefined)
  const doubt = sizeDoubt(chosen, circumstances) ?? nameReason ?? doubtOf(chosen, isSure ? FEW : 0)
  if (!doubt && (isSure || isEvident(chosen, circumstances))) return chosen
  requireNoTable(all)
  if (!isSure) requireNoScores(all)
  if (chosen.length === 0) requireRows(all, all)
  const suggested = singled ?? suggestion(doubt?.culprit ? without(columns, [doubt.culprit]) : columns)
  if (suggested.length < 2) requireNoInnerList(all, all)
  if (suggested.length === 0) requireNoRows(all)
  requireFlat(all, all)
  if (!isSure) requireNoClassObject(all, all, suggested.length < 2)
  const isOfProbabilities = suggested.length > 1 && signOfProbabilities(rowsOf(suggested)) === 'sum'
  if (isOfProbabilities) throw notDetected(header, positionsOf(suggested), SIGNS.sum, { holds: 'probabilities' })
  throw notDetected(
    header,
    positionsOf(proposable(suggested, circumstances)),
    pythonDoubt(all) ?? commaDoubt(all) ?? doubt?.reason ?? NO_EVIDENCE,
    {
      ...(suggested.length === 1 && !circumstances.mayBeSingle && { isOnly: true }),
      ...(columns.some(({ values }) => values.some(Number.isFinite)) && { hasNumbers: true }),
    },
  )
}

/** Throws E_ROW or E_COLUMNS if the only column named like a logit has rows, or lists or objects with the logits. */
function requireNoObject(columns: readonly SampledColumn[], all: readonly SampledColumn[]): void {
  requireRows(columns, all)
  if (columns.some(({ type }) => type === 'json')) requireNoTable(all)
  requireNoInnerList(columns, all)
  requireNoClassObject(columns, all, true)
}

/** Throws E_COLUMNS if one of some columns has objects with a list of numbers, as tensors are, or is a list itself. */
function requireNoInnerList(columns: readonly SampledColumn[], all: readonly SampledColumn[]): void {
  const logits = columns.find(({ listPath }) => listPath !== undefined)?.listPath
  if (logits === undefined) return
  const reason = `${shown(logits)} contains a list of numbers`
  throw new SoftmaxError('E_COLUMNS', { header: all.map(({ name }) => name), logits, reason })
}

/** Throws E_ROW if the first row is a complete table. */
export function requireNoTable([first]: readonly Pick<SampledColumn, 'jsonTable'>[]): void {
  if (first?.jsonTable !== undefined) throw new SoftmaxError('E_ROW', { row: 1, reason: first.jsonTable })
}

/** Throws E_ROW if the actual rows are in a list inside the first row. */
function requireRows(columns: readonly SampledColumn[], all: readonly SampledColumn[]): void {
  if (columns.length === 0) throw new SoftmaxError('E_ROW', { row: 1, reason: 'an object without keys is not a row' })
  requireNoTable(columns)
  requireNoScores(columns)
  requireFlat(columns, all)
  requireNoRows(columns)
}

/** Throws E_ROW if a column has a list of labels with scores, whose order may differ from row to row. */
export function requireNoScores(columns: readonly Pick<SampledColumn, 'scoreList'>[]): void {
  const reason = columns.find(({ scoreList }) => scoreList !== undefined)?.scoreList
  if (reason !== undefined) throw new SoftmaxError('E_ROW', { row: 1, reason })
}

function requireNoRows(columns: readonly SampledColumn[]): void {
  const { rowsPath: path, rowsOnly, rowsRemedy } = columns.find(({ rowsPath }) => rowsPath !== undefined) ?? {}
  if (path === undefined) return
  const only = rowsOnly && `${optionText('logits', rowsOnly)} reads the first object; to make a row of each, `
  const reason = `${shown(path)} contains a list of ${only ? 'objects' : 'rows'}; ${only ?? ''}${rowsRemedy}`
  throw new SoftmaxError('E_ROW', { row: 1, reason })
}

/** Throws E_ROW if the only selected column has a list of objects with logits, whose other keys are kept. */
export function requireNoObjects(column: RowsColumn, header: readonly string[]): void {
  const { rowsPath: path, rowsLogits, rowsRemedy } = column
  if (path === undefined || rowsLogits === undefined) return
  const lists = listsRemedy(path.split('.'), rowsLogits.split('.'), header)
  const rows = `${lists === undefined ? '' : 'to make a row of each, '}${rowsRemedy}`
  const reason = `${shown(path)} contains a list of objects; ${lists === undefined ? rows : `${lists}; ${rows}`}`
  throw new SoftmaxError('E_ROW', { row: 1, reason })
}

type RowsColumn = Pick<SampledColumn, 'rowsPath' | 'rowsLogits' | 'rowsRemedy'>

/** Throws E_COLUMNS if columns have nested lists of numbers: these may be nested logits or a batch of rows. */
function requireFlat(columns: readonly SampledColumn[], all: readonly SampledColumn[]): void {
  const { nestedPath: logits, rowsRemedy } = columns.find(({ nestedPath }) => nestedPath !== undefined) ?? {}
  if (logits === undefined) return
  const split = rowsRemedy === undefined ? '' : ` (to make each a row, ${rowsRemedy})`
  const reason = `${shown(logits)} contains lists of lists of numbers${split}`
  throw new SoftmaxError('E_COLUMNS', { header: all.map(({ name }) => name), logits, reason })
}

/**
 * Throws E_COLUMNS if exactly one object appears to have the logits of all classes; `mayHoldProbabilities` if it may
 * also have their probabilities.
 */
function requireNoClassObject(
  columns: readonly SampledColumn[],
  all: readonly SampledColumn[],
  mayHoldProbabilities: boolean,
): void {
  const objects = columns.flatMap(({ classObjects = [] }) => classObjects)
  const ofLogits = objects.filter(({ holds }) => holds === 'logits')
  const [object, ...more] = ofLogits.length === 0 && mayHoldProbabilities ? objects : ofLogits
  if (object === undefined || more.length > 0) return
  const { path: logits, holds } = object
  const header = all.map(({ name }) => name)
  if (holds === 'logits') {
    throw new SoftmaxError('E_COLUMNS', { header, logits, reason: `${shown(logits)} is an object of numbers` })
  }
  throw new SoftmaxError('E_COLUMNS', { header, logits, reason: `${shown(logits)}: ${SIGNS.sum}`, holds })
}

/** Doubts because a column has cells in Python's notation for several numbers, which may be the logits. */
function pythonDoubt(columns: readonly SampledColumn[]): string | undefined {
  for (const { name, cells } of columns) {
    const hint = pythonHint(cells[0] ?? '')
    if (hint !== undefined) return `${shown(name)} has ${shown(cells[0]!)}${hint}`
  }
  return undefined
}

const NO_EVIDENCE = 'neither the names nor the first rows identify them'

/** The columns named like the given classes. */
function byLabels(columns: readonly Facts[], { named, labels }: Circumstances): readonly Facts[] | undefined {
  const names = new Set(named ? labels : [])
  const those = columns.filter(({ name }) => names.has(plainName(name)))
  return those.length > 0 && those.length === names.size ? those : undefined
}

/** The columns with the word logit in their names. */
function byWord(columns: readonly Facts[], { named }: Circumstances): readonly Facts[] | undefined {
  const those = columns.filter(({ name }) => named && hasLogitWord(name))
  return those.length > 0 ? those : undefined
}

/** The columns to propose: several would be too many for rows of one logit, unless they show what the columns are. */
function proposable(columns: readonly Facts[], { isSingle = false }: Circumstances): readonly Facts[] {
  const isKnown = columns.length < 2 || resultsOf(columns.map(({ name }) => name)) !== undefined
  return isSingle && !isKnown ? [] : columns
}

function without(all: readonly Facts[], those: readonly Facts[]): readonly Facts[] {
  const left = new Set(those)
  return all.filter((facts) => !left.has(facts))
}

/** Doubts because numbers have a decimal comma, unless it may be a thousands separator. */
function commaDoubt(columns: readonly SampledColumn[]): string | undefined {
  const isDecimal = (cell: string) => cell.includes(',') && isNumber(withPoint(cell))
  const isOfCommas = ({ cells }: SampledColumn) =>
    cells.some((cell) => isDecimal(cell) && !/,\d{3}$/.test(cell)) &&
    cells.every((cell) => isDecimal(cell) || isNumber(cell))
  return columns.some(isOfCommas) ? `decimals have a comma, which ${optionText('decimal', ',')} reads` : undefined
}

function sizeDoubt(columns: readonly Facts[], { mayBeSingle = false }: Circumstances): Doubt | undefined {
  const [first, second] = columns
  if (!first) return { reason: 'none contains numbers' }
  if (second) return undefined
  // A single line may be anything, not only a header.
  if (first.values.length === 0) return { reason: 'no row follows the header', culprit: first }
  return { reason: mayBeSingle ? NO_EVIDENCE : `${shown(first.name)} would be the only class` }
}

/**
 * Doubts about selected columns named like keys, true classes and the like, unless the header singles them out, and
 * about unselected columns that are not.
 */
function nameDoubt(chosen: readonly Facts[], rest: readonly Facts[], isSingled: boolean): Doubt | undefined {
  const other = isSingled ? undefined : chosen.find(({ isOther }) => isOther)
  if (other) return { reason: `${shown(other.name)} is a common name for a key, a true class or a measurement` }
  const doubtful = rest.find(({ isNumeric, isOther }) => !isOther && (isNumeric || !isSingled))
  if (!doubtful) return undefined
  return { reason: `${shown(doubtful.name)} ${doubtful.isNumeric ? 'may be one, too' : 'does not contain numbers'}` }
}

/** The likely logit columns: the first letters, or those that the rows do not contradict. */
function suggestion(columns: readonly Facts[]): readonly Facts[] {
  const letters = lettersOf(columns.filter(({ isPossible }) => isPossible))
  if (letters.length > 0) return letters
  let left = columns
  for (let dropped = 0; ; dropped++) {
    const likely = likelyLogits(left)
    const stranger = likely.length > 2 && dropped < MOST_DROPPED ? strangerAmong(likely) : undefined
    if (!stranger) return likely
    left = without(left, [stranger])
  }
}

/** If even more columns are doubtful, doubts mean little. */
const MOST_DROPPED = 8

/** Columns without text, and nothing named like a key if there are others. */
function likelyLogits(columns: readonly Facts[]): readonly Facts[] {
  const possible = columns.filter(({ isPossible }) => isPossible)
  const named = possible.filter(({ isOther, name }) => !isOther && !isRankedLabel(name, columns))
  if (named.length === 0) return suggestionOfOthers(possible)
  const hasFractions = fractionsOf(possible).length > 0
  const usable = hasFractions ? named.filter((facts) => !isFlag(facts)) : named
  const isNone = usable.length === 0 || (usable.length === 1 && isCount(usable[0]!))
  if (hasFractions && isNone) return onlyLogit(fractionsOf(possible))
  const fractions = fractionsOf(usable)
  const alike = familyOf(usable)
  if (alike.length > 0) return alike
  return fractions.length > 1 ? fractions : usable
}

/** Whether a column has only 0 and 1, and both, as true classes have. */
function isFlag({ values }: Facts): boolean {
  return (
    values.includes(0) && values.includes(1) && !values.some((value) => ![0, 1].includes(value) && !Number.isNaN(value))
  )
}

/** Whether a column has only integers that are not negative, as lengths and counts do, and 0 for false. */
function isCount({ isInteger, values }: Facts): boolean {
  return isInteger && !values.some((value) => value < 0)
}

/** The column, if there is one, that may have a single logit whatever its name is: preferably one named so. */
function onlyLogit(fractions: readonly Facts[]): readonly Facts[] {
  const outside = fractions.filter(({ values }) => values.some((value) => value < 0 || value > 1))
  const named = outside.filter(({ name }) => wordsOf(name).some((word) => SINGLE_WORDS.has(word)))
  const bothSigns = fractions.filter(isOfBothSigns)
  const both = named.filter(isOfBothSigns)
  return [both, bothSigns, named].find(({ length }) => length === 1) ?? []
}

/** Words in names of a single logit, with which classifiers of two classes are exported. */
const SINGLE_WORDS = new Set(['logit', 'margin', 'score', 'decision'])

/** Whether a column has numbers of both signs, as logits have, whatever its name is. */
function isOfBothSigns({ values }: Facts): boolean {
  return values.some((value) => value < 0) && values.some((value) => value > 0)
}

/** The same if all names suggest something else: columns named like results, or alike, or with fractions. */
function suggestionOfOthers(columns: readonly Facts[]): readonly Facts[] {
  const results = columns.filter(({ name }) => isResultName(name))
  const alike = results.length > 1 ? results : largestFamily(columns)
  if (alike.length > 0) return alike
  const fractions = fractionsOf(columns).filter(({ name }) => !SUMMARIES.some((summary) => summary === plainName(name)))
  return fractions.length > 1 ? fractions : []
}

/** Whether a column is `label_1` next to `p_1`: the most probable class in output of this package. */
function isRankedLabel(name: string, columns: readonly Facts[]): boolean {
  const [, rank] = /^label_(\d+)$/.exec(name) ?? []
  return rank !== undefined && columns.some((other) => [`p_${rank}`, `logp_${rank}`].includes(other.name))
}

function fractionsOf(columns: readonly Facts[]): readonly Facts[] {
  return columns.filter(({ isInteger }) => !isInteger)
}

/** The error that shows the header, and a selector that would work, if there is one. */
function notDetected(
  header: string[],
  suggested: readonly number[],
  reason: string,
  seen: Pick<ColumnsInfo, 'holds' | 'isOnly' | 'only' | 'hasNumbers'> = {},
): SoftmaxError {
  const holds = resultsOf(suggested.map((index) => header[index]!))
  return new SoftmaxError('E_COLUMNS', {
    header,
    logits: proposedSelector(header, suggested),
    reason,
    ...seen,
    ...(holds && { holds }),
  })
}

function positionsOf(columns: readonly Facts[]): number[] {
  return columns.map(({ index }) => index)
}
