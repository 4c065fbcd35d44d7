/** Converts values to logits. */
import { type InexactNumber, isExact } from './column-numbers.js'
import { shown } from './errors.js'
import { extended } from './extended.js'
import { kindOf } from './kind-of.js'
import type { MissingRule } from './missing.js'
import { isOverflow, readNumber } from './number.js'
import type { RowError } from './record-batch.js'

/** The logit that a value represents, or the error. Text must follow the grammar in `number.ts`, or be empty. */
export function logitOf(value: unknown, rule: MissingRule): number | RowError {
  if (typeof value === 'number') return rule.nulls?.hasNumber(value) ? missingLogit(rule) : value
  if (typeof value === 'string') return logitOfText(value, rule)
  if (typeof value === 'bigint') return logitOfBigint(value, rule)
  if (value === null || value === undefined) return missingLogit(rule)
  const info = typeof value === 'object' ? { cell: kindOf(value), of: 'value' } : { cell: String(value) }
  return { code: 'E_CELL', info }
}

/** Like an integer of Parquet or Arrow: one that a double may round is an error. */
function logitOfBigint(value: bigint, rule: MissingRule): number | RowError {
  const number = Number(value)
  if (rule.nulls?.hasValue(value)) return missingLogit(rule)
  if (isExact(number)) return logitOf(number, rule)
  return { code: 'E_OVERFLOW', info: { cell: String(value), isBigint: true } }
}

/** The error of an integer or a decimal that may not be the double that represents it. */
export function notExact({ digits, isDecimal }: InexactNumber): RowError {
  return { code: 'E_OVERFLOW', info: { cell: digits, ...(isDecimal ? { isDecimal } : { isInteger: true }) } }
}

/** The error of logits that are not a list, or not an object. */
export function notLogits(name: string, value: unknown, expected: string): RowError {
  return { code: 'E_ROW', info: { reason: `${shown(name)} is ${kindOf(value)}, not ${expected}` } }
}

/** The error of a logit in a list, which is identified by its class index, from 0. */
export function ofClass({ code, info }: RowError, index: number): RowError {
  return { code, info: extended(info, { classIndex: index }), column: String(index) }
}

/** The error of a logit in a list or an object, whose classes may have names. */
export function ofNamedClass(error: RowError, name: string | undefined, index: number): RowError {
  return name === undefined ? ofClass(error, index) : extended(error, { column: name })
}

/** The error of an object of logits, at a path, with a key that is not a class. */
export function unknownClass(
  logits: object,
  keys: readonly (string | undefined)[],
  name: string,
): RowError | undefined {
  const [found, known] = [Object.keys(logits), setOf(keys)]
  const key = found.find((key) => !known.has(key))
  return key === undefined
    ? undefined
    : { code: 'E_WIDTH', info: { cells: found.length, width: keys.length, key, keys, name } }
}

/** Rows share their keys, and may have many. */
const sets = new WeakMap<readonly unknown[], ReadonlySet<unknown>>()

function setOf<T>(items: readonly T[]): ReadonlySet<T> {
  const known = sets.get(items) ?? new Set(items)
  sets.set(items, known)
  return known as ReadonlySet<T>
}

function logitOfText(text: string, rule: MissingRule): number | RowError {
  if (rule.nulls?.has(text)) return missingLogit(rule)
  const number = readNumber(text)
  if (number === undefined) return /^[ \t]*$/.test(text) ? missingLogit(rule) : { code: 'E_CELL', info: { cell: text } }
  return isOverflow(number, text) ? { code: 'E_OVERFLOW', info: { cell: text } } : number
}

/** Whether a value means that all logits of a row are missing, instead of a list or an object of them. */
export function areMissing(value: unknown, { nulls }: Pick<MissingRule, 'nulls'>): boolean {
  if (value === null || value === undefined) return true
  return (typeof value === 'string' && /^\s*$/.test(value)) || nulls?.hasValue(value) === true
}

/** What each logit of a missing list is read as, or the error: if no row shows how many logits there are, none can be read. */
export function missingLogits({ missing, classes }: MissingRule & { classes: number }): number | RowError {
  if (missing !== 'error' && classes > 0) return MISSING[missing]
  return { code: 'E_MISSING', info: { of: missing === 'error' ? 'list' : 'lists' } }
}

const MISSING = { '-inf': Number.NEGATIVE_INFINITY, nan: Number.NaN }

function missingLogit({ missing }: MissingRule): number | RowError {
  return missing === 'error' ? { code: 'E_MISSING', info: {} } : MISSING[missing]
}
