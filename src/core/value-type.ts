/** Infers the types of untyped values. */

import { shownNames } from './errors.js'
import { optionText } from './option-words.js'
import type { Value, ValueType } from './record-batch.js'
import { type Types, withType } from './requested-types.js'

/** The type of a value; undefined if it has none. A record of numbers may hold logits; any list may. */
export function typeOf(value: unknown): ValueType | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number') return isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'bigint') return isInteger(value) ? 'integer' : 'text'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value !== 'object') return 'text'
  if (value instanceof Date) return 'time'
  if (value instanceof Uint8Array) return 'bytes'
  const isNested = (item: unknown) => typeof item === 'object' && item !== null
  if (Array.isArray(value)) return value.some(isNested) ? 'json' : 'list'
  return Object.values(value).some(isNested) ? 'json' : 'record'
}

/**
 * The warning about columns that are null in all sample rows, for an output with types; undefined if there are none.
 */
export function nullWarning(
  columns: readonly { name: string; values: readonly unknown[] }[],
  types: Types,
): string | undefined {
  const nulls = columns.filter(({ values }) => values.every((value) => (value ?? null) === null))
  const [first, ...more] = nulls
  if (!first) return undefined
  const [noun, are] = more.length === 0 ? ['column', 'is'] : ['columns', 'are']
  const names = shownNames(nulls.map(({ name }) => name))
  const requested = withType(types, first.name, 'int64')
  const remedy =
    requested === undefined
      ? ''
      : `; ${optionText('types', requested)} would read ${more.length === 0 ? 'it' : 'the first'} as integers`
  return `the ${noun} ${names} ${are} null in the first ${first.values.length} rows, so ${are === 'is' ? 'it is' : 'they are'} written as text${remedy}`
}

/**
 * The common type of some values; text if a fraction is next to an integer that a double cannot represent. An empty list
 * or object shows no type if others are not empty: it may be one of numbers or of objects.
 */
export function typeOfAll(values: readonly unknown[]): ValueType {
  const shown = values.some(isFilled) ? values.filter((value) => !isEmpty(value)) : values
  const type = shown.map(typeOf).reduce((all, one) => commonType(all, one), undefined) ?? 'text'
  return type === 'number' && values.some((value) => typeof value === 'bigint' && !isDouble(value)) ? 'text' : type
}

/** Whether a value is a list or an object that is not empty. */
export function isFilled(value: unknown): value is object {
  return isNested(value) && Object.keys(value).length > 0
}

function isEmpty(value: unknown): boolean {
  return isNested(value) && Object.keys(value).length === 0
}

/** Whether a value is a list or an object. */
function isNested(value: unknown): value is object {
  const type = typeOf(value)
  return type === 'list' || type === 'record' || type === 'json'
}

/**
 * The common type of two types. A list or record stays one: it may hold the logits, and a row with another value is
 * bad.
 */
function commonType(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (a === undefined || b === undefined || a === b || a === 'list' || a === 'record') return a ?? b
  const both = [a, b]
  if (both.every((type) => type === 'integer' || type === 'number')) return 'number'
  if (['text', 'boolean', 'time', 'bytes'].some((type) => both.includes(type as ValueType))) return 'text'
  // If a number comes first, the column is numeric, and rows with lists are bad, however many there are.
  if (a !== 'json') return 'text'
  return b === 'list' ? 'list' : b === 'record' ? 'json' : 'text'
}

/** Whether a value can be written as a type; as text, anything can. */
export function fits(value: Value, type: ValueType): boolean {
  if (value === null || !['boolean', 'number', 'integer', 'time', 'bytes'].includes(type)) return true
  if (type === 'time') return value instanceof Date && !Number.isNaN(value.getTime())
  if (type === 'bytes') return value instanceof Uint8Array
  if (type === 'boolean') return typeof value === 'boolean'
  if (typeof value === 'bigint') return type === 'number' ? isDouble(value) : isInteger(value)
  return typeof value === 'number' && (type === 'number' || isInteger(value))
}

function isDouble(value: bigint): boolean {
  return BigInt(Number(value)) === value
}

/** Whether a number is an integer, not -0, and fits in 64 bits: a larger one would change its value. */
function isInteger(value: number | bigint): boolean {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 && !Object.is(value, -0)
}
