/** Moves the selected logits of rows into one property, as `softmax` expects them. */
import { logitNames } from '../core/column-name.js'
import { isOneRow, nestedLists, SHAPE_KEYS } from '../core/declared-shape.js'
import { SoftmaxError } from '../core/errors.js'
import { keyOrderer, structNames } from '../core/key-order.js'
import { findLogitsColumn } from '../core/logits-list.js'
import { optionText } from '../core/option-words.js'
import type { ValueOf } from '../core/options.js'
import type { Column, JsonColumn, RowError } from '../core/record-batch.js'
import { select } from '../core/selector.js'
import { shapeAt } from '../formats/ndjson/nested.js'
import { valueAt } from '../formats/ndjson/row.js'

type Row = Record<string, unknown>

/** The property for the logits of a row. */
const LOGITS = 'logits'

/**
 * Creates the function that moves the selected logits into one property: the value that holds them all, or a record of
 * the value of each column.
 *
 * @throws E_SELECTOR; E_CONFLICT if another column has that name
 */
export function logitsInOne(logits: NonNullable<ValueOf<'logits'>>, columns: readonly Column[]): (row: Row) => Row {
  const header = columns.map(({ name }) => name)
  const list = findLogitsColumn({ logits }, columns)
  const selected = list === undefined ? select(logits, header) : [list]
  const paths = selected.map((index) => (columns[index] as Partial<JsonColumn>).path ?? [header[index]!])
  // A value selected inside another one stays where it is.
  const moved = new Set(paths.filter(({ length }) => length === 1).map(([name]) => name!))
  if (header.includes(LOGITS) && !moved.has(LOGITS)) throw takenError()
  const keys = logitNames(selected.map((index) => columns[index]!))
  const field = list === undefined ? undefined : columns[list]!.field
  const withOrder = keyOrderer(list === undefined ? keys : ((field && structNames(field)) ?? []))
  const inOrder = (logits: unknown) => (typeof logits === 'object' && logits !== null ? withOrder(logits) : logits)
  return (row) => {
    const rest = Object.entries(row).filter(([name]) => !moved.has(name))
    if (list !== undefined) return Object.fromEntries([...rest, [LOGITS, inOrder(listAt(row, paths[0]!))]])
    const values = paths.map((path, nth) => [keys[nth]!, valueAt(row, path)] as const)
    return Object.fromEntries([...rest, [LOGITS, inOrder(Object.fromEntries(values))]])
  }
}

/** The logits at a path: a list inside an object, nested if a shape next to it says so, as that stays behind. */
function listAt(row: Row, path: readonly string[]): unknown {
  const found = valueAt(row, path)
  const declared = path.length > 1 ? shapeAt(row, path) : undefined
  if (!declared?.sizes || isOneRow(declared)) return found
  return nestedLists(found as unknown[], declared.sizes)
}

/** Creates the function that finds the error of a row whose list of logits does not match the shape next to it. */
export function shapeErrors(
  logits: NonNullable<ValueOf<'logits'>>,
  columns: readonly Column[],
): ((text: string) => RowError | undefined) | undefined {
  const list = findLogitsColumn({ logits }, columns)
  const path = list === undefined ? undefined : (columns[list] as Partial<JsonColumn>).path
  if (!path) return undefined
  return (text) => {
    // A key may be escaped.
    if (!text.includes('\\u') && !SHAPE_KEYS.some((key) => text.includes(`${key}"`))) return undefined
    const declared = shapeAt(JSON.parse(text), path)
    if (!declared || declared.sizes || !declared.isTensor) return undefined
    return { code: 'E_ROW', info: { reason: declared.mismatch } }
  }
}

/** Throws E_CONFLICT if columns have no names, since such rows are arrays of cells. */
export function requireNamed(logits: ValueOf<'logits'> | undefined, named: boolean): void {
  if (logits === undefined || named) return
  const reason = `${optionText('logits')} selects columns by name, but rows without a header are lists of all cells; leave it out`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

function takenError(): SoftmaxError {
  const reason = `${optionText('logits')} puts the selected columns into the property logits, but another column has that name; rename it, or select with softmax({ logits })`
  return new SoftmaxError('E_CONFLICT', { reason })
}
