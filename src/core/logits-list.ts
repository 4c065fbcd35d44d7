/** Finds a single column that holds the logits of all classes, as a list or a record. */
import { isLogitName, plainName, resultsOf } from './column-name.js'
import { SoftmaxError, shown } from './errors.js'
import { isOtherName } from './known-names.js'
import { requireNoTable } from './logit-columns.js'
import type { ValueOf } from './options.js'
import type { Column } from './record-batch.js'
import { select } from './selector.js'

/** The option that selects it. */
interface Selection {
  logits?: ValueOf<'logits'> | undefined
}

/** What logits are that are in one column: lists, objects, or nested lists. */
export type LogitsForm = Pick<Column, 'type' | 'width' | 'keys' | 'nested'>

/** Whether the logit columns have to be guessed, which needs the first rows. */
export function needsEvidence(settings: Selection, columns: readonly Column[], named: boolean): boolean {
  if (settings.logits !== undefined || findLogitsColumn(settings, columns) !== undefined) return false
  return !named || !ofFirstRow(columns).some(({ name }) => isLogitName(name))
}

/** The columns that may hold logits: those that only later rows have are the last ones. */
export function ofFirstRow<T extends { isLate?: true | undefined }>(columns: readonly T[]): readonly T[] {
  return columns.at(-1)?.isLate ? columns.filter(({ isLate }) => !isLate) : columns
}

/** More classes than any model has: a list this long is corrupt. */
const MOST_CLASSES = 1 << 24

/** The number of classes; undefined if no row shows it. Throws E_ROW, or E_TYPE for an impossible number. */
export function classCount({ keys, nested, width = nested?.width ?? 0 }: Column, isEmpty: boolean): number | undefined {
  // Nested lists may all be empty.
  const count = keys?.length ?? (width === 0 && (isEmpty || nested) ? undefined : width)
  if (count === 0) throw new SoftmaxError('E_ROW', { row: 1, reason: 'the row has no logits' })
  if (count === undefined || count <= MOST_CLASSES) return count
  throw new SoftmaxError('E_TYPE', { reason: `a row would have ${count} logits` })
}

/**
 * The column that holds all logits: the selected one, or by default the one with that name. Undefined if there is none,
 * or if columns hold one logit each. Throws E_SELECTOR, or E_COLUMNS if it would be a guess.
 */
export function findLogitsColumn(selection: Selection, columns: readonly Column[]): number | undefined {
  const chosen = chosenLogitsColumn(selection, columns)
  if (chosen === undefined && selection.logits === undefined) requireNoOtherList(ofFirstRow(columns))
  return chosen
}

/** The same without a guess. */
export function chosenLogitsColumn({ logits }: Selection, all: readonly Column[]): number | undefined {
  const columns = ofFirstRow(all)
  const header = columns.map(({ name }) => name)
  const [index, ...more] = logits ? select(logits, header) : calledLogits(columns)
  if (index === undefined || more.length > 0) return undefined
  const isNested = logits !== undefined && columns[index]!.nested !== undefined
  return holdsAll(columns[index]!) || isNested ? index : undefined
}

/** Whether a column holds the logits of all classes, if it holds logits. */
function holdsAll(column: Column): boolean {
  return isList(column) || column.type === 'record'
}

/** Throws E_COLUMNS if no column is named like logits, and one has lists, which may be logits. */
function requireNoOtherList(columns: readonly Column[]): void {
  const header = columns.map(({ name }) => name)
  const mayHold = ({ type, holdsWords = false }: Column) => type === 'list' && !holdsWords
  const [list, ...more] = [...header.keys()].filter((index) => mayHold(columns[index]!))
  const flat = columns.some((column) => isLogitName(column.name) && !holdsAll(column))
  if (flat || list === undefined || more.length > 0) return
  // A list of true classes next to nested logits is left to the guess.
  if (isOtherName(header[list]!) && columns.some(({ nested }) => nested)) return
  requireNoTable(columns)
  const reason = `${shown(header[list]!)} contains lists, which may be logits`
  const holds = resultsOf([header[list]!])
  throw new SoftmaxError('E_COLUMNS', {
    header,
    logits: selectorOf(header, list),
    reason,
    ...(holds && { holds }),
  })
}

/**
 * The only column that may hold all logits although no value shows it: the only selected one, or by default the only one
 * that is called like logits, if its name is `logits`. None if rows have a single logit.
 */
export function possibleList<T extends Pick<Column, 'name'>>(
  { binary, ...selection }: Selection & { binary?: ValueOf<'binary'> | undefined },
  columns: readonly T[],
): T | undefined {
  if (binary !== undefined) return undefined
  if (selection.logits !== undefined) return columns[findSelected(selection, columns) ?? -1]
  const [column, ...more] = columns.filter(({ name }) => isLogitName(name))
  return more.length === 0 && /^logits$/i.test(plainName(column?.name ?? '')) ? column : undefined
}

/** The only selected column; undefined if there are more, or none. */
export function findSelected({ logits }: Selection, columns: readonly Pick<Column, 'name'>[]): number | undefined {
  if (logits === undefined) return undefined
  try {
    const [first, ...more] = select(
      logits,
      columns.map(({ name }) => name),
    )
    return more.length === 0 ? first : undefined
  } catch {
    // The selector's error is reported where it is applied.
    return undefined
  }
}

/** The list or record columns with that name; a list in a cell may be a mistake in one of several columns. */
function calledLogits(columns: readonly Column[]): number[] {
  const called = [...columns.keys()].filter((index) => isLogitName(columns[index]!.name))
  return called.filter((index) => {
    const { type, listText } = columns[index]!
    return listText ? called.length === 1 : type === 'list' || type === 'record'
  })
}

/** Whether a column holds lists, including lists in text cells. */
export function isList({ type, listText }: Column): boolean {
  return type === 'list' || listText === true
}

/** A column's name if a selector would take it for a name, otherwise its position. */
export function selectorOf(header: readonly string[], index: number): string {
  const name = header[index]!
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !header.includes(name, index + 1) ? name : String(index + 1)
}
