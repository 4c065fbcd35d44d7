/** Values of objects as text shows them: float32 in the fewest digits that read back as the same float32. */
import { shortest } from './column-values.js'
import { type DataType, fieldsOf } from './data-type.js'
import { plainOf } from './object-value.js'
import type { SourceTypes } from './source-types.js'

/** Returns a value with its numbers that are float32 as doubles that print like them. */
export type Shorten = (value: unknown) => unknown

/** For each column with float32 in its type, the function that shortens its values, which objects have as doubles. */
export function shortenersOf(types: SourceTypes | undefined): ReadonlyMap<string, Shorten> {
  const columns = Array.from(types?.columns ?? [], ([name, { field }]) => [name, shortener(field.type)] as const)
  return new Map(columns.filter((column): column is readonly [string, Shorten] => column[1] !== undefined))
}

/** Undefined for a type without float32. Other values than the type has, as a program may put in a row, stay the same. */
function shortener(type: DataType): Shorten | undefined {
  if (type.kind === 'float') return type.bitWidth === 32 ? shortNumber : undefined
  if (type.kind === 'dictionary') return shortener(type.values)
  const members = fieldsOf(type).map(({ name, type }) => [name, shortener(type)] as const)
  if (members.every(([, shorten]) => shorten === undefined)) return undefined
  if (type.kind === 'struct') return structShortener(new Map(members))
  return type.kind === 'map' ? mapShortener(type.entries.type) : listShortener(members[0]![1]!)
}

function shortNumber(value: unknown): unknown {
  const isFloat32 = typeof value === 'number' && Number.isFinite(value) && Math.fround(value) === value
  return isFloat32 ? shortest(value) : value
}

function listShortener(item: Shorten): Shorten {
  return (value) => {
    const list = plainOf(value)
    const isList = Array.isArray(list) || list instanceof Float32Array || list instanceof Float64Array
    return isList ? Array.from(list, item) : list
  }
}

function structShortener(members: ReadonlyMap<string, Shorten | undefined>): Shorten {
  return eachMember((key, value) => members.get(key)?.(value) ?? value)
}

/** Keys are text in objects; those that are not stay as they are. */
function mapShortener(entries: DataType): Shorten | undefined {
  const shorten = shortener(fieldsOf(entries)[1]!.type)
  return shorten && eachMember((_, value) => shorten(value))
}

/** Changes the members of objects, except those of classes, such as times. */
function eachMember(change: (key: string, value: unknown) => unknown): Shorten {
  return (value) => {
    const object = plainOf(value)
    const isPlain = typeof object === 'object' && object !== null && !Array.isArray(object) && isOfObject(object)
    return isPlain ? Object.fromEntries(Object.entries(object).map(([key, item]) => [key, change(key, item)])) : object
  }
}

function isOfObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
